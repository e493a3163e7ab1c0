"""Whether a plan file may be applied: it is the one that was approved, in time, and nothing of it has moved. Pure."""

from __future__ import annotations

import datetime
from typing import Any

from aigpu_contract import __version__
from aigpu_contract.rendering import printable
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.plan import CREATE, Change
from azext_aigpu.plan_file.document import PlanFile, PlannedStep, PlanRefused, read_values, write_time

_CLOCK_SKEW = datetime.timedelta(minutes=5)


def check_plan_file(plan: PlanFile, approved: str, endpoint: str, now: datetime.datetime) -> None:
    """Raise PlanRefused unless this is the plan that was approved, for this cloud, by this version, and in time."""
    if plan.digest != approved:
        raise PlanRefused(
            f"The plan is not the one that was approved.\n  approved  {approved}\n  in file   {plan.digest}\n"
            "Nothing was sent. Review this plan and give its digest, or get the file that was approved."
        )
    if plan.version != __version__:
        raise PlanRefused(
            f"The plan was made by version {printable(plan.version)[:40]} of az aigpu, and this is {__version__}: "
            "their rules may differ.\nMake a new plan with this version, or apply with that one."
        )
    if plan.endpoint != endpoint.rstrip("/"):
        raise PlanRefused(
            f"The plan is for {printable(plan.endpoint)[:100]}, and this login is at {endpoint}. Nothing was sent.\n"
            "Choose the cloud that is meant (az cloud set --name NAME), or make a new plan here."
        )
    if plan.created > now + _CLOCK_SKEW:
        raise PlanRefused(
            f"The plan was made at {write_time(plan.created)}, and here it is {write_time(now)}: a clock is wrong.\n"
            "Set the clock, or make a new plan."
        )
    if now >= plan.expires:
        raise PlanRefused(
            f"The plan expired at {write_time(plan.expires)}, and it is {write_time(now)}. Nothing was sent.\n"
            "Make a new plan: az aigpu nodepool plan. How long plans hold: az config set aigpu.plan_hours=24"
        )


def find_moved(step: PlannedStep, pool: Pool | None) -> tuple[Change, ...]:
    """Return what of `pool` is not as the plan read it: before and after, the pool itself where it came or went."""
    if step.action == CREATE:
        return _moved_create(step, pool)
    if pool is None:
        return (Change("(the pool)", "there", "gone"),)
    before, after = step.read or {}, read_values(pool)
    if pool.properties.get("enableAutoScaling"):
        before = {path: value for path, value in before.items() if path != "count"}
    paths = sorted({*before, *after})
    return tuple(
        Change(path, before.get(path), after.get(path))
        for path in paths
        if _unordered(before.get(path)) != _unordered(after.get(path))
    )


def _moved_create(step: PlannedStep, pool: Pool | None) -> tuple[Change, ...]:
    if pool is None:
        return () if step.leftover_etag is None else (Change("(the Failed pool)", "there", "gone"),)
    if step.leftover_etag is None:
        return (Change("(the pool)", "absent", f"{pool.describe_nodes()} x {pool.properties.get('vmSize')}"),)
    if pool.etag != step.leftover_etag:
        return (Change("(the Failed pool)", step.leftover_etag, pool.etag),)
    return ()


def _unordered(value: Any) -> Any:
    # Azure gives lists of texts (taints, zones) back in an order of its own.
    return sorted(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value
