"""Arguments of `az aigpu agent`."""
# ruff: noqa: S610  azure-cli's extra(), not Django's

from __future__ import annotations

from typing import Any

from azure.cli.core.commands.parameters import get_enum_type

from azext_aigpu._validators import converted
from azext_aigpu.cluster.manifests import forms as agent_forms
from azext_aigpu.cluster.manifests.settings import BASE, CONDITION, MODES, MONITORINGS, PROFILES, PROMETHEUS_OPERATOR
from azext_aigpu.params import cluster_access, pool_names


def load_arguments(loader: Any) -> None:
    """Register the arguments of the group."""
    for verb in ("install", "status", "uninstall"):
        with loader.argument_context(f"aigpu agent {verb}") as c:
            cluster_access.kubernetes(c)
            cluster_access.azure_place(c)
    for verb in ("show", "install"):
        with loader.argument_context(f"aigpu agent {verb}") as c:
            _agent(c)
            _admission(c)
    unlabelled = "Names of GPU node pools that carry no label of aigpu, with blanks or commas between."
    with loader.argument_context("aigpu agent show") as c:
        pool_names.gpu_pools(c.extra, unlabelled)
        c.argument("format", get_enum_type(("yaml", "json")), help="Form of the document. Default: yaml.")
        c.argument("file", options_list=["--file", "-f"], help="File to write instead of standard output.")
    with loader.argument_context("aigpu agent install") as c:
        pool_names.gpu_pools(
            c.extra, f"{unlabelled} Default: with --cluster-name the pools that Azure knows to be GPU pools."
        )
        c.argument(
            "force_conflicts",
            action="store_true",
            help="Take over fields that another tool has set on the same objects.",
        )


def _agent(c: Any) -> None:
    c.extra(
        "image",
        validator=converted("image", agent_forms.parse_image),
        help="Image of the agent, in your own registry. Default: the setting aigpu.agent_image; there is no other.",
    )
    c.extra(
        "profile",
        get_enum_type(PROFILES),
        default=BASE,
        help="Profile watch adds the pod watchdog, which needs hostPID and the right to list pods.",
    )
    c.extra(
        "mode",
        get_enum_type(MODES),
        default=CONDITION,
        help="What the agent writes: nothing (observe), its node condition (condition), or taints too (taint).",
    )
    c.extra(
        "taint",
        validator=converted("taint", agent_forms.parse_taint),
        help="Taint of the GPU pools. Default: the setting aigpu.taint, sku=gpu:NoSchedule.",
    )
    c.extra(
        "tolerate",
        nargs="+",
        default=(),
        validator=converted("tolerate", agent_forms.parse_taint_keys),
        help="Keys of further taints that GPU pools carry, with blanks between.",
    )
    c.extra(
        "with_device_plugin",
        action="store_true",
        help="Also NVIDIA's device plugin, for a cluster that has none. It tolerates the agent's taints.",
    )
    c.extra(
        "with_monitoring",
        get_enum_type(MONITORINGS),
        nargs="?",
        const=PROMETHEUS_OPERATOR,
        help="Also a PodMonitor, alerts and a Grafana dashboard. Azure Monitor takes no alerts from a cluster. Without "
        f"a value: {PROMETHEUS_OPERATOR}.",
    )


def _admission(c: Any) -> None:
    c.extra(
        "enforce",
        action="store_true",
        help="Refuse pods that target a GPU pool and ask for no GPU. Without it the API server warns and audits.",
    )
    c.extra(
        "exempt_namespaces",
        nargs="+",
        default=(),
        validator=converted("exempt_namespaces", agent_forms.parse_namespaces),
        help="Namespaces that are not judged, with blanks between, besides those of the system and the GPU operators.",
    )
