"""vCPU quotas of one region: the JSON of Microsoft.Compute/locations/usages, and reading it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aigpu_contract.reading import Reading
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.facts import Usage
from azext_aigpu.cloud.readings import take_reading
from azext_aigpu.cloud.shape import as_count, as_object, as_text

API_VERSION = "2024-11-01"
PERMISSION = "Microsoft.Compute/locations/usages/read"


def parse_usages(rows: Iterable[Any]) -> dict[str, Usage]:
    """Return the quotas by lower-cased name, as the SKUs API spells it in another case.

    A quota without a limit (a negative one) is left out. Raises ValueError where a row has another form, and where
    there is none at all: every region has the quota `cores`.
    """
    usages = [_parse_usage(as_object(row, "an entry")) for row in rows]
    if not usages:
        raise ValueError("no quota at all is listed")
    return {usage.name.lower(): usage for usage in usages if usage.limit >= 0}


def read_usages(arm: Arm, region: str) -> Reading[Mapping[str, Usage]]:
    """Return the quotas of `region`."""
    path = f"/subscriptions/{arm.subscription}/providers/Microsoft.Compute/locations/{region}/usages"
    return take_reading(
        lambda: parse_usages(arm.list_json(path, API_VERSION)), f"the vCPU quota of {region}", PERMISSION
    )


def _parse_usage(row: Mapping[str, Any]) -> Usage:
    name = as_text(as_object(row.get("name"), "name").get("value"), "name.value")
    current = as_count(row.get("currentValue"), "currentValue")
    if current < 0:
        raise ValueError(f"{name}: {current} vCPUs are used, fewer than none")
    return Usage(name, current, as_count(row.get("limit"), "limit"))
