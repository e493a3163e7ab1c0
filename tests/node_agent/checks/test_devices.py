"""How many devices are wanted, of the machine and of CUDA."""

from __future__ import annotations

import pytest

from node_agent.checks.devices import Bounds, wanted_gpus, wanted_of_cuda
from tests.node_agent.healthy import healthy, of_job, of_node, with_every_gpu, with_variables


@pytest.mark.parametrize("gpus", [None, 0, -1, 1])
def test_never_fewer_than_one(gpus: int | None) -> None:
    assert wanted_gpus(healthy(), of_job(gpus=gpus)).least == 1
    assert wanted_of_cuda(healthy(), of_job(gpus=gpus)).least == 1
    assert not wanted_gpus(healthy(), of_node(gpus=gpus)).hold(0)


def test_a_job_may_see_more_gpus_but_not_compute_on_them() -> None:
    assert wanted_gpus(healthy(), of_job(gpus=2)) == Bounds(2, None)
    assert wanted_of_cuda(healthy(), of_job(gpus=2)) == Bounds(2, 2)


def test_a_job_may_choose_a_part_of_its_gpus_and_the_agent_may_not() -> None:
    facts = with_variables(healthy(), CUDA_VISIBLE_DEVICES="0")
    assert wanted_of_cuda(facts, of_job(gpus=2)) == Bounds(1, 1)
    assert wanted_of_cuda(facts, of_node()) == Bounds(2, 2)


def test_a_variable_that_names_no_device_lowers_nothing() -> None:
    assert wanted_of_cuda(with_variables(healthy(), CUDA_VISIBLE_DEVICES="x"), of_job(gpus=2)).least == 2


def test_of_a_gpu_in_parts_one_is_enough_for_a_process() -> None:
    facts = with_every_gpu(healthy(), mig_enabled=True)
    assert wanted_of_cuda(facts, of_job(gpus=7)) == Bounds(1, None)
    assert wanted_gpus(facts, of_node()) == Bounds(2, 2)


def test_bounds_are_written_for_people() -> None:
    assert (str(Bounds(2, 2)), str(Bounds(1, None))) == ("exactly 2", "at least 1")
