"""Toolkits, drivers and compute capabilities against NVIDIA's own table."""

from __future__ import annotations

import pytest

from aigpu_contract import cuda
from aigpu_contract.cuda import Version


@pytest.mark.parametrize(
    ("text", "version"), [("580.159.04", (580, 159, 4)), ("570.26", (570, 26)), (" 595.58.03\n", (595, 58, 3))]
)
def test_a_driver_version_is_read(text: str, version: Version) -> None:
    assert cuda.parse_driver_version(text) == version


@pytest.mark.parametrize("text", ["", "580", "580.", "v580.1", "580.1.2.3.4", "580.x", "-580.1", "580.159.04 open"])
def test_anything_else_is_no_driver_version(text: str) -> None:
    with pytest.raises(ValueError, match="driver version such as"):
        cuda.parse_driver_version(text)


@pytest.mark.parametrize(("number", "version"), [(12040, (12, 4)), (13000, (13, 0)), (11080, (11, 8))])
def test_cudas_integer_form_is_read(number: int, version: Version) -> None:
    assert cuda.parse_cuda_version(number) == version


@pytest.mark.parametrize(
    ("version", "text"),
    [((580, 65, 6), "580.65.06"), ((580, 159, 4), "580.159.04"), ((570, 26), "570.26"), ((12, 4), "12.4")],
)
def test_a_version_is_written_as_nvidia_writes_it(version: Version, text: str) -> None:
    assert cuda.render_version(version) == text


@pytest.mark.parametrize(
    ("driver", "highest"),
    [
        ((450, 51), (11, 0)),
        ((535, 161, 8), (12, 2)),
        ((545, 23), (12, 2)),
        ((570, 211, 1), (12, 8)),
        ((580, 159, 4), (13, 0)),
        ((700, 1), (13, 4)),
        ((440, 1), None),
    ],
)
def test_a_driver_reports_the_cuda_version_of_its_branch(driver: Version, highest: Version) -> None:
    assert cuda.highest_cuda(driver) == highest


@pytest.mark.parametrize(
    ("toolkit", "capability", "compiles"),
    [
        ((13, 0), (7, 0), False),
        ((13, 0), (7, 5), True),
        ((12, 9), (7, 0), True),
        ((12, 0), (3, 7), False),
        ((14, 0), (9, 0), None),
    ],
)
def test_cuda_13_leaves_volta_behind(toolkit: Version, capability: Version, compiles: bool) -> None:
    assert cuda.compiles_for(toolkit, capability) is compiles


def test_the_branches_are_in_order() -> None:
    assert list(cuda.BRANCH_CUDA) == sorted(cuda.BRANCH_CUDA)
    assert [version for _, version in cuda.BRANCH_CUDA] == sorted(version for _, version in cuda.BRANCH_CUDA)
