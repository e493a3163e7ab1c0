"""Microsoft.Compute/capacityReservationGroups/capacityReservations: machines held for the subscription."""

from __future__ import annotations

from typing import Any

from testbeds.local_azure.exchange import ArmError, Reply, Request, json_reply
from testbeds.local_azure.providers.subscriptions import find_group
from testbeds.local_azure.world import Reservation, World

_TYPE = "Microsoft.Compute/capacityReservationGroups"


def list_reservations(world: World, request: Request) -> Reply:
    """The reservations of one group. Raises ArmError 404."""
    subscription, group = find_group(world, request)
    name = request.parameters["reservations"]
    reservations = subscription.reservations.get(name.lower())
    if reservations is None:
        raise ArmError(
            404, "ResourceNotFound", f"The Resource '{_TYPE}/{name}' under resource group '{group}' was not found."
        )
    prefix = f"/subscriptions/{subscription.id}/resourceGroups/{group}/providers/{_TYPE}/{name}/capacityReservations"
    location = subscription.resource_groups[group]
    used = subscription.reserved_in_use(name)
    return json_reply({"value": [_body(prefix, location, entry, used.get(entry.size, 0)) for entry in reservations]})


def _body(prefix: str, location: str, reservation: Reservation, used: int) -> dict[str, Any]:
    name = reservation.size.removeprefix("Standard_").lower()
    machines = [{"id": f"{prefix}/machines/{index}"} for index in range(used)]
    return {
        "id": f"{prefix}/{name}",
        "name": name,
        "type": f"{_TYPE}/capacityReservations",
        "location": location,
        "sku": {"name": reservation.size, "capacity": reservation.capacity},
        "properties": {
            "provisioningState": "Succeeded",
            "reservationId": f"{prefix}/{name}",
            "virtualMachinesAssociated": machines,
        },
    }
