"""The functions that make the tables of `-o table` out of what a command returns; `-o json` has everything else."""

from __future__ import annotations

from azext_aigpu.tables.agent import format_agent
from azext_aigpu.tables.check import format_report
from azext_aigpu.tables.job import format_job_report
from azext_aigpu.tables.node import format_node, format_nodes, format_scan
from azext_aigpu.tables.nodepool import format_pool, format_pools
from azext_aigpu.tables.plan import format_outcomes, format_plan
from azext_aigpu.tables.policy import format_definitions, format_policy
from azext_aigpu.tables.sku import format_capacity, format_sku, format_skus
from azext_aigpu.tables.vm import format_machine

__all__ = (
    "format_agent",
    "format_capacity",
    "format_definitions",
    "format_job_report",
    "format_machine",
    "format_node",
    "format_nodes",
    "format_outcomes",
    "format_plan",
    "format_policy",
    "format_pool",
    "format_pools",
    "format_report",
    "format_scan",
    "format_sku",
    "format_skus",
)
