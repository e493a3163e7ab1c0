"""Reads what a user names by a path or hands in on standard input: whole, within bounds, text in UTF-8."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

from aigpu_contract.rendering import printable
from azext_aigpu.usage import UsageError

STDIN = "-"


def read_input(path: str, option: str, most_bytes: int, wanted: str) -> bytes:
    """Return the content of a file, or of standard input where `path` is `-`.

    Raises UsageError where it cannot be read or is larger than `most_bytes`; `wanted` says what to give instead.
    """
    try:
        if path == STDIN:
            content = _read_stdin(most_bytes + 1)
        else:
            with Path(path).expanduser().open("rb") as file:
                content = file.read(most_bytes + 1)
    except (OSError, ValueError, RuntimeError) as error:  # ValueError: a NUL in the path; RuntimeError: no such ~user
        reason = (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
        raise UsageError(f"{option}: {name_of(path)} cannot be read: {reason}.", wanted) from error
    if len(content) > most_bytes:
        raise UsageError(f"{option}: {name_of(path)} has more than {most_bytes:,} bytes.", wanted)
    return content


def _read_stdin(most_bytes: int) -> bytes:
    """Return what standard input holds. Raises OSError; Python has none where it was closed before the start."""
    if sys.stdin is None:
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdin.buffer.read(most_bytes)


def decode_text(content: bytes, path: str, option: str) -> str:
    """Return `content` as text, its line ends as they are. Raises UsageError with the line that is not UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{option}: {name_of(path)}, line {line}, is not text in UTF-8.", "Save it as UTF-8 and try again."
        ) from error


def name_of(path: str) -> str:
    """Return a file's name in messages."""
    return "standard input" if path == STDIN else printable(path)
