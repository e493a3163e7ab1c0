"""Arguments of `az aigpu check`."""

from __future__ import annotations

from typing import Any

from azext_aigpu.params import judging
from azext_aigpu.params.option_groups import DOCUMENT, RULES


def load_arguments(loader: Any) -> None:
    """Register the arguments of the command."""
    with loader.argument_context("aigpu check") as c:
        for name, option, text in (
            ("tfplan", "--tfplan", "Terraform plans, each as written by terraform show -json."),
            ("template", "--template", "ARM templates, each as written by az bicep build."),
            ("template_parameters", "--template-parameters", "Parameter files of the templates; later ones win."),
            ("what_if", "--what-if", "Results of az deployment ... what-if --no-pretty-print -o json."),
        ):
            c.argument(name, options_list=[option], nargs="+", action="extend", arg_group=DOCUMENT, help=text)
        c.argument("location", required=False, help="Region of whatever does not tell its own, for example eastus.")
        c.argument(
            "online",
            action="store_true",
            arg_group=RULES,
            help="Also ask Azure for availability, quota and price; needs a login, and a region in the file or here.",
        )
        judging.cost(c.argument)
        judging.checked(c)
