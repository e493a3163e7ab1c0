"""Capacity reservation groups: the only promise of free machines that Azure makes.

One list call: each reservation carries its size, the machines reserved and the machines that use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aigpu_contract.reading import Reading
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.facts import Reservation
from azext_aigpu.cloud.readings import take_reading
from azext_aigpu.cloud.shape import as_count, as_list, as_object, as_text

API_VERSION = "2024-11-01"
PERMISSION = "Microsoft.Compute/capacityReservationGroups/capacityReservations/read"


def parse_reservation(rows: Iterable[Any], size: str) -> Reservation:
    """Return the group's room for `size`, 0 of 0 where it has none for it. Raises ValueError for another form."""
    reserved = used = 0
    for row in rows:
        item = as_object(row, "a reservation")
        sku = as_object(item.get("sku"), "sku")
        if as_text(sku.get("name"), "sku.name").lower() == size.lower():
            reserved += as_count(sku.get("capacity"), "sku.capacity")
            used += _used(as_object(item.get("properties"), "properties"))
    return Reservation(size, reserved, used)


def read_reservation(arm: Arm, group_id: str, size: str) -> Reading[Reservation]:
    """Return the room for `size` in the capacity reservation group of that resource id."""
    path = f"/{group_id.strip('/')}/capacityReservations"
    return take_reading(
        lambda: parse_reservation(arm.list_json(path, API_VERSION), size),
        "the capacity reservation group",
        PERMISSION,
    )


def _used(properties: Mapping[str, Any]) -> int:
    return len(as_list(properties.get("virtualMachinesAssociated"), "virtualMachinesAssociated"))
