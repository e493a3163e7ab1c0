"""Options of the rules: what they hold a pool to, what is waived, and how the outcome is told."""
# ruff: noqa: S610  azure-cli's extra(), not Django's

from __future__ import annotations

from typing import Any

from azext_aigpu import forms
from azext_aigpu._validators import converted, parse_waive, validate_sizes
from azext_aigpu.params.option_groups import RULES


def cost(register: Any) -> None:
    """Register `--max-hourly-cost`."""
    register(
        "max_hourly_cost",
        arg_group=RULES,
        validator=converted("max_hourly_cost", forms.parse_cost),
        help="Refuse what may cost more than this at its largest, in USD an hour. Default: the setting "
        "aigpu.max_hourly_cost.",
    )


def waive(register: Any, text: str) -> None:
    """Register `--waive`."""
    check = converted("waive", parse_waive)
    register("waive", nargs="+", action="extend", arg_group=RULES, validator=check, help=text)


def strict(register: Any) -> None:
    """Register `--strict`."""
    register(
        "strict",
        action="store_true",
        arg_group=RULES,
        help="Also stop where a rule could not judge and Azure itself would refuse the same thing later.",
    )


def rules(c: Any) -> None:
    """Register what every command that makes or changes a machine takes."""
    cost(c.extra)
    waive(
        c.extra,
        "Rules to waive, each as ID=reason. What they find becomes a warning; the reason is kept as a tag.",
    )
    strict(c.extra)
    c.extra("dry_run", action="store_true", arg_group=RULES, help="Judge, show plan and cost, and send nothing.")


def rules_of_new(c: Any) -> None:
    """Register what to do when there is no room for a new pool."""
    c.extra(
        "replace_failed",
        action="store_true",
        arg_group=RULES,
        help="Delete a pool of this name first, when this tool made it and it is Failed with 0 nodes.",
    )
    c.extra(
        "try_zones",
        nargs="+",
        arg_group=RULES,
        help="Zones to try one after the other until one has room, for example 1 2 3. Not with --zones.",
    )
    c.extra(
        "try_sizes",
        nargs="+",
        arg_group=RULES,
        validator=validate_sizes,
        help="VM sizes to try after --node-vm-size when it has no room. Each is judged and priced like the first.",
    )


def checked(c: Any) -> None:
    """Register what every command that judges without making anything takes."""
    c.argument(
        "gpu_pools",
        nargs="+",
        action="extend",
        arg_group=RULES,
        validator=converted("gpu_pools", forms.parse_pool_names),
        help="Names or addresses of pools and machines that are meant to have GPUs, with blanks or commas between.",
    )
    waive(c.argument, "Rules to waive, each as ID=reason. What they find becomes a warning.")
    strict(c.argument)
    c.argument("sarif", help="File to write the findings to as SARIF 2.1.0, which code hosts show in pull requests.")
