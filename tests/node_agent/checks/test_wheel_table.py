"""Code compiled for one GPU, run on another."""

from __future__ import annotations

import pytest

from node_agent.checks.wheel_table import architectures, runs_on
from node_agent.facts import Wheel
from tests.node_agent.healthy import torch


@pytest.mark.parametrize(
    ("names", "capability", "runs"),
    [
        (("sm_80",), (8, 0), True),
        (("sm_80",), (8, 6), True),
        (("sm_86",), (8, 0), False),
        (("sm_80",), (9, 0), False),
        (("sm_100",), (10, 3), True),
        (("sm_100f",), (10, 3), True),
        (("sm_90a",), (9, 0), True),
        (("sm_100a",), (10, 3), False),
        (("compute_90",), (12, 0), True),
        (("compute_90",), (8, 0), False),
        (("sm_70", "sm_90"), (9, 0), True),
        (("gfx90a",), (9, 0), True),
    ],
)
def test_an_architecture_covers_a_gpu_or_not(names: tuple[str, ...], capability: tuple[int, int], runs: bool) -> None:
    assert runs_on(torch(architectures=names), capability) is runs


@pytest.mark.parametrize(
    ("wheel", "holds"),
    [
        pytest.param(torch(version="2.6.0", cuda=(12, 4)), "sm_50", id="torch 2.6"),
        pytest.param(
            torch(version="2.14.1+cu126", cuda=(12, 6)), "sm_70", id="torch 2.14 from the index for CUDA 12.6"
        ),
        pytest.param(torch(version="2.15.0", cuda=(13, 2)), "sm_120", id="torch 2.15"),
        pytest.param(Wheel("tensorflow", "tensorflow", "2.20.0", (12, 5, 1)), "compute_90", id="tensorflow 2.20"),
    ],
)
def test_a_release_in_the_table_has_its_architectures(wheel: Wheel, holds: str) -> None:
    assert holds in architectures(wheel)


@pytest.mark.parametrize(
    "wheel",
    [
        pytest.param(torch(version="9.0.0", cuda=(19, 0)), id="a release of the future"),
        pytest.param(torch(version="nightly"), id="no release number"),
        pytest.param(torch(version="2.13.0+cpu", cuda=None), id="no CUDA"),
    ],
)
def test_a_release_that_is_not_in_the_table_is_not_guessed_at(wheel: Wheel) -> None:
    assert architectures(wheel) == ()


def test_a_toolkit_of_the_future_is_not_judged() -> None:
    assert runs_on(torch(version="9.0.0", cuda=(19, 0)), (7, 0)) is None
