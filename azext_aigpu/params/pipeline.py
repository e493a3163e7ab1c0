"""Arguments of `az aigpu pipeline`."""

from __future__ import annotations

from typing import Any

from azure.cli.core.commands.parameters import get_enum_type

from azext_aigpu.pipeline import DOCUMENTS as PIPELINES


def load_arguments(loader: Any) -> None:
    """Register the arguments of the group."""
    with loader.argument_context("aigpu pipeline show") as c:
        c.argument("format", get_enum_type(tuple(PIPELINES)), help="Which document: the script, or what runs it where.")
        c.argument("file", options_list=["--file", "-f"], help="File to write instead of standard output.")
