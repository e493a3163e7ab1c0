from __future__ import annotations

import subprocess
import sys

import pytest

from aigpu_contract.near_names import near_names

REGIONS = ("eastus", "eastus2", "northeurope", "westeurope", "westus", "westus2")


@pytest.mark.parametrize(
    ("typed", "names", "most", "near"),
    [
        pytest.param("westus9", REGIONS, 2, ("westus", "westus2"), id="one-letter-wrong"),
        pytest.param("west-eurpe", REGIONS, 1, ("westeurope",), id="one-letter-left-out"),
        pytest.param("WEST_EUROPE ", REGIONS, 1, ("westeurope",), id="capitals-and-signs"),
        pytest.param("vmsize", ("count", "vmSize"), 1, ("vmSize",), id="as-the-name-is-written"),
        pytest.param("gpu", (), 3, (), id="nothing-to-choose-from"),
        pytest.param("zzz", REGIONS, 3, (), id="nothing-like-it"),
        pytest.param("", REGIONS, 3, (), id="nothing-typed"),
    ],
)
def test_the_nearest_names_are_found(typed: str, names: tuple[str, ...], most: int, near: tuple[str, ...]) -> None:
    assert near_names(typed, names, most) == near


def test_an_endless_name_is_compared_by_its_beginning_alone() -> None:
    assert near_names("w" * 10_000_000, REGIONS) == ()
    assert near_names("westus" + " " * 10_000_000, REGIONS) == ("westus",)


def test_difflib_is_imported_for_a_typo_alone() -> None:
    program = "import sys, aigpu_contract.near_names; print('difflib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
