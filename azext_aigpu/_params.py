"""The arguments of the commands: azure-cli asks `commands` for them, and here is told which module has them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

GROUPS = ("agent", "check", "job", "node", "nodepool", "pipeline", "policy", "scan", "sku", "vm")
"""The second words of all commands, each with a module of its name in `params`."""


def load_arguments(loader: Any, command: str) -> None:
    """Register the arguments of the group of `command` with azure-cli, those of every group where it is empty.

    Only what the command needs is imported: a refused size must not wait for the tables of other groups.
    """
    for group in GROUPS if not command else command.split()[1:2]:
        import_module(f"azext_aigpu.params.{group}").load_arguments(loader)
