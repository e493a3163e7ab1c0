"""GPUs as NVML counts them, and which layer lost the others."""

from __future__ import annotations

import pytest

from node_agent.checks import gpu_count
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import (
    healthy,
    nvml_device,
    of_job,
    of_node,
    told,
    uuid,
    with_every_gpu,
    with_gpu,
    with_nvml,
    with_variables,
    without_nvml,
)

PASSED = ("PASS", "Passed", "none")
ONE = with_nvml(healthy(), count=1, devices=(nvml_device(0),))
ONE_OF_ALL = with_variables(ONE, NVIDIA_VISIBLE_DEVICES="all")
FEWER = ("FAIL", "DeviceCountMismatch", "node")


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), PASSED, id="as intended"),
        pytest.param(healthy(4), of_job(gpus=2), PASSED, id="a job sees more than its own"),
        pytest.param(ONE, of_node(), FEWER, id="one of two"),
        pytest.param(healthy(4), of_node(), FEWER, id="four for two"),
        pytest.param(ONE_OF_ALL, of_job(gpus=2), FEWER, id="too few for a job"),
        pytest.param(
            with_variables(ONE, NVIDIA_VISIBLE_DEVICES=uuid(0)),
            of_job(gpus=2),
            ("FAIL", "DeviceCountMismatch", "job"),
            id="a job that was given one",
        ),
        pytest.param(with_every_gpu(ONE_OF_ALL, mig_enabled=True), of_job(gpus=7), PASSED, id="D12: parts of one GPU"),
        pytest.param(with_nvml(healthy(), count=0, devices=()), of_node(), ("FAIL", "NoDevices", "node"), id="none"),
        pytest.param(with_gpu(healthy(), error=15), of_node(), ("FAIL", "GPULost", "node"), id="D13: one is lost"),
        pytest.param(with_gpu(healthy(), error=15), of_job(gpus=1), ("FAIL", "GPULost", "node"), id="lost in a job"),
        pytest.param(with_gpu(healthy(), error=4), of_job(gpus=1), PASSED, id="a GPU of other containers"),
        pytest.param(with_gpu(healthy(), error=4), of_node(), ("UNKNOWN", "NoPermission", "none"), id="no permission"),
        pytest.param(with_gpu(healthy(), error=4), of_job(gpus=2), ("UNKNOWN", "NoPermission", "none"), id="needed"),
        pytest.param(
            with_gpu(healthy(), error=77), of_node(), ("UNKNOWN", "NVMLFailed", "none"), id="code in no table"
        ),
        pytest.param(
            with_nvml(healthy(), count=None, count_error=999, devices=()),
            of_node(),
            ("UNKNOWN", "NVMLFailed", "none"),
            id="no count",
        ),
        pytest.param(
            with_nvml(healthy(), count=None, count_error=15, devices=()),
            of_node(),
            ("FAIL", "GPULost", "node"),
            id="no count, a GPU lost",
        ),
        pytest.param(
            with_nvml(healthy(), count=None), of_node(), ("UNKNOWN", "NVMLFailed", "none"), id="neither count nor error"
        ),
        pytest.param(
            with_nvml(healthy(), count=3), of_node(), ("UNKNOWN", "NVMLFailed", "none"), id="a count without devices"
        ),
        pytest.param(
            with_gpu(healthy(), uuid=uuid(0)), of_node(), ("UNKNOWN", "NVMLFailed", "none"), id="one GPU shown twice"
        ),
        pytest.param(without_nvml(healthy(), 9), of_node(), ("UNKNOWN", "NotReached", "none"), id="NVML not started"),
    ],
)
def test_devices_are_counted(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(gpu_count, facts, expected) == verdict


def test_the_message_names_the_layer_that_lost_a_gpu() -> None:
    (finding,) = gpu_count.check(ONE, of_node())
    assert finding.seen == "on the PCI bus: 2, from NVML: 1"
