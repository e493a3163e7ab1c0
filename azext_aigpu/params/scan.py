"""Arguments of `az aigpu scan`."""

from __future__ import annotations

from typing import Any

from azext_aigpu.params import cluster_access, pool_names


def load_arguments(loader: Any) -> None:
    """Register the arguments of the command."""
    with loader.argument_context("aigpu scan") as c:
        cluster_access.kubernetes(c)
        cluster_access.azure_name(c)
        pool_names.gpu_pools(
            c.argument,
            "Names of node pools that are meant to have GPUs, whatever their labels, with blanks or commas between.",
        )
