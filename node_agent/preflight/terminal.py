"""The controlling terminal: which process group is in its foreground, as a shell with job control sees to it.

The command gets a process group of its own, so that Ctrl-C reaches it from the terminal once and not a second time
through us. So it must be in the foreground where we were, and we must stop where it stops, or the shell that started
us would wait for a job that sleeps.
"""

from __future__ import annotations

import os
import signal
from typing import Optional

STOPS = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
"""The stops of job control. SIGSTOP is not among them: somebody looks into the command and means it alone."""


class Terminal:
    """The terminal of this session. All signals are taken to be blocked, SIGTTOU among them."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def is_ours(self) -> bool:
        """Return whether our own process group is in the foreground."""
        return self._foreground() == os.getpgrp()

    def give(self, group: int) -> None:
        """Put `group` into the foreground, if we are there."""
        if self.is_ours():
            self.put(group)

    def take_back_from(self, group: int) -> None:
        """Put our own group into the foreground, if `group` is there or nobody is left who was."""
        foreground = self._foreground()
        if foreground == group or not _lives(foreground):
            self.put(os.getpgrp())

    def put(self, group: int) -> None:
        """Put `group` into the foreground."""
        try:
            os.tcsetpgrp(self._descriptor, group)
        except OSError:
            return  # hung up, or another session's by now

    def _foreground(self) -> int:
        try:
            return os.tcgetpgrp(self._descriptor)
        except OSError:
            return 0  # hung up


def _lives(group: int) -> bool:
    if group <= 1:
        return True  # no group of ours, or one that cannot be asked about
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def open_terminal() -> Optional[Terminal]:
    """Return the controlling terminal, None where there is none, as in most containers."""
    try:
        return Terminal(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return None


def stop_like(number: int) -> None:
    """Stop our process group by a stop signal of job control, and return when it goes on.

    Where nobody could make it go on, as for the first process of a container, the kernel drops the signal.
    """
    os.killpg(os.getpgrp(), number)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
    signal.pthread_sigmask(signal.SIG_BLOCK, [number])
