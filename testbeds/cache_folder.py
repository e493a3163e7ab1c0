"""The folder for what is large, comes from elsewhere and must never get into the repository."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "AIGPU_CACHE"


def cache_folder() -> Path:
    """Return the folder that `AIGPU_CACHE` names, else the user's own for caches; it need not exist yet."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aigpu"
