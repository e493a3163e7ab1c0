"""Reading a capacity reservation group out of its JSON."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.cloud.facts import Reservation
from azext_aigpu.cloud.reservations import parse_reservations

A100 = "Standard_NC24ads_A100_v4"
D4 = "Standard_D4s_v5"


def a_row(size: Any, capacity: Any, used: Any = None, zones: Any = None) -> dict[str, Any]:
    properties = {"virtualMachinesAssociated": used}
    return {"name": "r", "sku": {"name": size, "capacity": capacity}, "properties": properties, "zones": zones}


def test_the_reservations_of_one_size_and_zone_add_up() -> None:
    rows = [a_row(A100, 4, [{"id": "a"}]), a_row(A100.lower(), 2, []), a_row(D4, 9), a_row(A100, 3, zones=["1"])]

    found = parse_reservations(rows)

    assert set(found) == {
        Reservation(A100.lower(), 6, 1),
        Reservation(D4, 9, 0),
        Reservation(A100, 3, 0, ("1",)),
    }


def test_where_a_reservation_is_comes_with_it() -> None:
    (reservation,) = parse_reservations([{**a_row(A100, 1, []), "location": "West Europe"}])

    assert reservation.region == "westeurope"


def test_more_machines_than_are_reserved_leave_none_free() -> None:
    (reservation,) = parse_reservations([a_row(A100, 1, [{"id": "a"}, {"id": "b"}])])

    assert reservation.free == 0


def test_an_empty_group_has_no_room() -> None:
    assert parse_reservations([]) == ()


@pytest.mark.parametrize(
    "row",
    [None, {}, a_row(None, 1), a_row(A100, None), a_row(A100, "x"), a_row(A100, 1, {"id": 1}), a_row(A100, 1, [], "1")],
    ids=str,
)
def test_a_reservation_in_another_form_makes_no_sense(row: Any) -> None:
    with pytest.raises(ValueError, match=r"missing|is not|not a whole number"):
        parse_reservations([row])
