"""Processes that end with the test run: each is ended by its pid, and by a watchdog where the run cannot."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from testbeds.cluster import watchdog

if TYPE_CHECKING:
    from typing_extensions import Self

READY_S = 60.0
STOP_S = 3.0
LOG_LINES = 15


class ComponentError(Exception):
    """A component did not come up; the message holds the end of its log."""


class Watchdog:
    """The process that ends the others, should this one be killed. A context manager; removes `folder` at the end."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-S", "-E", watchdog.__file__, str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, bufsize=1, start_new_session=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(watchdog.GRACE_S + STOP_S)

    def watch(self, pid: int) -> None:
        """Have the process ended when this one is gone."""
        self._tell(f"+{pid}")

    def forget(self, pid: int) -> None:
        """Leave the process alone: it has ended."""
        self._tell(f"-{pid}")

    def _tell(self, line: str) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(line + "\n")


class Component:
    """One program of the control plane: started, asked whether it is ready, paused, ended."""

    def __init__(self, command: Sequence[str], is_ready: Callable[[], bool], folder: Path, watchdog: Watchdog) -> None:
        self.name = Path(command[0]).name
        self.log = folder / f"{self.name}.log"
        self._command = list(command)
        self._folder = folder
        self._watchdog = watchdog
        self._is_ready = is_ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it; `wait_until_ready` says when it serves."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the test run, which then ends its processes itself
            )
        self._watchdog.watch(self._process.pid)

    def wait_until_ready(self, seconds: float = READY_S) -> None:
        """Wait until it serves. Raises ComponentError where it ends before, or takes longer than `seconds`."""
        deadline = time.monotonic() + seconds
        while not self._is_ready():
            if self.pid is None:
                raise ComponentError(f"{self.name} ended while starting; the end of its log:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ComponentError(
                    f"{self.name} was not ready after {seconds:.0f} s; the end of its log:\n{self.log_tail()}"
                )
            time.sleep(0.05)

    def stop(self, seconds: float = STOP_S) -> None:
        """End it: SIGTERM, and SIGKILL where `seconds` are not enough (an API server waits for its watches)."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._watchdog.forget(process.pid)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
        self.stop()

    def pause(self) -> None:
        """Stop it from running, so that connections hang."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it run on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def log_tail(self, lines: int = LOG_LINES) -> str:
        """Return the last lines that it wrote."""
        with contextlib.suppress(FileNotFoundError):
            return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])
        return ""
