"""Arguments of `az aigpu policy`."""

from __future__ import annotations

from typing import Any

from azure.cli.core.commands.parameters import get_enum_type

from azext_aigpu._validators import converted, validate_scope
from azext_aigpu.params.option_groups import SCOPE
from azext_aigpu.policy import definitions as policy_definitions
from azext_aigpu.policy import forms as policy_forms


def load_arguments(loader: Any) -> None:
    """Register the arguments of the group."""
    with loader.argument_context("aigpu policy show") as c:
        c.argument(
            "name",
            get_enum_type(policy_definitions.NAMES),
            options_list=["--name", "-n"],
            help="Show only this definition.",
        )
    for verb in ("create", "list", "delete"):
        with loader.argument_context(f"aigpu policy {verb}") as c:
            c.argument("resource_group_name", required=False, arg_group=SCOPE, validator=validate_scope)
            c.argument(
                "management_group",
                arg_group=SCOPE,
                validator=converted("management_group", policy_forms.parse_management_group),
                help="Management group to act on. Default: the subscription in use.",
            )
    with loader.argument_context("aigpu policy create") as c:
        _policy(c)


def _policy(c: Any) -> None:
    c.argument(
        "effect",
        get_enum_type(policy_definitions.EFFECTS),
        help="What happens to a request that does not fit: it is reported, refused, or nothing.",
    )
    for name, parse, text in (
        (
            "allowed_sizes",
            policy_forms.parse_sizes,
            "GPU sizes that may be used. Default: those of --allowed-models, or every size that CUDA runs on.",
        ),
        (
            "required_tags",
            policy_forms.parse_tag_names,
            "Tags that GPU machines must carry. Default: the setting aigpu.required_tags.",
        ),
        (
            "gpu_pool_names",
            policy_forms.parse_pool_patterns,
            "Names of node pools that must have a GPU size, each with at most one star. Default: none.",
        ),
    ):
        c.argument(name, nargs="+", validator=converted(name, parse), help=text)
    c.argument(
        "allowed_models",
        nargs="+",
        validator=converted("allowed_models", policy_forms.parse_models),
        help="GPU models whose sizes may be used. Default: the setting aigpu.allowed_models.",
    )
    c.argument("dry_run", action="store_true", help="Show what would be written, and write nothing.")
    c.argument("yes", options_list=["--yes", "-y"], action="store_true", help="Do not ask before a Deny.")
