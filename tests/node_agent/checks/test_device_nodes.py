"""Device files: absent, refused, wrong, too few, and whose fault that is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.checks import device_nodes
from node_agent.expected import Expected
from node_agent.facts import DeviceNode, Facts, NoAnswer
from tests.node_agent.healthy import (
    healthy,
    known,
    missing,
    no_gpu,
    node_file,
    of_job,
    of_node,
    told,
    with_every_gpu,
    with_module,
    with_nodes,
    with_variables,
)

PASSED = ("PASS", "Passed", "none")
NONE = (node_file("/dev/nvidiactl", "ENOENT"), node_file("/dev/nvidia-uvm", "ENOENT"))
ABSENT = with_nodes(healthy(), *NONE)
NOT_GIVEN = with_variables(ABSENT, NVIDIA_VISIBLE_DEVICES=None)
NO_LIBRARY = Known(missing("libnvidia-ml.so.1"))


def changed(path: str, **changes: object) -> Facts:
    nodes = known(healthy().device_nodes)
    return with_nodes(healthy(), *(replace(node, **changes) if node.path == path else node for node in nodes))


def every(error: str) -> Facts:
    return with_nodes(healthy(), *(replace(node, error=error) for node in known(healthy().device_nodes)))


def without(path: str) -> Facts:
    return with_nodes(healthy(), *(node for node in known(healthy().device_nodes) if node.path != path))


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), PASSED, id="all open"),
        pytest.param(NOT_GIVEN, of_job(), ("FAIL", "NoGPUInContainer", "job"), id="P2: the pod asked for none"),
        pytest.param(
            with_variables(ABSENT, NVIDIA_VISIBLE_DEVICES="void"),
            of_job(),
            ("FAIL", "NoGPUInContainer", "job"),
            id="P6: the spec asks for none",
        ),
        pytest.param(ABSENT, of_job(), ("FAIL", "RuntimeNotNVIDIA", "node"), id="P5: given, and not brought in"),
        pytest.param(with_nodes(healthy()), of_job(), ("FAIL", "RuntimeNotNVIDIA", "node"), id="an empty list"),
        pytest.param(ABSENT, of_node(), ("FAIL", "DeviceNodeMissing", "node"), id="a node with libraries and no nodes"),
        pytest.param(
            replace(ABSENT, nvml_library=NO_LIBRARY),
            of_node(),
            ("UNKNOWN", "AgentNotInjected", "none"),
            id="the agent got neither nodes nor libraries",
        ),
        pytest.param(
            replace(NOT_GIVEN, nvml_library=NO_LIBRARY),
            of_job(),
            ("FAIL", "NoGPUInContainer", "job"),
            id="a job that got neither",
        ),
        pytest.param(no_gpu(), of_job(), ("UNKNOWN", "NotReached", "none"), id="no GPU on the bus"),
        pytest.param(
            with_module(ABSENT, loaded=False), of_job(), ("UNKNOWN", "NotReached", "none"), id="D1: no module"
        ),
        pytest.param(
            with_module(every("ENXIO"), loaded=False), of_node(), ("UNKNOWN", "NotReached", "none"), id="D1: left over"
        ),
        pytest.param(every("EPERM"), of_job(), ("FAIL", "DeviceCgroupLost", "node"), id="D3: a job lost its cgroup"),
        pytest.param(every("EPERM"), of_node(), ("UNKNOWN", "DeviceCgroupLost", "none"), id="D3: so did the agent"),
        pytest.param(every("EACCES"), of_job(), ("FAIL", "NoPermission", "job"), id="the job's user may not"),
        pytest.param(every("EACCES"), of_node(), ("UNKNOWN", "NoPermission", "none"), id="the agent's user may not"),
        pytest.param(every("EIO"), of_job(), ("FAIL", "DeviceNodeUnusable", "node"), id="the driver gives EIO"),
        pytest.param(every("EBUSY"), of_job(), ("UNKNOWN", "GPUBusy", "none"), id="busy"),
        pytest.param(every("EMFILE"), of_job(), ("UNKNOWN", "DeviceNodeUnusable", "none"), id="out of descriptors"),
        pytest.param(without("/dev/nvidia-uvm"), of_job(), ("FAIL", "DeviceNodeMissing", "node"), id="D4: no uvm"),
        pytest.param(
            changed("/dev/nvidia-uvm", error="ENOENT", is_character_device=None),
            of_node(),
            ("FAIL", "DeviceNodeMissing", "node"),
            id="D4: uvm absent",
        ),
        pytest.param(without("/dev/nvidiactl"), of_job(), ("FAIL", "DeviceNodeMissing", "node"), id="no control node"),
        pytest.param(without("/dev/nvidia1"), of_job(), PASSED, id="one GPU is enough for a job that says nothing"),
        pytest.param(without("/dev/nvidia1"), of_node(), ("FAIL", "DeviceNodeMissing", "node"), id="one of two"),
        pytest.param(
            with_variables(without("/dev/nvidia1"), NVIDIA_VISIBLE_DEVICES="GPU-1"),
            of_job(gpus=2),
            ("FAIL", "AllocationTooSmall", "job"),
            id="one given, two expected",
        ),
        pytest.param(changed("/dev/nvidia1", error="EPERM"), of_job(), PASSED, id="a GPU of others on a mounted /dev"),
        pytest.param(
            changed("/dev/nvidia1", error="EPERM"),
            of_job(gpus=2),
            ("FAIL", "DeviceCgroupLost", "node"),
            id="a GPU that is needed",
        ),
        pytest.param(
            with_every_gpu(without("/dev/nvidia1"), mig_enabled=True), of_job(gpus=7), PASSED, id="parts of one GPU"
        ),
        pytest.param(
            changed("/dev/nvidiactl", is_character_device=False),
            of_job(),
            ("FAIL", "DeviceNodeWrong", "node"),
            id="a plain file",
        ),
        pytest.param(
            changed("/dev/nvidia-uvm", is_drivers=False),
            of_node(),
            ("UNKNOWN", "DeviceNodeWrong", "none"),
            id="a stale major number",
        ),
        pytest.param(
            changed("/dev/nvidiactl", is_character_device=None),
            of_job(),
            ("UNKNOWN", "DeviceNodeUnusable", "none"),
            id="not examined",
        ),
        pytest.param(changed("/dev/nvidiactl", is_drivers=None), of_job(), PASSED, id="/proc/devices not readable"),
        pytest.param(
            replace(healthy(), device_nodes=Unknown("?")), of_job(), ("UNKNOWN", "ReadingUnknown", "none"), id="unknown"
        ),
        pytest.param(
            replace(healthy(), device_nodes=NoAnswer("open hangs", seconds=10.0, abandoned=True)),
            of_job(),
            ("FAIL", "DriverUnresponsive", "node"),
            id="open hangs for good",
        ),
        pytest.param(
            replace(healthy(), device_nodes=NoAnswer("open hangs", seconds=10.0)),
            of_job(),
            ("UNKNOWN", "DriverUnresponsive", "none"),
            id="open is slow",
        ),
    ],
)
def test_the_nodes_are_judged(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(device_nodes, facts, expected) == verdict


@pytest.mark.parametrize("gpus", [0, -1])
def test_no_number_makes_a_container_without_gpus_right(gpus: int) -> None:
    control = (DeviceNode("/dev/nvidiactl", None, True), DeviceNode("/dev/nvidia-uvm", None, True))
    status, reason, _ = told(device_nodes, with_nodes(healthy(), *control), of_job(gpus=gpus))
    assert (status, reason) == ("FAIL", "DeviceNodeMissing")


def test_a_job_without_a_gpu_is_told_how_to_ask_for_one() -> None:
    (finding,) = device_nodes.check(NOT_GIVEN, of_job())
    assert "nvidia.com/gpu" in finding.next_step
    assert "NVIDIA_VISIBLE_DEVICES is not set" in finding.seen


@pytest.mark.parametrize(
    ("value", "hidden"),
    [("void", True), ("none", True), ("", True), ("0,void", True), ("all", False), ("0", False)],
)
def test_a_variable_that_takes_the_gpu_away_is_named(value: str, hidden: bool) -> None:
    (finding,) = device_nodes.check(with_variables(ABSENT, NVIDIA_VISIBLE_DEVICES=value), of_job())
    assert ("NVIDIA_VISIBLE_DEVICES asks for none" in finding.problem) is hidden
