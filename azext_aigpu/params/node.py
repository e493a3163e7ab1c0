"""Arguments of `az aigpu node`."""

from __future__ import annotations

from typing import Any

from azext_aigpu.params import cluster_access, pool_names


def load_arguments(loader: Any) -> None:
    """Register the arguments of the group."""
    with loader.argument_context("aigpu node") as c:
        cluster_access.kubernetes(c)
        cluster_access.azure_name(c)
        c.argument(
            "check",
            action="store_true",
            help="End with exit code 4 unless every GPU node is True, and with 5 where that could not be judged.",
        )
    with loader.argument_context("aigpu node show") as c:
        c.argument("node_name", options_list=["--node-name", "--name", "-n"], help="Name of the node in Kubernetes.")
    with loader.argument_context("aigpu node list") as c:
        pool_names.gpu_pools(
            c.argument,
            "Names of node pools whose nodes are meant to have GPUs, whatever their labels, with blanks or commas "
            "between.",
        )
        c.argument(
            "show_all",
            options_list=["--all"],
            action="store_true",
            help="Show the nodes too that are not meant to have GPUs and have none; they get no verdict.",
        )
