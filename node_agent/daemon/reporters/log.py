"""The log: one JSON object a line on standard error, ASCII only, so that nothing in it can steer a terminal."""

from __future__ import annotations

import json
import sys
from typing import TextIO

from aigpu_contract.rendering import printable
from node_agent.daemon.clocks import ServerTime, render_time


class Log:
    """Writes lines with the time, a level and what happened; texts from outside lose their control characters."""

    def __init__(self, server_time: ServerTime, stream: TextIO | None = None) -> None:
        self._server_time = server_time
        self._stream = sys.stderr if stream is None else stream

    def info(self, what: str, **details: object) -> None:
        """Write what is worth a line."""
        self._write("info", what, details)

    def warning(self, what: str, **details: object) -> None:
        """Write what somebody should know."""
        self._write("warning", what, details)

    def error(self, what: str, **details: object) -> None:
        """Write what did not work."""
        self._write("error", what, details)

    def _write(self, level: str, what: str, details: dict[str, object]) -> None:
        said = {key: printable(value) if isinstance(value, str) else value for key, value in details.items()}
        line = {"time": render_time(self._server_time.now()), "level": level, "message": printable(what), **said}
        try:
            self._stream.write(json.dumps(line, default=str) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return  # nobody reads the log any more; that is no reason to stop
