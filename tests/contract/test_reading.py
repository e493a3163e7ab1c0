"""A reading is known or unknown, and the two are never the same."""

from __future__ import annotations

import dataclasses

import pytest

from aigpu_contract.reading import Known, Unknown


@pytest.mark.parametrize("value", [None, 0, "", (), False])
def test_an_empty_value_that_was_read_is_known(value: object) -> None:
    readings: list[object] = [Known(value), Unknown("")]
    assert readings[0] != readings[1]
    assert isinstance(readings[0], Known)


def test_unknowns_differ_by_their_reason() -> None:
    assert Unknown("403") != Unknown("429")


@pytest.mark.parametrize("reading", [Known(1), Unknown("why")], ids=["known", "unknown"])
def test_a_reading_cannot_be_changed_afterwards(reading: object) -> None:
    name = dataclasses.fields(reading)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(reading, name, 2)
