"""What a field of a spec may be is what the option of `nodepool add` with its name may be."""

from __future__ import annotations

import pytest

from azext_aigpu.specs.fields import spec_fields
from tests.azext.core.harness import load_command

pytestmark = pytest.mark.core

OLD = {"CBLMariner", "Mariner"}
"""Names that Azure still takes from old scripts; a spec that is written today has none."""
NO_OPTION = {"managed_dranet": "a flag, --enable-managed-dranet", "waivers": "--waive"}
CHOICES = {item.name: item.schema["enum"] for item in spec_fields() if "enum" in item.schema}


@pytest.mark.parametrize("name", sorted(set(CHOICES) - set(NO_OPTION)))
def test_a_field_has_the_choices_of_its_option(name: str) -> None:
    choices = load_command("aigpu nodepool add").arguments[name].type.settings["choices"]

    assert set(CHOICES[name]) == {str(choice) for choice in choices} - OLD


def test_every_field_is_an_option() -> None:
    options = set(load_command("aigpu nodepool add").arguments)

    assert {item.name for item in spec_fields()} - options == set(NO_OPTION)
