"""The commands of `az aigpu`, as azure-cli loads them. Handlers are named by their paths and imported when they run."""

from __future__ import annotations

from typing import Any

from azure.cli.core import AzCommandsLoader
from azure.cli.core.commands import CliCommandType

import azext_aigpu._help  # noqa: F401  importing it is what tells azure-cli
from azext_aigpu import _format
from azext_aigpu._errors import handle_error
from azext_aigpu._params import load_arguments

UNINSTALL_QUESTION = "This removes the agent, its taints and its conditions from the cluster. Are you sure?"
POLICY_QUESTION = "This deletes the GPU policies of this scope; nothing is refused by them any more. Are you sure?"
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
        with self.command_group("aigpu nodepool", _handlers("nodepool_check")) as group:
            group.command("check", "check_nodepools", table_transformer=_format.format_report)
        with self.command_group("aigpu nodepool", _handlers("nodepool_plan")) as group:
            group.command("plan", "plan_nodepools", table_transformer=_format.format_plan)
        with self.command_group("aigpu nodepool", _handlers("nodepool_apply")) as group:
            group.command("apply", "apply_plan", table_transformer=_format.format_outcomes)
        with self.command_group("aigpu nodepool", _handlers("nodepool_adopt")) as group:
            group.command("adopt", "adopt_nodepool")
        with self.command_group("aigpu nodepool", _handlers("nodepool_export")) as group:
            group.command("export", "export_nodepool")
        with self.command_group("aigpu pipeline", _handlers("pipeline")) as group:
            group.command("show", "show_pipeline")
        with self.command_group("aigpu", _handlers("check")) as group:
            group.command("check", "check_documents", table_transformer=_format.format_report)
        with self.command_group("aigpu sku", _handlers("sku")) as group:
            group.command("list", "list_skus", table_transformer=_format.format_skus)
            group.show_command("show", "show_sku", table_transformer=_format.format_sku)
        with self.command_group("aigpu sku", _handlers("sku_find")) as group:
            group.command("find", "find_skus", table_transformer=_format.format_capacity)
        with self.command_group("aigpu policy", _handlers("policy")) as group:
            group.command("show", "show_policy", table_transformer=_format.format_definitions)
            group.command("create", "create_policy", table_transformer=_format.format_policy)
            group.command("list", "list_policy", table_transformer=_format.format_policy)
            group.command(
                "delete",
                "delete_policy",
                table_transformer=_format.format_policy,
                confirmation=POLICY_QUESTION,
            )
        with self.command_group("aigpu vm", _handlers("vm")) as group:
            group.command("create", "create_vm", table_transformer=_format.format_machine)
        with self.command_group("aigpu job", _handlers("job")) as group:
            group.command("check", "check_job", table_transformer=_format.format_job_report)
            group.command("inject", "inject_job")
        with self.command_group("aigpu node", _handlers("node")) as group:
            group.command("list", "list_nodes", table_transformer=_format.format_nodes)
            group.show_command("show", "show_node", table_transformer=_format.format_node)
        with self.command_group("aigpu", _handlers("scan")) as group:
            group.command("scan", "scan", table_transformer=_format.format_scan)
        with self.command_group("aigpu agent", _handlers("agent")) as group:
            group.command("show", "show_agent")
            group.command("install", "install_agent", table_transformer=_format.format_agent)
            group.command("status", "show_status", table_transformer=_format.format_agent)
            group.command("uninstall", "uninstall_agent", confirmation=UNINSTALL_QUESTION)
        return dict(self.command_table)

    def load_arguments(self, command: str) -> None:
        """Register the arguments of `command`, or of every command where it is empty."""
        load_arguments(self, command)


def _handlers(module: str) -> Any:
    return CliCommandType(operations_tmpl=f"azext_aigpu.handlers.{module}#{{}}", exception_handler=handle_error)
