"""Keeps a process that listens for XIDs alive, and takes from it what it has heard."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence

from node_agent.daemon.clocks import BootClock, read_boot_clock
from node_agent.daemon.xids import Xid
from node_agent.probes.spawn import BOOT, Spawned, probe_command, spawn

FIRST_REST_S = 1.0
LONGEST_REST_S = 600.0
"""Seconds between the end of one process and the start of the next; doubled with each end."""
SOUND_AFTER_S = 60.0
"""A process that lived so long was well: the next rest is the first one again."""
CLOSING_S = 0.5
LONGEST_LINE = 4096
_NEVER = -1


def watcher_command() -> list[str]:
    """Return the command line of the child, made as those of the probes are."""
    boot = BOOT.replace("node_agent.probes.child_main", "node_agent.daemon.xid_child")
    return [boot if part == BOOT else part for part in probe_command("XID")]


class XidWatcher:
    """A child and its restarts. `told` is called with a word of what became of it."""

    def __init__(
        self,
        environ: Mapping[str, str],
        told: Callable[[str], None] = lambda _: None,
        boot_clock: BootClock = read_boot_clock,
    ) -> None:
        self._environ = environ
        self._told = told
        self._clock = boot_clock
        self._child: Spawned | None = None
        self._abandoned = _NEVER
        self._text = b""
        self._heard: list[Xid] = []
        self._is_woken = False
        self._started_at = 0.0
        self._rest_s = FIRST_REST_S
        self._rests_until = 0.0
        self._deaf_since: float | None = None
        self._why_deaf = "it has not begun to listen"

    @property
    def problem(self) -> str:
        """Why nobody has listened for a while, empty where somebody does: a start or a restart takes a moment."""
        if self._deaf_since is None or self._clock() - self._deaf_since <= SOUND_AFTER_S:
            return ""
        return self._why_deaf

    def take(self) -> Sequence[Xid]:
        """Return the XIDs since the last call; start a process where none listens and it is time."""
        if self._child is None and self._clock() >= self._rests_until and self._abandoned_is_gone():
            self._start()
        self._read(0.0)
        heard, self._heard = self._heard, []
        self._is_woken = False
        return heard

    def wait(self, seconds: float) -> None:
        """Wait so long, or until an XID is heard or a GPU needs another recovery than before."""
        until = time.monotonic() + seconds
        while not self._heard and not self._is_woken and (left := until - time.monotonic()) > 0:
            if self._child is None:
                time.sleep(left)
            else:
                self._read(left)

    def close(self) -> Sequence[Xid]:
        """End the process, and return what it had told by then.

        One that cannot be killed is left behind, and none is started on top of it.
        """
        self._read(0.0)
        heard, self._heard = self._heard, []
        self._end()
        return heard

    def _end(self) -> None:
        child = self._child
        self._deaf_since = None
        if child is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            _signal(child.process, number)
            if _has_ended(child.process, CLOSING_S):
                break
        else:
            self._abandoned = child.process
        self._forget()
        self._rests_until = 0.0

    def _start(self) -> None:
        if self._deaf_since is None:
            self._deaf_since = self._clock()
        try:
            self._child = spawn(watcher_command(), self._environ)
        except OSError as error:
            self._why_deaf = f"the process that listens cannot be started: {error.strerror}"
            self._told(f"cannot be started: {error.strerror}")
            self._rest()
            return
        self._started_at = self._clock()
        try:
            os.write(self._child.pipes[0], b"{}\n")
        except BrokenPipeError:
            return  # it has ended already, which the next read sees

    def _read(self, timeout_s: float) -> None:
        """Take lines that are there, or that come in time; see the end of the process."""
        child = self._child
        if child is None:
            return
        _, output, errors = child.pipes
        ready, _, _ = select.select([output, errors], [], [], timeout_s)
        if errors in ready:
            os.read(errors, 65536)
        if output not in ready:
            return
        text = os.read(output, 65536)
        if not text:
            self._ended(child)
            return
        *lines, rest = (self._text + text).split(b"\n")
        self._text = rest[-LONGEST_LINE:]
        for line in lines:
            self._take_line(line)

    def _take_line(self, line: bytes) -> None:
        key, _, value = line.decode("ascii", "replace").partition(" ")
        try:
            data = json.loads(value)
            if key == "xid":
                self._heard.append(Xid(int(data["number"]), str(data["gpu"]), self._clock()))
            else:
                self._take_word(key, str(data))
        except (ValueError, KeyError, TypeError):
            self._told(f"said what cannot be read: {line[:200]!r}")

    def _take_word(self, key: str, data: str) -> None:
        self._is_woken = self._is_woken or key == "changed"
        if key == "listening":
            self._deaf_since = None
        elif key == "refused":
            self._why_deaf = data
        self._told(f"{key}: {data}")

    def _ended(self, child: Spawned) -> None:
        if not _has_ended(child.process, CLOSING_S):
            _signal(child.process, signal.SIGKILL)
            self._abandoned = _NEVER if _has_ended(child.process, CLOSING_S) else child.process
        self._forget()
        if self._deaf_since is None:
            self._deaf_since, self._why_deaf = self._clock(), "the process that listens has ended"
        self._told("ended")
        self._rest()

    def _rest(self) -> None:
        if self._clock() - self._started_at > SOUND_AFTER_S:
            self._rest_s = FIRST_REST_S
        self._rests_until = self._clock() + self._rest_s
        self._rest_s = min(2 * self._rest_s, LONGEST_REST_S)

    def _forget(self) -> None:
        if self._child is not None:
            for pipe in self._child.pipes:
                os.close(pipe)
        self._child, self._text = None, b""

    def _abandoned_is_gone(self) -> bool:
        if self._abandoned != _NEVER and _has_ended(self._abandoned, 0.0):
            self._abandoned = _NEVER
        return self._abandoned == _NEVER


def _signal(process: int, number: int) -> None:
    try:
        os.killpg(process, number)
    except OSError:
        return  # it has just ended


def _has_ended(process: int, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while True:
        try:
            if os.waitpid(process, os.WNOHANG)[0]:
                return True
        except ChildProcessError:
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(0.01)
