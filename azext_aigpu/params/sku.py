"""Arguments of `az aigpu sku`."""

from __future__ import annotations

from typing import Any

from azext_aigpu import forms
from azext_aigpu._validators import converted, validate_regions
from azext_aigpu.params import gpus


def load_arguments(loader: Any) -> None:
    """Register the arguments of the group."""
    place = "Region to look at, for example eastus. Without it the catalogue alone is shown and Azure is not asked."
    with loader.argument_context("aigpu sku") as c:
        c.argument("location", required=False, help=place)
    with loader.argument_context("aigpu sku list") as c:
        gpus.model(c.argument, "Show only sizes with this GPU model: a100 finds every A100, a100-80gb only that one.")
        gpus.count(c.argument, "Show only sizes with this number of GPUs.")
        c.argument(
            "show_all",
            options_list=["--all"],
            action="store_true",
            help="Show every row of the catalogue: AMD GPUs, FPGAs, video cards and retired sizes too.",
        )
    with loader.argument_context("aigpu sku find") as c:
        gpus.model(c.argument, "GPU model to look for: h100 finds every H100, h100-80gb only that one.", required=True)
        gpus.count(c.argument, "Number of GPUs that one node is to have. Default: any number.")
        c.argument(
            "location",
            nargs="+",
            required=False,
            validator=validate_regions,
            help="Regions to look at, with blanks between. Default: every region of the subscription.",
        )
        c.argument("spot", action="store_true", help="Look for spot capacity: its price, and the quota of spot nodes.")
        c.argument("refresh", action="store_true", help="Read every region again, whatever is kept.")
    with loader.argument_context("aigpu sku show") as c:
        c.argument(
            "size",
            options_list=["--size", "-s"],
            validator=converted("size", forms.parse_vm_size, "--size"),
            help="VM size, for example Standard_NC24ads_A100_v4.",
        )
