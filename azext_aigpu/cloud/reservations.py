"""Capacity reservation groups: the only promise of free machines that Azure makes.

One list call: each reservation carries its size, its zone, the machines reserved and the machines that use it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from aigpu_contract.reading import Reading
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.facts import Reservation
from azext_aigpu.cloud.readings import take_reading
from azext_aigpu.cloud.shape import as_count, as_list, as_object, as_text, as_texts, optional_text

API_VERSION = "2024-11-01"
PERMISSION = "Microsoft.Compute/capacityReservationGroups/capacityReservations/read"


def parse_reservations(rows: Iterable[Any]) -> tuple[Reservation, ...]:
    """Return the reservations of a group, one for each size and zone. Raises ValueError for another form."""
    found: dict[tuple[str, tuple[str, ...]], Reservation] = {}
    for row in rows:
        one = _parse_reservation(as_object(row, "a reservation"))
        key = (one.size.lower(), one.zones)
        same = found.get(key)
        if same is not None:
            one = dataclasses.replace(one, reserved=same.reserved + one.reserved, used=same.used + one.used)
        found[key] = one
    return tuple(found.values())


def read_reservations(arm: Arm, group_id: str) -> Reading[tuple[Reservation, ...]]:
    """Return the reservations in the capacity reservation group of that resource id."""
    path = f"/{group_id.strip('/')}/capacityReservations"
    return take_reading(
        lambda: parse_reservations(arm.list_json(path, API_VERSION)),
        "the capacity reservation group",
        PERMISSION,
    )


def _parse_reservation(row: Mapping[str, Any]) -> Reservation:
    sku = as_object(row.get("sku"), "sku")
    return Reservation(
        size=as_text(sku.get("name"), "sku.name"),
        reserved=as_count(sku.get("capacity"), "sku.capacity"),
        used=_used(as_object(row.get("properties"), "properties")),
        zones=as_texts(row.get("zones"), "zones"),
        region=(optional_text(row.get("location"), "location") or "").replace(" ", "").lower(),
    )


def _used(properties: Mapping[str, Any]) -> int:
    return len(as_list(properties.get("virtualMachinesAssociated"), "virtualMachinesAssociated"))
