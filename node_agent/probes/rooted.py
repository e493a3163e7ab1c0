"""Files of the machine below a root folder: `/` in earnest, a folder of a test, or a host's file system mounted."""

from __future__ import annotations

import os


def under(root: str, path: str) -> str:
    """Return where the absolute `path` stands below `root`."""
    return os.path.join(root, path.lstrip("/"))


def read_line(root: str, path: str) -> str:
    """Return the text of a small file without the newline at its end. Raises OSError."""
    with open(under(root, path), encoding="utf-8", errors="replace") as file:
        return file.read(65536).strip()


def reason(error: OSError) -> str:
    """Return an error of the operating system as one sentence: `/sys/module: Permission denied`."""
    return f"{error.filename}: {error.strerror}"
