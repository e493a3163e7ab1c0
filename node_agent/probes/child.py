"""Child processes that may hang for good: waited for with deadlines, ended gently, then hard, then abandoned.

A process stuck in the kernel can be neither killed nor reaped, and a pipe that it holds never reaches its end. So
nothing here waits without a limit, and while an abandoned process lives no second one of its kind is started.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from aigpu_contract.frozen import dataclass
from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.facts import Crashed, NoAnswer
from node_agent.probes.spawn import Spawned, spawn

END = "end"
"""The key of the last line that a process reports, for where its exit code cannot be had."""
MOST_OUTPUT = 4 << 20
REAP_S = 1.0
"""How long a killed process may take to disappear before it is abandoned."""
_TURN_S = 0.05
_ENDING_TURN_S = 0.002
_ENDING_TURNS = 100
_NO_STATUS = -1
_abandoned: Dict[str, Tuple[int, float]] = {}


@dataclass(frozen=True)
class Deadline:
    """Seconds after which a process is asked to end (SIGTERM), and after which it is killed."""

    soft_s: float
    hard_s: float


class Child:
    """A running probe. `name` stands in what is said about it, as in `the NVML probe`."""

    def __init__(self, name: str, spawned: Spawned, deadline: Deadline) -> None:
        self.name = name
        self.process = spawned.process
        self._input, self._output, self._errors = spawned.pipes
        self._deadline = deadline
        self._since = time.monotonic()
        self._sent: List[int] = []
        self._values: Dict[str, Any] = {}
        self._text = {self._output: b"", self._errors: b""}
        self._open = [self._output, self._errors]
        self._failure: Optional[Unknown] = None
        self._ended = False
        self._ending_turns = _ENDING_TURNS

    def send(self, line: str) -> None:
        """Write a line to the process and start its deadline anew. A process that has ended is not written to."""
        if self._ended:
            return
        self._since = time.monotonic()
        try:
            os.write(self._input, line.encode() + b"\n")
        except BrokenPipeError:
            return  # it ended; what it left or did not leave says why

    def reading(self, key: str) -> Reading[Any]:
        """Wait for the value `key` and return it, or why it did not come."""
        while key not in self._values and not self._ended:
            self._turn()
        if key in self._values:
            return Known(self._values[key])
        return self._failure or Unknown(f"the {self.name} probe ended and did not report {key!r}")

    def finish(self) -> Optional[Unknown]:
        """Wait for the end of the process; return what went wrong, None when it ended well."""
        while not self._ended:
            self._turn()
        return self._failure

    def close(self) -> None:
        """End the process at once, gently first, whatever it is doing."""
        if not self._ended:
            now = time.monotonic()
            self._deadline = Deadline(0.0, min(REAP_S, self._deadline.hard_s))
            self._since = now
            self._kill(signal.SIGTERM)
            self.finish()

    def _turn(self) -> None:
        """Take what has come, see whether the process is there, and keep its deadlines."""
        self._read(self._pause())
        status = _reap(self.process)
        if status is not None:
            self._read(0.0)
            self._end(self._blame(status))
            return
        waited = time.monotonic() - self._since
        if waited > self._deadline.hard_s + REAP_S:
            _abandoned[self.name] = (self.process, self._since)
            self._end(self._no_answer(waited, abandoned=True))
        elif waited > self._deadline.hard_s or self._failure is not None:
            self._kill(signal.SIGKILL)
        elif waited > self._deadline.soft_s:
            self._kill(signal.SIGTERM)

    def _pause(self) -> float:
        """Return how long to wait for output: a process that has closed it is about to be gone."""
        if self._output in self._open or not self._ending_turns:
            return _TURN_S
        self._ending_turns -= 1
        return _ENDING_TURN_S

    def _read(self, timeout_s: float) -> None:
        if not self._open:
            time.sleep(timeout_s)
            return
        poll = select.poll()
        for pipe in self._open:
            poll.register(pipe, select.POLLIN)
        for pipe, _ in poll.poll(timeout_s * 1000):
            text = os.read(pipe, 65536)
            if not text:
                self._open.remove(pipe)
            self._text[pipe] += text
        self._text[self._errors] = self._text[self._errors][-4096:]
        self._take_lines()

    def _take_lines(self) -> None:
        *lines, self._text[self._output] = self._text[self._output].split(b"\n")
        try:
            for line in lines:
                key, _, value = line.partition(b" ")
                self._values[key.decode("ascii")] = json.loads(value)
        except ValueError:
            self._failure = Unknown(f"the {self.name} probe reported what cannot be read{self._where()}")
        if len(self._text[self._output]) > MOST_OUTPUT:
            self._failure = Unknown(f"the {self.name} probe reported more than {MOST_OUTPUT} bytes")

    def _kill(self, number: signal.Signals) -> None:
        if number in self._sent:
            return
        self._sent.append(number)
        try:
            os.killpg(self.process, number)
        except (ProcessLookupError, PermissionError):
            return  # it is ending already, or became another user's: the deadline goes on

    def _end(self, failure: Optional[Unknown]) -> None:
        self._ended = True
        self._failure = self._failure or failure
        for pipe in {self._input, self._output, self._errors}:
            os.close(pipe)

    def _blame(self, status: int) -> Optional[Unknown]:
        """Return what the end of the process says: nothing wrong, a deadline, a signal or an exit code."""
        if self._sent:
            return self._no_answer(time.monotonic() - self._since, abandoned=False)
        if status == 0 or (status == _NO_STATUS and END in self._values):
            return None
        if status == _NO_STATUS:
            return Unknown(f"the {self.name} probe ended, and another part of the program took its exit code")
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
            return Crashed(f"the {self.name} probe was ended by {name}{self._where()}", signal=name)
        last = self._text[self._errors].decode("utf-8", "replace").strip().rpartition("\n")[2]
        code = os.WEXITSTATUS(status)
        return Unknown(f"the {self.name} probe ended with exit code {code}{self._where()}: {last}")

    def _no_answer(self, seconds: float, *, abandoned: bool) -> NoAnswer:
        text = f"the {self.name} probe gave no answer for {seconds:.0f} s{self._where()}"
        if abandoned:
            text += f"; process {self.process} cannot be killed and was left behind"
        return NoAnswer(text, seconds=seconds, abandoned=abandoned)

    def _where(self) -> str:
        step = self._values.get("step")
        return f" at: {step}" if step else ""


def start(
    name: str, command: Sequence[str], deadline: Deadline, environ: Mapping[str, str], spawned: Optional[Spawned] = None
) -> Union[Child, Unknown]:
    """Start `command`, or take over what was `spawned` for it; Unknown where it cannot be started.

    It reports lines of `key JSON` on its standard output.
    """
    left = _left_behind(name)
    if left is not None:
        return left
    try:
        return Child(name, spawned or spawn(command, environ), deadline)
    except OSError as error:
        return Unknown(f"the {name} probe cannot be started: {command[0]}: {error.strerror}")


def _left_behind(name: str) -> Optional[NoAnswer]:
    """Return what is to be said while an abandoned process of this name still lives."""
    process, since = _abandoned.get(name, (0, 0.0))
    if not process:
        return None
    if _reap(process) is not None:
        del _abandoned[name]
        return None
    seconds = time.monotonic() - since
    text = "an earlier {} probe, process {}, has been hanging for {:.0f} s; no second one is started on top of it"
    return NoAnswer(text.format(name, process, seconds), seconds=seconds, abandoned=True)


def _reap(process: int) -> Optional[int]:
    """Return the wait status of a process that has ended, `_NO_STATUS` where somebody else took it, else None."""
    try:
        ended, status = os.waitpid(process, os.WNOHANG)
    except ChildProcessError:
        return _NO_STATUS
    return status if ended else None
