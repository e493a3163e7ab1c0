"""Reads and writes manifests: files, or standard input and output. Bytes that are not ours stay as they are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from azext_aigpu.usage import UsageError

STDIN = "-"
MOST_BYTES = 8 * 1024 * 1024
_GIVE = "Give the path of a manifest, or - for standard input."


def read_manifest(path: str, option: str = "--file") -> str:
    """Return the text of a manifest, its line ends as they are. Raises UsageError."""
    try:
        if path == STDIN:
            content = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(path).expanduser().open("rb") as file:
                content = file.read(MOST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(f"{option}: {path} cannot be read: {reason}.", _GIVE) from error
    if len(content) > MOST_BYTES:
        raise UsageError(f"{option}: {name_of(path)} has more than {MOST_BYTES:,} bytes.", "Give the workloads alone.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{option}: {name_of(path)}, line {line}, is not text in UTF-8.", "Save it as UTF-8 and try again."
        ) from error


def write_manifest(path: str, text: str, option: str = "--output-file") -> None:
    """Write a manifest, whole or not at all; the file may be the one that was read. Raises UsageError."""
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
    """Write text to standard output as it is: as bytes where that can be, so that no line end is translated."""
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        binary.write(text.encode("utf-8"))
        binary.flush()


def name_of(path: str) -> str:
    """Return a file's name in messages."""
    return "standard input" if path == STDIN else path
