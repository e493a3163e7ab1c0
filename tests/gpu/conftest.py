"""A machine with a real NVIDIA GPU. `pytest -m gpu tests/gpu` runs here; everywhere else each test skips.

What the tests saw is printed, and written as JSON to the file that AIGPU_GPU_RECORD names: it is evidence for the docs,
and the values of a new profile of the stub libraries.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

RECORD = "AIGPU_GPU_RECORD"
_records: dict[str, Any] = {}
Record = Callable[[str, Any], None]


def _why_there_is_no_gpu() -> str:
    try:
        ctypes.CDLL("libnvidia-ml.so.1")
    except OSError as error:
        return f"{error}"
    return "" if Path("/dev/nvidiactl").exists() else "there is no /dev/nvidiactl"


@pytest.fixture(autouse=True, scope="session")
def gpu() -> None:
    """Skip where there is no GPU."""
    why = _why_there_is_no_gpu()
    if why:
        pytest.skip(f"needs an NVIDIA GPU ({why}); on a machine that has one: python -m pytest -m gpu tests/gpu -s")


@pytest.fixture(scope="session")
def record() -> Iterator[Record]:
    """Keep what was seen, by a name."""

    def keep(name: str, value: Any) -> None:
        _records[name] = value
        sys.stdout.write(f"\n{name}: {json.dumps(value)}\n")

    yield keep
    place = os.environ.get(RECORD)
    if place:
        seen = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "seen": _records}
        Path(place).write_text(json.dumps(seen, indent=2) + "\n", encoding="utf-8")
