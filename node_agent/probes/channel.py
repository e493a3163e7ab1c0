"""How a child process tells its parent what it found: one line a value, on a pipe that no library can write to."""

from __future__ import annotations

import json
import os


class Channel:
    """The result pipe of a child. It arrives as standard output, which is then pointed at standard error.

    What NVIDIA's libraries print must not be mixed with results.
    """

    def __init__(self) -> None:
        self._pipe = os.dup(1)
        os.dup2(2, 1)

    def step(self, what: str) -> None:
        """Say what is done next: the last step is what a hang or a crash is blamed on."""
        self.send("step", what)

    def send(self, key: str, value: object) -> None:
        """Send one value; it must be JSON data."""
        line = f"{key} {json.dumps(value)}\n".encode("ascii")
        while line:
            line = line[os.write(self._pipe, line) :]
