"""A command under a supervisor on a terminal: Ctrl-C, Ctrl-Z and the size of the window, as a shell sees to them."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.node_agent.preflight.jobs import PATIENCE_S, TELLS_SIGNALS, python, supervisor, wait_until


class Screen:
    """A session with a terminal of its own, and the keyboard of it."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process, self._keyboard = pty.fork()
        if self.process == 0:
            os.execvp(command[0], list(command))  # noqa: S606
        self._text = ""

    def press(self, keys: str) -> None:
        os.write(self._keyboard, keys.encode())

    @property
    def foreground(self) -> int:
        """The process group that the keys go to."""
        return os.tcgetpgrp(self._keyboard)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait_for(self, pattern: str) -> str:
        """Wait until the pattern shows up; what stood before it is forgotten."""
        end = time.monotonic() + PATIENCE_S
        while (match := re.search(pattern, self._text)) is None:
            assert time.monotonic() < end, f"{pattern!r} did not show up in {self._text!r}"
            if select.select([self._keyboard], [], [], 0.1)[0]:
                try:
                    self._text += os.read(self._keyboard, 4096).decode()
                except OSError:
                    raise AssertionError(f"the session ended before {pattern!r}: {self._text!r}") from None
        self._text = self._text[match.end() :]
        return match.group()

    def end(self) -> int:
        with suppress(OSError):
            while os.read(self._keyboard, 4096):
                pass  # a session does not end while its terminal is full
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def close(self) -> None:
        """End everybody of the session: the command is in a process group of its own."""
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if os.getsid(int(place.name)) == self.process:
                    os.kill(int(place.name), signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.process, 0)
        os.close(self._keyboard)


@pytest.fixture
def screen() -> Iterator[Callable[[Sequence[str]], Screen]]:
    made: list[Screen] = []

    def make(command: Sequence[str]) -> Screen:
        made.append(Screen(command))
        return made[-1]

    yield make
    for one in made:
        one.close()


COUNTS_INTERRUPTS = """
import os, signal, sys, time
counted = 0
def count(number, frame):
    global counted
    counted += 1
signal.signal(signal.SIGINT, count)
signal.signal(signal.SIGCONT, lambda *_: print("goes on", flush=True))
print("in front" if os.tcgetpgrp(0) == os.getpgrp() == os.getpid() else "behind", flush=True)
while not counted: time.sleep(0.02)
time.sleep(0.4)
print("interrupts", counted, flush=True)
sys.exit(3)
"""


def test_the_command_is_in_the_foreground_and_ctrl_c_reaches_it_once(
    screen: Callable[[Sequence[str]], Screen], tmp_path: Path
) -> None:
    terminal = screen(supervisor(tmp_path / "findings", python(COUNTS_INTERRUPTS)))
    terminal.wait_for("in front")
    terminal.press("\x03")
    terminal.wait_for("interrupts 1")
    assert terminal.end() == 3


def test_a_change_of_the_window_reaches_the_command(screen: Callable[[Sequence[str]], Screen], tmp_path: Path) -> None:
    terminal = screen(supervisor(tmp_path / "findings", python(TELLS_SIGNALS)))
    terminal.wait_for("ready")
    terminal.resize(24, 77)
    terminal.wait_for("SIGWINCH")


SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status = os.waitpid(job, os.WUNTRACED)
os.tcsetpgrp(0, os.getpgrp())
print("stopped", os.WIFSTOPPED(status), flush=True)
input()
os.tcsetpgrp(0, job)
os.killpg(job, signal.SIGCONT)
_, status = os.waitpid(job, os.WUNTRACED)
print("at the end in front:", "job" if os.tcgetpgrp(0) == job else "another", flush=True)
os.tcsetpgrp(0, os.getpgrp())
print("ended", os.waitstatus_to_exitcode(status), flush=True)
"""


def test_ctrl_z_stops_the_whole_job_for_the_shell_and_fg_brings_it_back(
    screen: Callable[[Sequence[str]], Screen], tmp_path: Path
) -> None:
    """A shell with job control, in small: it sees the stop, and gives the terminal back when the job goes on."""
    job = supervisor(tmp_path / "findings", python(COUNTS_INTERRUPTS))
    terminal = screen([*python(SHELL), *job])
    terminal.wait_for("in front")
    command = terminal.foreground
    terminal.press("\x1a")
    terminal.wait_for("stopped True")
    assert terminal.foreground != command
    terminal.press("fg\n")
    terminal.wait_for("goes on")
    wait_until(lambda: terminal.foreground == command)
    terminal.press("\x03")
    terminal.wait_for("interrupts 1")
    terminal.wait_for("at the end in front: job")
    terminal.wait_for("ended 3")


def test_where_no_shell_could_bring_it_back_ctrl_z_does_not_stop_the_job_for_good(
    screen: Callable[[Sequence[str]], Screen], tmp_path: Path
) -> None:
    terminal = screen(supervisor(tmp_path / "findings", python(COUNTS_INTERRUPTS)))
    terminal.wait_for("in front")
    terminal.press("\x1a")
    terminal.wait_for("goes on")
    terminal.press("\x03")
    terminal.wait_for("interrupts 1")
    assert terminal.end() == 3
