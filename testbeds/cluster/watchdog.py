"""Ends a test run's processes once the run itself is gone, however it went.

    python watchdog.py FOLDER

Lines on standard input: `+PID` is watched, `-PID` no more. The end of the input means that the other side is gone: what
is still watched gets SIGTERM, after a while SIGKILL, and FOLDER is removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from typing import TextIO

GRACE_S = 5.0


def main(folder: str, lines: TextIO) -> int:
    """Run the program; gives the exit code."""
    watched: set[int] = set()
    for line in lines:
        pid = int(line[1:])
        (watched.add if line.startswith("+") else watched.discard)(pid)
    end(watched)
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def end(pids: Iterable[int]) -> None:
    """End the processes, politely first."""
    left = [pid for pid in pids if _signal(pid, signal.SIGTERM)]
    deadline = time.monotonic() + GRACE_S
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [pid for pid in left if _signal(pid, 0)]
    for pid in left:
        _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: int) -> bool:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
        return True
    return False


if __name__ == "__main__":
    # Ctrl-C is for the test run, which then ends its processes itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(main(sys.argv[1], sys.stdin))
