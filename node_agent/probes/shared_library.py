"""Load a library of NVIDIA's the way a job would, and say which file that was."""

from __future__ import annotations

import ctypes
import os
import re

_VERSION = re.compile(r"\.so\.(\d+\.\d+(?:\.\d+)?)$")
_PATH_IN_ERROR = re.compile(r"^(/[^:]+):")


def load(name: str) -> tuple[ctypes.CDLL | None, dict[str, object]]:
    """Load `name` by the dynamic linker's own rules and return its handle (None when refused) and what is known of it.

    The linker's text is the true cause: `file too short`, `wrong ELF class`, `cannot open shared object file`.
    """
    facts: dict[str, object] = {"name": os.path.basename(name), "path": None, "version": None, "error": None}
    try:
        handle: ctypes.CDLL | None = ctypes.CDLL(name)
    except OSError as error:
        handle = None
        facts["error"] = str(error) or "the dynamic linker gave no reason"
        named = _PATH_IN_ERROR.match(str(error))
        facts["path"] = named.group(1) if named else None
    else:
        facts["path"] = mapped_file(name)
    return handle, dict(facts, **_file_facts(facts["path"]))


def mapped_file(name: str) -> str | None:
    """Return the file that this process has mapped for the library `name`, links resolved."""
    if os.path.isabs(name):
        return os.path.realpath(name)
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            paths = [line.split(None, 5)[5].strip() for line in file if "/" in line]
    except OSError:
        return None
    start = name.partition(".so")[0] + ".so"
    found = [path for path in paths if os.path.basename(path).startswith(start)]
    return found[0].replace(" (deleted)", "") if found else None


def _file_facts(path: object) -> dict[str, object]:
    if not isinstance(path, str):
        return {"size": None}
    match = _VERSION.search(os.path.realpath(path))
    try:
        size = os.stat(path).st_size
    except OSError:
        return {"size": None}
    return {"size": size, "version": match.group(1) if match else None}
