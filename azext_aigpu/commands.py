"""The commands of `az aigpu`, as azure-cli loads them. Handlers are named by their paths and imported when they run."""

from __future__ import annotations

from typing import Any

from azure.cli.core import AzCommandsLoader
from azure.cli.core.commands import CliCommandType

import azext_aigpu._help  # noqa: F401  importing it is what tells azure-cli
from azext_aigpu import _format
from azext_aigpu._errors import handle_error
from azext_aigpu._params import load_arguments

DELETE_QUESTION = "This deletes the node pool and every node in it. Are you sure?"


class AigpuCommandsLoader(AzCommandsLoader):
    """What azure-cli calls to learn commands and arguments."""

    # azure-cli keeps this name in its index of commands and takes it for the extension's package; with the name of
    # this file the extension would be "not installed" from the second command on.
    __module__ = "azext_aigpu"

    def __init__(self, cli_ctx: Any = None) -> None:
        super().__init__(cli_ctx=cli_ctx)

    def load_command_table(self, args: list[str] | None) -> dict[str, Any]:  # noqa: ARG002  azure-cli's signature
        """Return the command table, filled."""
        # Modules of their own: a refused size must not wait for what other commands import.
        for verb in ("add", "update"):
            with self.command_group("aigpu nodepool", _handlers(f"nodepool_{verb}")) as group:
                group.command(verb, f"{verb}_nodepool", supports_no_wait=True, table_transformer=_format.format_pool)
        with self.command_group("aigpu nodepool", _handlers("nodepool")) as group:
            group.command("list", "list_nodepools", table_transformer=_format.format_pools)
            group.show_command("show", "show_nodepool", table_transformer=_format.format_pool)
            group.command("delete", "delete_nodepool", supports_no_wait=True, confirmation=DELETE_QUESTION)
            group.command("wait", "wait_nodepool")
        with self.command_group("aigpu sku", _handlers("sku")) as group:
            group.command("list", "list_skus", table_transformer=_format.format_skus)
            group.show_command("show", "show_sku", table_transformer=_format.format_sku)
        return dict(self.command_table)

    def load_arguments(self, command: str) -> None:  # noqa: ARG002  azure-cli's signature
        """Register the arguments of every command; azure-cli keeps those of the one that runs."""
        load_arguments(self)


def _handlers(module: str) -> Any:
    return CliCommandType(operations_tmpl=f"azext_aigpu.handlers.{module}#{{}}", exception_handler=handle_error)
