"""Puts `aigpu-preflight.pyz` on a volume, from where the training container runs it."""

from __future__ import annotations

import os

NAME = "aigpu-preflight.pyz"
MODE = 0o755


def install(directory: str) -> str:
    """Put the file into `directory` and return its path. Raises OSError.

    It appears whole or not at all, and any user may read and run it: the training container may have another uid. The
    directory must be there: one that is missing is a volume that is not mounted.
    """
    place = os.path.join(directory, NAME)
    fresh = os.path.join(directory, f".{NAME}.{os.urandom(4).hex()}")
    try:
        with open(fresh, "xb") as file:
            file.write(_read_bundle())
            os.fchmod(file.fileno(), MODE)
        os.replace(fresh, place)
    finally:
        if os.path.exists(fresh):  # it could not be put in place
            os.unlink(fresh)
    return place


def running_bundle() -> str:
    """Return the path of the file that this program runs out of, nothing where it is installed as a package."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return root if os.path.isfile(root) else ""


def _read_bundle() -> bytes:
    """Return the running file's bytes, or those of a new one."""
    path = running_bundle()
    if path:
        with open(path, "rb") as file:
            return file.read()
    from node_agent.preflight.bundle import build_bundle, read_entries  # noqa: PLC0415 (rare, and slow to import)

    return build_bundle(read_entries())
