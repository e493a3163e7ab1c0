"""azure-cli's form of validation: functions that get the namespace of all arguments and change it.

They replace what was typed by what it means (`forms`, `config_files`) before any handler is imported. azure-cli ends
with exit code 2 for an exception of ours, and with 1 for one of its own: so here it has to be `UsageError`.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any

from azext_aigpu import forms
from azext_aigpu.usage import UsageError

Validator = Callable[[Namespace], None]

SPOT = "Spot"


def converted(name: str, parse: Callable[..., Any], *arguments: Any) -> Validator:
    """Return a validator that replaces the argument `name` by what `parse` makes of it, when it was given."""

    def validate(namespace: Namespace) -> None:
        value = getattr(namespace, name, None)
        if value is not None:
            setattr(namespace, name, parse(value, *arguments))

    return validate


def validate_spot(namespace: Namespace) -> None:
    """Check what only spot pools have: the most to pay, and what happens to an evicted node."""
    for name in ("spot_max_price", "eviction_policy"):
        value = getattr(namespace, name, None)
        if value is not None and namespace.priority != SPOT:
            option = option_of(name)
            raise UsageError(
                f"{option} {value} is only for spot pools, and this one is not.",
                f"Add --priority {SPOT}, or leave {option} out.",
            )
    if namespace.spot_max_price is not None:
        namespace.spot_max_price = forms.parse_spot_price(namespace.spot_max_price)


def validate_zones(namespace: Namespace) -> None:
    """Check `--zones` and `--try-zones`; a pool is either spread over zones or tries them one after the other."""
    for name in ("zones", "try_zones"):
        if getattr(namespace, name) is not None:
            setattr(namespace, name, forms.parse_zones(getattr(namespace, name), option_of(name)))
    if namespace.zones and namespace.try_zones:
        raise UsageError(
            "--zones and --try-zones were both given.",
            "--zones 1 2 spreads one pool over both zones; --try-zones 1 2 makes it in zone 1, or else in zone 2. "
            "Leave one of them out.",
        )


def validate_place(namespace: Namespace) -> None:
    """Check that a cluster is named in one way: by a kubeconfig, or by resource group and name."""
    named = {"--resource-group": namespace.resource_group_name, "--cluster-name": namespace.cluster_name}
    missing = [option for option, value in named.items() if not value]
    if len(missing) == 1:
        given = next(option for option in named if option not in missing)
        raise UsageError(f"{given} was given without {missing[0]}.", f"A cluster in Azure has both: add {missing[0]}.")
    if not missing and (namespace.kubeconfig or namespace.context):
        raise UsageError(
            "A kubeconfig and the name of a cluster were both given.",
            "Give --kubeconfig and --context, or --resource-group and --cluster-name.",
        )
    if missing and getattr(namespace, "via", None):
        raise UsageError(
            f"--via {namespace.via} goes through Azure, and no cluster is named there.",
            "Add --resource-group and --cluster-name.",
        )


def exclusive(*names: str) -> Validator:
    """Return a validator that takes at most one of the flags `names`."""

    def validate(namespace: Namespace) -> None:
        given = [option_of(name) for name in names if getattr(namespace, name)]
        if len(given) > 1:
            raise UsageError(f"{' and '.join(given)} were both given.", f"Give one of them: {' | '.join(given)}.")

    return validate


def validate_sizes(namespace: Namespace) -> None:
    """Check the sizes of `--try-sizes`, one after the other."""
    if namespace.try_sizes is not None:
        namespace.try_sizes = tuple(forms.parse_vm_size(size, "--try-sizes") for size in namespace.try_sizes)


def validate_group_ids(namespace: Namespace) -> None:
    """Check the ids of `--asg-ids`. Azure wants ports to be opened for the groups to mean anything."""
    if namespace.asg_ids is None:
        return
    kind = "Microsoft.Network/applicationSecurityGroups"
    namespace.asg_ids = tuple(forms.parse_resource_id(item, "--asg-ids", kind) for item in namespace.asg_ids)
    if not namespace.allowed_host_ports:
        raise UsageError(
            "--asg-ids was given without --allowed-host-ports.",
            "Say which ports the groups open, for example: --allowed-host-ports 443/tcp",
        )


def validate_scope(namespace: Namespace) -> None:
    """Check that policy is for one scope: a resource group, a management group, or else the subscription."""
    if namespace.resource_group_name and namespace.management_group:
        raise UsageError(
            "--resource-group and --management-group were both given.",
            "Give one of them; without either it is the subscription in use.",
        )


def validate_regions(namespace: Namespace) -> None:
    """Bring the regions of `--location` into Azure's own spelling, each once."""
    if namespace.location is not None:
        names = [part for text in namespace.location for part in text.split(",")]
        spelled = [name.replace(" ", "").lower() for name in names]
        namespace.location = tuple(dict.fromkeys(name for name in spelled if name))
        if not namespace.location:
            raise UsageError(
                "--location was given and names no region.",
                "For example --location eastus westeurope; leave it out for every region.",
            )


def option_of(name: str) -> str:
    """Return the long option of an argument: `min_count` is `--min-count`."""
    return "--" + name.replace("_", "-")


def parse_waive(items: Sequence[str]) -> dict[str, str]:
    """Return the waivers of `ID=reason` items."""
    from azext_aigpu.waivers import parse_waivers

    try:
        return parse_waivers(items)
    except ValueError as error:
        text = str(error)
        raise UsageError(text + "." if "--waive" in text else f"--waive: {text}.") from error
