"""Arguments of `az aigpu nodepool`."""
# ruff: noqa: S610  azure-cli's extra(), not Django's

from __future__ import annotations

from typing import Any

from azure.cli.core.commands.parameters import get_enum_type

from azext_aigpu import forms
from azext_aigpu._validators import converted
from azext_aigpu.export.formats import ADOPTIONS, EXPORTS
from azext_aigpu.params import cluster_access, gpus, judging, pool_nodes, pool_operation
from azext_aigpu.params.option_groups import GPU, SCOPE


def load_arguments(loader: Any) -> None:
    """Register the arguments of the group."""
    _load_names(loader)
    _load_add(loader)
    _load_update(loader)
    _load_delete_and_wait(loader)
    _load_check(loader)
    _load_plan(loader)
    _load_apply(loader)
    _load_export(loader)
    _load_adopt(loader)


def _load_names(loader: Any) -> None:
    with loader.argument_context("aigpu nodepool") as c:
        c.argument("cluster_name", options_list=["--cluster-name"], help="Name of the AKS cluster.")
        c.argument(
            "nodepool_name",
            options_list=["--nodepool-name", "--name", "-n"],
            validator=converted("nodepool_name", forms.parse_pool_name),
            help="Name of the node pool: 1 to 12 lower-case letters and digits that start with a letter.",
        )


def _load_add(loader: Any) -> None:
    with loader.argument_context("aigpu nodepool add") as c:
        pool_nodes.gpu_of_new(c)
        judging.rules(c)
        judging.rules_of_new(c)
        pool_nodes.scale(c)
        pool_nodes.scale_of_new(c)
        pool_nodes.scheduling(c)
        pool_nodes.spot(c)
        pool_nodes.node(c)
        pool_operation.placement(c)
        pool_operation.network(c)
        pool_operation.network_of_new(c)
        pool_operation.upgrade(c)
        pool_operation.encryption(c)
        pool_operation.security(c)
        pool_operation.raw(c)


def _load_update(loader: Any) -> None:
    with loader.argument_context("aigpu nodepool update") as c:
        pool_nodes.gpu(c)
        judging.rules(c)
        pool_nodes.scale(c)
        pool_nodes.scale_of_existing(c)
        pool_nodes.scheduling(c)
        pool_nodes.node_of_existing(c)
        pool_operation.network(c)
        pool_operation.upgrade(c)
        pool_operation.security(c)
        pool_operation.security_of_existing(c)
        pool_operation.raw(c)
        c.extra("if_match", help="Change the pool only while its ETag is this one. Default: the ETag just read.")


def _load_delete_and_wait(loader: Any) -> None:
    with loader.argument_context("aigpu nodepool delete") as c:
        c.argument("if_match", help="Delete the pool only while its ETag is this one.")
        c.argument(
            "ignore_pdb",
            options_list=["--ignore-pdb", "-i"],
            action="store_true",
            help="Delete the nodes even where a PodDisruptionBudget would have them wait.",
        )
    with loader.argument_context("aigpu nodepool wait", arg_group="Wait Condition") as c:
        c.argument("created", action="store_true", help="Wait until the pool is created: provisioned 'Succeeded'.")
        c.argument("updated", action="store_true", help="Wait until the pool is updated: provisioned 'Succeeded'.")
        c.argument("deleted", action="store_true", help="Wait until the pool is gone.")
        c.argument("exists", action="store_true", help="Wait until the pool is there, in whatever state.")
        for name, text in (
            ("interval", "Seconds between two looks."),
            ("timeout", "The most seconds to wait. A wait that runs out is an error."),
        ):
            check = converted(name, forms.parse_number, f"--{name}", 1)
            c.argument(name, type=int, validator=check, help=text)


def _load_check(loader: Any) -> None:
    with loader.argument_context("aigpu nodepool check") as c:
        c.argument("resource_group_name", required=False, help="Name of the resource group of the cluster.")
        c.argument("cluster_name", required=False, help="Name of the AKS cluster. Default: every cluster there is.")
        c.argument(
            "all_subscriptions",
            action="store_true",
            arg_group=SCOPE,
            help="Look at every subscription that az account list shows.",
        )
        c.argument("management_group", arg_group=SCOPE, help="Look at every subscription of this management group.")
        c.argument(
            "spec",
            options_list=["--spec", "-f"],
            nargs="+",
            action="extend",
            help="Spec files that the pools are held against; - for standard input. Without a cluster, every cluster "
            "that they name is looked at.",
        )
        _overlay(c)
        judging.checked(c)


def _overlay(c: Any) -> None:
    c.argument(
        "overlay",
        nargs="+",
        action="extend",
        help="Files with what differs by environment, laid over the specs of the same pool name; later ones win.",
    )


def _load_plan(loader: Any) -> None:
    with loader.argument_context("aigpu nodepool plan") as c:
        c.argument(
            "file",
            options_list=["--file", "-f"],
            nargs="+",
            action="extend",
            help="Spec files, each with any number of pools: YAML documents of kind GpuNodePool; - for standard input.",
        )
        _overlay(c)
        c.argument("plan_file", help="File to write the plan to, for apply.")
        c.argument("exit_code", action="store_true", help="End with 4 where something would change, with 0 where not.")
        c.argument(
            "replace_failed",
            action="store_true",
            help="Plan to delete a pool first that an earlier try left Failed with 0 nodes, and to make it again.",
        )
        judging.cost(c.argument)
        judging.strict(c.argument)


def _load_apply(loader: Any) -> None:
    with loader.argument_context("aigpu nodepool apply") as c:
        c.argument("plan_file", help="Plan to carry out, as written by az aigpu nodepool plan --plan-file.")
        c.argument(
            "digest",
            validator=converted("digest", forms.parse_digest),
            help="Digest of the plan that was approved. A plan with another one is refused.",
        )
        c.argument(
            "yes",
            options_list=["--yes", "-y"],
            action="store_true",
            help="Do not ask before nodes that run are taken away.",
        )
        judging.strict(c.argument)


def _load_export(loader: Any) -> None:
    with loader.argument_context("aigpu nodepool export") as c:
        c.argument("format", get_enum_type(tuple(EXPORTS)), help="Form of the document. Default: spec.")
        c.argument("file", options_list=["--file", "-f"], help="File to write instead of standard output.")
        place = "Region for a clone: what belongs to the old region is left out, and room is looked for there."
        c.argument("location", required=False, help=place)
        gpus.model(
            c.argument, "GPU model that the nodes are meant to have, where the pool does not say.", arg_group=GPU
        )
        gpus.count(
            c.argument, "Number of GPUs that a node is meant to have, where the pool does not say.", arg_group=GPU
        )


def _load_adopt(loader: Any) -> None:
    with loader.argument_context("aigpu nodepool adopt") as c:
        gpus.model(c.argument, "GPU model that the nodes are meant to have.", arg_group=GPU)
        gpus.count(c.argument, "Number of GPUs that a node is meant to have.", arg_group=GPU)
        check = converted("expect_size", forms.parse_vm_size, "--expect-size")
        c.argument("expect_size", validator=check, arg_group=GPU, help="VM size that the pool is meant to have.")
        c.argument("format", get_enum_type(ADOPTIONS), help="The ConfigMap (default), or lines for the pool's source.")
        c.argument("apply", action="store_true", help="Apply the ConfigMap to the cluster, too, and read it back.")
        cluster_access.kubernetes(c)
        cluster_access.via(c)
