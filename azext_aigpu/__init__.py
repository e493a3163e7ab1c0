"""`az aigpu`: AKS GPU node pools that are what was asked for. The Azure CLI extension.

azure-cli asks this module for `COMMAND_LOADER_CLS`. It is imported on demand, so that the parts that know no Azure
(rules, specs, plans) can be imported without azure-cli.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if not TYPE_CHECKING:  # a type checker would take every mistyped name of this package for one that is made on demand

    def __getattr__(name: str) -> Any:
        if name != "COMMAND_LOADER_CLS":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from azext_aigpu.commands import AigpuCommandsLoader

        return AigpuCommandsLoader
