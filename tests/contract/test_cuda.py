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
    ("driver", "toolkit", "runs"),
    [
        ((580, 65, 6), (13, 0), True),
        ((580, 65, 6), (13, 2), True),
        ((570, 211, 1), (13, 0), False),
        ((570, 211, 1), (12, 8), True),
        ((525, 60, 13), (12, 9), True),
        ((520, 61, 5), (12, 0), False),
        ((450, 80, 2), (11, 8), True),
        ((450, 51, 5), (11, 0), False),
        ((615, 1), (11, 0), True),
        ((580, 1), (14, 0), None),
        ((580, 1), (10, 2), None),
    ],
)
def test_minor_version_compatibility(driver: Version, toolkit: Version, runs: bool) -> None:
    least = cuda.least_driver(toolkit)
    assert (None if least is None else driver >= least) is runs


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
    ("capability", "branch"),
    [((3, 7), 470), ((5, 2), 580), ((6, 1), 580), ((7, 0), 580), ((7, 5), None), ((8, 0), None), ((12, 0), None)],
)
def test_old_gpus_end_with_a_driver_branch(capability: Version, branch: int) -> None:
    assert cuda.last_driver_branch(capability) == branch


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


@pytest.mark.parametrize("major", sorted(cuda.MINOR_COMPATIBILITY))
def test_the_least_driver_of_a_major_reports_that_major(major: int) -> None:
    highest = cuda.highest_cuda(cuda.MINOR_COMPATIBILITY[major])
    assert highest is not None
    assert highest[0] == major
