"""The help of every command: azure-cli reads it out of a table that importing these modules fills."""

from __future__ import annotations

from azext_aigpu.help import agent, aigpu, check, job, node, nodepool, pipeline, policy, scan, sku, vm  # noqa: F401
