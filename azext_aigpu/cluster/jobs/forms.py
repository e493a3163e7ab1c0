"""Parses the options of `az aigpu job`. Every function raises UsageError with the value seen and the value wanted."""

from __future__ import annotations

import re

from aigpu_contract import labels
from aigpu_contract.duration import parse_duration
from azext_aigpu.usage import UsageError

_CONTAINER = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def parse_pools(text: str) -> frozenset[str]:
    """Return the names of `--gpu-pools`, written with commas between them."""
    names = frozenset(name for name in re.split(r"[,\s]+", text) if name)
    if not names:
        raise UsageError(
            "--gpu-pools names no pool.", "Give the names of the GPU node pools, for example: --gpu-pools gpu,a100"
        )
    wrong = sorted(name for name in names if not labels.is_label_value(name))
    if wrong:
        raise UsageError(
            f"--gpu-pools: '{wrong[0]}' is not a name of a node pool.",
            "Give names as az aks nodepool list shows them, for example: --gpu-pools gpu,a100",
        )
    return names


def parse_deadline(text: str) -> str:
    """Return the duration of `--gpu-deadline` as it was written."""
    try:
        parse_duration(text)
    except ValueError as error:
        raise UsageError(
            f"--gpu-deadline: {error}.", "Give hours, minutes or seconds, for example: --gpu-deadline 45m; 0 for none"
        ) from error
    return text.strip()


def parse_image(text: str) -> str:
    """Return the image of `--image`."""
    from azext_aigpu import settings

    try:
        return settings.parse_image(text)
    except ValueError as error:
        raise UsageError(
            f"--image: '{text}': {error}.", "For example: --image registry.example.com/aigpu-agent:0.1.0"
        ) from error


def parse_container(text: str) -> str:
    """Return the name of `--container`."""
    if not _CONTAINER.fullmatch(text):
        raise UsageError(
            f"--container: '{text}' is not a name of a container.", "Give the name that the manifest has for it."
        )
    return text
