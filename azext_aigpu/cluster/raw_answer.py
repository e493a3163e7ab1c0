"""What a kubectl that runs prints, piece by piece while it comes."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from typing import IO, Protocol

from azext_aigpu.cluster.kubectl_errors import MOST_CHARACTERS, build_error, build_timeout, waits_for_sign_in

LOOK_S = 2.0
"""How often a kubectl that is still running is looked at: it may wait for somebody to sign in."""

_PIECE = 1 << 16
_PIECES_AHEAD = 16
_END_S = 2.0


class Answer(Protocol):
    """What a GET brings, read once, by iteration; `head` is how it began."""

    head: bytes

    def __iter__(self) -> Iterator[bytes]:
        """Yield it in pieces. Raises KubectlError, after some of them too: then there is no answer."""
        ...

    def close(self) -> None:
        """Want no more of it."""
        ...


@dataclass
class WholeAnswer:
    """An answer that has come."""

    head: bytes

    def __iter__(self) -> Iterator[bytes]:
        """Yield all of it."""
        yield self.head

    def close(self) -> None:
        """Nothing is left to come."""


class RunningAnswer:
    """Standard output of a kubectl that runs.

    The iteration ends only where kubectl ended with 0, and raises KubectlError otherwise: what came before is then no
    answer. Of what is not asked for yet little is held here; the rest waits in kubectl and in the API server. The
    time counts from the first piece that is asked for. `close` ends a kubectl that still runs.
    """

    def __init__(self, process: subprocess.Popen[bytes], arguments: Sequence[str], timeout_s: float) -> None:
        self.head = b""
        self._process, self._arguments, self._timeout_s = process, arguments, timeout_s
        self._pieces: queue.Queue[bytes] = queue.Queue(_PIECES_AHEAD)
        self._said: list[bytes] = []
        self._is_closed = False
        # Daemons: a plugin of kubectl may hold the pipes open for ever, and must hold nobody up.
        self._pumps = [threading.Thread(target=pump, daemon=True) for pump in (self._pump_output, self._pump_errors)]
        for pump in self._pumps:
            pump.start()

    def __iter__(self) -> Iterator[bytes]:
        ends = time.monotonic() + self._timeout_s
        while piece := self._take(ends):
            if len(self.head) < MOST_CHARACTERS:
                self.head += piece[:MOST_CHARACTERS]
            yield piece
        self._check_end(ends)

    def close(self) -> None:
        """End kubectl where it still runs, and let go of what it printed."""
        self._is_closed = True
        if self._process.poll() is None:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_S)
        with contextlib.suppress(queue.Empty):
            while True:  # a pump that waits for room sees that nobody wants more
                self._pieces.get_nowait()

    def _take(self, ends: float) -> bytes:
        while True:
            left = ends - time.monotonic()
            try:
                return self._pieces.get(timeout=max(0.0, min(LOOK_S, left)))
            except queue.Empty:
                self._check_time(left)

    def _check_end(self, ends: float) -> None:
        code: int | None = None
        while code is None:
            left = ends - time.monotonic()
            try:
                code = self._process.wait(max(0.0, min(LOOK_S, left)))
            except subprocess.TimeoutExpired:
                self._check_time(left)
        if code != 0:
            self._pumps[1].join(_END_S)
            raise build_error(self._errors(), code, self._arguments)

    def _check_time(self, left: float) -> None:
        said = self._errors()
        if left <= LOOK_S or waits_for_sign_in(said):
            raise build_timeout(said, self._timeout_s, self._arguments)

    def _errors(self) -> str:
        return b"".join(self._said).decode(errors="replace")

    def _pump_output(self) -> None:
        with _pipe(self._process.stdout) as pipe:
            while not self._is_closed and (piece := pipe.read1(_PIECE)):
                self._pieces.put(piece)
        self._pieces.put(b"")

    def _pump_errors(self) -> None:
        with _pipe(self._process.stderr) as pipe:
            while piece := pipe.read1(_PIECE):
                self._said.append(piece)


def _pipe(pipe: IO[bytes] | None) -> BufferedReader:
    if not isinstance(pipe, BufferedReader):
        raise TypeError("kubectl was started without pipes of bytes")
    return pipe
