"""Parses what a user types about policy into what it means. Pure. Every function raises `UsageError`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aigpu_contract import skus
from azext_aigpu.policy.sizes import parse_allowed
from azext_aigpu.usage import UsageError

_POOL_NAMES = re.compile(r"[a-z0-9]*\*?[a-z0-9]*")
_NOT_IN_TAG = set("<>%&\\?/'[]")
_MANAGEMENT_GROUP = re.compile(r"[A-Za-z0-9_().-]{1,90}")


def parse_sizes(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the sizes of `--allowed-sizes`, with blanks or commas between, as Azure writes them."""
    sizes = parse_allowed(_split(texts))
    if not sizes:
        raise UsageError(
            "--allowed-sizes names nothing, which would forbid every GPU.",
            "Name sizes, for example: --allowed-sizes Standard_NC24ads_A100_v4 Standard_NC4as_T4_v3",
        )
    return sizes


def parse_models(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the GPU models of `--allowed-models`, with blanks or commas between, in lower case."""
    models = tuple(text.lower() for text in _split(texts))
    unknown = [model for model in models if not skus.is_known_model(model)]
    if unknown or not models:
        wrong = f"'{unknown[0]}' is not a GPU model of the catalogue" if unknown else "it names nothing"
        near = skus.models_like(unknown[0]) if unknown else ()
        raise UsageError(
            f"--allowed-models: {wrong}, so allowing it would forbid every other GPU.",
            f"Did you mean {' or '.join(near)}? See all: az aigpu sku list" if near else "See all: az aigpu sku list",
        )
    return models


def parse_pool_patterns(texts: Iterable[str]) -> tuple[str, ...]:
    """Return names of node pools, each with at most one star: more are not understood by Azure Policy."""
    patterns = _split(texts)
    for pattern in patterns:
        if not _POOL_NAMES.fullmatch(pattern) or pattern == "*":
            raise UsageError(
                f"--gpu-pool-names: '{pattern}' is not a name of node pools.",
                "Give lower-case letters and digits with at most one *, for example: --gpu-pool-names 'gpu*' train",
            )
    return patterns


def parse_tag_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Return names of tags, with blanks or commas between."""
    names = _split(texts)
    for name in names:
        if set(name) & _NOT_IN_TAG:
            raise UsageError(
                f"--required-tags: '{name}' is not a name of a tag.",
                "Give names of tags with blanks between, for example: --required-tags cost-center owner",
            )
    return names


def parse_management_group(text: str) -> str:
    """Return the name (id) of a management group."""
    if not _MANAGEMENT_GROUP.fullmatch(text):
        raise UsageError(
            f"--management-group: '{text}' is not a name of a management group.",
            "Give its name and not what it is called in the portal, for example: --management-group ml",
        )
    return text


def _split(texts: Iterable[str]) -> tuple[str, ...]:
    parts = [part.strip() for text in texts for part in text.split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))
