"""`--gpu-pools`: names of node pools that are meant to have GPUs, whatever their labels say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from azext_aigpu._validators import converted
from azext_aigpu.cluster.jobs.forms import parse_pools


def gpu_pools(register: Any, text: str) -> None:
    """Register `--gpu-pools`; `text` says what the names are for."""
    register("gpu_pools", nargs="+", action="extend", validator=converted("gpu_pools", _parse), help=text)


def _parse(words: Sequence[str]) -> frozenset[str]:
    return parse_pools(",".join(words))
