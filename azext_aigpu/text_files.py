"""Reads and writes the texts that a user names by a path, or standard input and output. Line ends stay as they are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from azext_aigpu.input_files import decode_text, read_input
from azext_aigpu.usage import UsageError

MOST_BYTES = 8 * 1024 * 1024
_INTO_FILE = "Give it a place that can be written to."
_GIVE = "Give the path of a file that is there, or - for standard input."


def read_text(path: str, option: str = "--file") -> str:
    """Return the text of a file, or of standard input where `path` is `-`. Raises UsageError."""
    return decode_text(read_input(path, option, MOST_BYTES, _GIVE), path, option)


def write_text(path: str, text: str, option: str = "--output-file") -> None:
    """Write a file, whole or not at all; it may be the one that was read. Raises UsageError."""
    place = Path(path).expanduser()
    # Through a link to the file that it means, and with that file's rights.
    place = Path(os.path.realpath(place))
    fresh = place.with_name(f".{place.name}.{os.getpid()}.new")
    try:
        fresh.write_bytes(text.encode("utf-8"))
        if place.exists():
            fresh.chmod(place.stat().st_mode & 0o7777)
        fresh.replace(place)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        reason = error.strerror or type(error).__name__
        raise UsageError(f"{option}: {path} cannot be written: {reason}.", "Give a path that you may write to.") from (
            error
        )


def print_text(text: str) -> None:
    """Write text to standard output as it is: as bytes where that can be, so that no line end is translated.

    Raises UsageError where standard output takes nothing: it is closed, or its disk is full.
    """
    if sys.stdout is None:
        raise UsageError("Standard output is closed.", _INTO_FILE)
    binary = getattr(sys.stdout, "buffer", None)
    try:
        if binary is None:
            sys.stdout.write(text)
        else:
            sys.stdout.flush()
            binary.write(text.encode("utf-8"))
            binary.flush()
    except BrokenPipeError:
        # Whoever reads it has seen enough, as azure-cli takes it too; what is still buffered would fail at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise UsageError(f"Standard output cannot be written: {error.strerror}.", _INTO_FILE) from error
