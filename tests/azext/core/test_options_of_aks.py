"""Holds our argument tables against those of `az aks nodepool`, both as the installed azure-cli has loaded them."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import pytest

from tests.azext.core.harness import load_command

pytestmark = pytest.mark.core

VERBS = ("add", "update", "delete", "list", "show", "wait")
OLDEST_WITH_ALL = (2, 91)
"""The azure-cli that the tables below were made with; older ones lack what `NEWER` names."""

NO_DEFAULT = "a field that nobody asked for is never sent; the service has defaults of its own"
LINUX_ONLY = "Windows GPU pools are outside of aigpu for now"

THEIRS_ONLY: dict[str, dict[str, str]] = {
    "add": {
        "vm_sizes": "is for pools of type VirtualMachines; a GPU pool has one size",
        "disable_windows_outbound_nat": LINUX_ONLY,
        "gateway_prefix_size": "is for pools of mode Gateway, which run no workload",
        "if_match": "a create always goes with If-None-Match: *",
        "if_none_match": "a create always goes with If-None-Match: *",
    },
    "update": {"if_none_match": "an update always changes what is there"},
    "wait": {
        "custom": "a condition of one's own could call anything a success",
        "agent_pool_name": "is named nodepool_name here, with the same options",
        "resource_name": "is named cluster_name here, with the same option",
    },
}
OURS = ("max_hourly_cost", "waive", "strict", "dry_run")
OURS_ONLY: dict[str, tuple[str, ...]] = {
    "add": (*OURS, "gpu_model", "gpu_count", "replace_failed", "try_zones", "try_sizes"),
    "update": OURS,
    "delete": ("yes",),
    "wait": ("cluster_name", "nodepool_name"),
}
NEWER: dict[str, tuple[str, ...]] = {
    "add": ("enable_artifact_streaming", "enable_managed_dranet"),
    "update": ("enable_artifact_streaming", "disable_artifact_streaming", "enable_managed_dranet", "gpu_driver"),
}
NEWER_CHOICES = {"os_sku": {"AzureContainerLinux", "Ubuntu2404"}}

CHOICES_LEFT_OUT: dict[str, tuple[set[str], str]] = {
    "os_sku": ({"Windows2019", "Windows2022", "Windows2025"}, LINUX_ONLY),
    "mode": ({"System", "Gateway"}, "AKS refuses the GPU taint on system pools; gateways run no workload"),
}
CHOICES_NAMED: dict[str, tuple[set[str], str]] = {
    "os_type": ({"Linux"}, LINUX_ONLY),
    "vm_set_type": ({"VirtualMachineScaleSets"}, "the only type whose pools hold one size and scale"),
    "undrainable_node_behavior": ({"Cordon", "Schedule"}, "the API knows these two; a mistyped one is told at once"),
}
DEFAULTS_LEFT_OUT: dict[str, Any] = {
    "eviction_policy": "Delete",
    "mode": "User",
    "node_count": 3,
    "priority": "Regular",
    "scale_down_mode": "Delete",
    "undrainable_node_behavior": "Schedule",
    "spot_max_price": math.nan,
}
"""Argument and the default of `az aks nodepool add`, left out because of `NO_DEFAULT`."""


@dataclass(frozen=True)
class Argument:
    """What a user can see of an argument."""

    options: frozenset[str]
    required: bool
    choices: frozenset[str]
    kind: str
    nargs: str | None
    default: Any


@functools.cache
def arguments(command: str) -> dict[str, Argument]:
    """Return the arguments of a loaded command by name."""
    loaded = load_command(command).arguments
    return {name: describe(name, loaded[name].type.settings) for name in loaded if name != "cmd"}


def describe(name: str, settings: Any) -> Argument:
    options = settings.get("options_list") or ["--" + name.replace("_", "-")]
    kind = "flag" if settings.get("action") == "store_true" else getattr(settings.get("type"), "__name__", "text")
    return Argument(
        options=frozenset(option for option in options if isinstance(option, str)),
        required=bool(settings.get("required")),
        choices=frozenset(settings.get("choices") or ()),
        kind=kind,
        nargs=settings.get("nargs"),
        default=settings.get("default") or None,
    )


def is_old_cli() -> bool:
    from azure.cli.core import __version__

    return tuple(map(int, __version__.split(".")[:2])) < OLDEST_WITH_ALL


@pytest.mark.parametrize("verb", VERBS)
def test_the_same_arguments_are_there(verb: str) -> None:
    theirs, ours = set(arguments(f"aks nodepool {verb}")), set(arguments(f"aigpu nodepool {verb}"))

    newer = set(NEWER.get(verb, ())) if is_old_cli() else set()
    assert theirs - ours == set(THEIRS_ONLY.get(verb, {}))
    assert ours - theirs == set(OURS_ONLY.get(verb, ())) | newer


def both(verb: str) -> list[tuple[str, Argument, Argument]]:
    """Return (name, theirs, ours) of every argument that both commands have."""
    theirs, ours = arguments(f"aks nodepool {verb}"), arguments(f"aigpu nodepool {verb}")
    found = [(name, theirs[name], ours[name]) for name in ours if name in theirs]
    assert found
    return found


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("aspect", ["options", "required", "kind", "nargs"])
def test_an_argument_looks_the_same(verb: str, aspect: str) -> None:
    for name, theirs, ours in both(verb):
        assert getattr(ours, aspect) == getattr(theirs, aspect), name


@pytest.mark.parametrize("verb", VERBS)
def test_an_argument_takes_the_same_choices(verb: str) -> None:
    for name, theirs, ours in both(verb):
        expected = theirs.choices
        if name in CHOICES_LEFT_OUT:
            left_out, _ = CHOICES_LEFT_OUT[name]
            expected -= left_out
        if name in CHOICES_NAMED:
            assert not theirs.choices, name
            expected = frozenset(CHOICES_NAMED[name][0])
        newer = NEWER_CHOICES.get(name, set()) if is_old_cli() else set()
        assert ours.choices - newer == expected - newer, name


@pytest.mark.parametrize("verb", VERBS)
def test_an_argument_has_the_same_default_or_none(verb: str) -> None:
    left_out = DEFAULTS_LEFT_OUT if verb == "add" else {}
    for name, theirs, ours in both(verb):
        expected = None if name in left_out else theirs.default
        assert ours.default == expected, name


def test_every_default_that_is_left_out_is_still_theirs() -> None:
    theirs = arguments("aks nodepool add")

    assert {name: repr(theirs[name].default) for name in DEFAULTS_LEFT_OUT} == {
        name: repr(default) for name, default in DEFAULTS_LEFT_OUT.items()
    }


@pytest.mark.parametrize(("ours", "theirs"), [("nodepool_name", "agent_pool_name"), ("cluster_name", "resource_name")])
def test_arguments_of_wait_with_another_name_have_the_same_options(ours: str, theirs: str) -> None:
    assert arguments("aigpu nodepool wait")[ours].options == arguments("aks nodepool wait")[theirs].options
