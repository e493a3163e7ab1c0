"""Parses the options of `az aigpu agent`. Every function raises UsageError with the value seen and the value wanted."""

from __future__ import annotations

import re

from aigpu_contract import labels
from azext_aigpu.cluster.jobs.forms import parse_image as parse_name
from azext_aigpu.usage import UsageError

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def parse_image(text: str) -> str:
    """Return the image of `--image`, which names its registry: without one, it would be somebody's on Docker Hub."""
    registry, slash, _ = parse_name(text).partition("/")
    if not slash or not ("." in registry or ":" in registry or registry == "localhost"):
        raise UsageError(
            f"--image: '{text}' names no registry.",
            "Give the whole name, for example: --image registry.example.com/aigpu-agent:0.1.0",
        )
    return text


def parse_taint(text: str) -> labels.Taint:
    """Return the taint of `--taint`."""
    try:
        return labels.parse_taint(text)
    except ValueError as error:
        raise UsageError(f"--taint: {error}.", "For example: --taint sku=gpu:NoSchedule") from error


def parse_taint_keys(texts: list[str]) -> tuple[str, ...]:
    """Return the keys of `--tolerate`."""
    for text in texts:
        if not labels.is_qualified_name(text):
            raise UsageError(
                f"--tolerate: '{text}' is not the key of a taint.",
                "Give the part before the = sign, for example: --tolerate team example.com/tier",
            )
    return tuple(texts)


def parse_namespaces(texts: list[str]) -> tuple[str, ...]:
    """Return the names of `--exempt-namespaces`."""
    for text in texts:
        if not _NAMESPACE.fullmatch(text):
            raise UsageError(
                f"--exempt-namespaces: '{text}' is not the name of a namespace.",
                "Give names with blanks between them, for example: --exempt-namespaces run-ai monitoring",
            )
    return tuple(texts)
