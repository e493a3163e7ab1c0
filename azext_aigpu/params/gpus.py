"""`--gpu-model` and `--gpu-count`, which many commands take, each with its own meaning."""

from __future__ import annotations

from typing import Any

from azext_aigpu import forms
from azext_aigpu._validators import converted


def model(register: Any, text: str, **settings: Any) -> None:
    """Register `--gpu-model`."""
    register("gpu_model", validator=converted("gpu_model", forms.parse_model), help=text, **settings)


def count(register: Any, text: str, **settings: Any) -> None:
    """Register `--gpu-count`."""
    check = converted("gpu_count", forms.parse_number, "--gpu-count", 1)
    register("gpu_count", type=int, validator=check, help=text, **settings)
