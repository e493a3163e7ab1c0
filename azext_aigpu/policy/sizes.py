"""The lists of VM sizes that the definitions carry, out of the catalogue. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from aigpu_contract import skus
from aigpu_contract.near_names import near_names
from azext_aigpu.usage import UsageError

PREFIX = "Standard_N"
"""Every accelerator size has a name that starts so, those that the catalogue does not know yet as well."""


def allowed_sizes(today: datetime.date, models: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the sizes that CUDA runs on and that are not retired on `today`; with `models` only those with one."""
    wanted = None if models is None else tuple(models)
    return tuple(
        sku.size
        for sku in skus.all_skus()
        if sku.is_cuda_gpu
        and not sku.is_retired(today)
        and (wanted is None or any(skus.is_model(sku.model_id, model) for model in wanted))
    )


def retired_sizes(today: datetime.date) -> tuple[str, ...]:
    """Return the accelerator sizes that are retired on `today`."""
    return tuple(sku.size for sku in skus.all_skus() if sku.is_retired(today))


def odd_sizes() -> tuple[str, ...]:
    """Return the accelerator sizes of the catalogue whose names do not start as the others do."""
    return tuple(sku.size for sku in skus.all_skus() if not sku.size.lower().startswith(PREFIX.lower()))


def is_gpu_size(size: str) -> bool:
    """Return whether the definitions take `size` for an accelerator size: by its name, or by the catalogue."""
    return size.strip().lower().startswith(PREFIX.lower()) or skus.lookup(size) is not None


def parse_allowed(sizes: Iterable[str]) -> tuple[str, ...]:
    """Return the sizes of `--allowed-sizes` as Azure writes them. Raises UsageError for one that is in no list."""
    return tuple(dict.fromkeys(_parse_size(size) for size in sizes))


def _parse_size(text: str) -> str:
    sku = skus.lookup(text)
    if sku is not None:
        return sku.size
    near = near_names(text, [one.size for one in skus.all_skus()])
    hint = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(
        f"--allowed-sizes: '{text}' is not a GPU size of the catalogue, so allowing it would allow nothing.",
        f"{hint}See all: az aigpu sku list --all",
    )
