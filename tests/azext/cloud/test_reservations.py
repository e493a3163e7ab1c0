"""Reading a capacity reservation group out of its JSON."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.cloud.reservations import parse_reservation

A100 = "Standard_NC24ads_A100_v4"


def a_row(size: Any, capacity: Any, used: Any = None) -> dict[str, Any]:
    return {"name": "r", "sku": {"name": size, "capacity": capacity}, "properties": {"virtualMachinesAssociated": used}}


def test_the_reservations_of_one_size_add_up() -> None:
    rows = [a_row(A100, 4, [{"id": "a"}]), a_row(A100.lower(), 2, []), a_row("Standard_D4s_v5", 9)]
    reservation = parse_reservation(rows, A100)
    assert (reservation.reserved, reservation.used, reservation.free) == (6, 1, 5)


def test_a_group_without_the_size_has_no_room_for_it() -> None:
    assert parse_reservation([a_row("Standard_D4s_v5", 9)], A100).free == 0


def test_an_empty_group_has_no_room() -> None:
    assert parse_reservation([], A100).free == 0


@pytest.mark.parametrize(
    "row", [None, {}, a_row(None, 1), a_row(A100, None), a_row(A100, "x"), a_row(A100, 1, {"id": 1})], ids=str
)
def test_a_reservation_in_another_form_makes_no_sense(row: Any) -> None:
    with pytest.raises(ValueError, match=r"missing|is not|not a whole number"):
        parse_reservation([row], A100)
