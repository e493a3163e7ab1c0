"""Options that say which cluster is meant, and how it is reached."""

from __future__ import annotations

from typing import Any

from azure.cli.core.commands.parameters import get_enum_type

from azext_aigpu._validators import validate_place
from azext_aigpu.params.option_groups import KUBERNETES


def kubernetes(c: Any) -> None:
    """Register `--kubeconfig` and `--context`."""
    c.argument(
        "kubeconfig",
        arg_group=KUBERNETES,
        help="Kubeconfig of the cluster. Default: what kubectl takes, KUBECONFIG or ~/.kube/config.",
    )
    c.argument("context", arg_group=KUBERNETES, help="Context of the kubeconfig. Default: its current one.")


def azure_place(c: Any) -> None:
    """Register the cluster's name in Azure, and `--via`."""
    azure_name(c)
    via(c)


def via(c: Any) -> None:
    """Register `--via`."""
    c.argument(
        "via",
        get_enum_type(("command-invoke",)),
        arg_group=KUBERNETES,
        help="How to reach a private cluster: have AKS run kubectl in it, as az aks command invoke does.",
    )


def azure_name(c: Any) -> None:
    """Register the cluster's name in Azure."""
    c.argument("resource_group_name", required=False, arg_group=KUBERNETES, validator=validate_place)
    c.argument(
        "cluster_name",
        options_list=["--cluster-name"],
        arg_group=KUBERNETES,
        help="Name of the AKS cluster, with --resource-group instead of a kubeconfig: your own credentials for it are "
        "asked for, kept for the time of the command, and never those of administrators.",
    )
