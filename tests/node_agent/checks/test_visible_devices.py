"""Variables that hide GPUs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.checks import visible_devices
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import (
    healthy,
    known,
    missing,
    of_job,
    of_node,
    reasons,
    told,
    with_every_gpu,
    with_nvml,
    with_variables,
)

UUIDS = tuple(str(device.uuid)[:12] for device in known(healthy().nvml).devices)
PASSED = ("PASS", "Passed", "none")
EMPTY = ("FAIL", "CUDAVisibleDevicesEmpty", "job")
INVALID = ("FAIL", "CUDAVisibleDevicesInvalid", "job")
SHORT = ("WARN", "CUDAVisibleDevicesShort", "none")


def cuda(value: str) -> Facts:
    return with_variables(healthy(), CUDA_VISIBLE_DEVICES=value)


def capabilities(value: str, *, works: bool) -> Facts:
    facts = with_variables(healthy(), NVIDIA_DRIVER_CAPABILITIES=value)
    gone = Known(replace(known(facts.cuda), library=missing("libcuda.so.1")))
    return facts if works else replace(facts, cuda=gone)


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_job(), PASSED, id="nothing hides"),
        pytest.param(cuda("0,1"), of_job(gpus=2), PASSED, id="all by index"),
        pytest.param(cuda(",".join(UUIDS)), of_job(), PASSED, id="all by UUID"),
        pytest.param(cuda(""), of_job(), EMPTY, id="empty"),
        pytest.param(cuda(" "), of_job(), EMPTY, id="blank"),
        pytest.param(cuda("-1"), of_job(), EMPTY, id="minus one"),
        pytest.param(cuda("-1,0"), of_job(), EMPTY, id="minus one first"),
        pytest.param(cuda("NoDevFiles"), of_job(), INVALID, id="a word"),
        pytest.param(cuda("0,9"), of_job(), INVALID, id="an index beyond the last"),
        pytest.param(cuda("0,-1,1"), of_job(), INVALID, id="the list ends early"),
        pytest.param(cuda("GPU-deadbeef"), of_job(), INVALID, id="a UUID that no GPU has"),
        pytest.param(cuda(UUIDS[0][:8]), of_job(), INVALID, id="the beginning of two UUIDs"),
        pytest.param(cuda("0,0"), of_job(), INVALID, id="one twice"),
        pytest.param(cuda("\u0660"), of_job(), INVALID, id="digits of another script"),
        pytest.param(cuda("0,,1"), of_job(), INVALID, id="an empty entry"),
        pytest.param(cuda("MIG-7"), of_job(), INVALID, id="a part of a GPU, and none is divided"),
        pytest.param(
            with_every_gpu(cuda("MIG-7,MIG-8"), mig_enabled=None),
            of_job(),
            PASSED,
            id="parts, and NVML hides whether any",
        ),
        pytest.param(
            with_nvml(cuda(UUIDS[0]), count=0, devices=()), of_job(), INVALID, id="a UUID, and NVML shows no GPU"
        ),
        pytest.param(
            with_every_gpu(cuda(f"{UUIDS[0]},GPU-deadbeef"), uuid=None), of_job(), PASSED, id="UUIDs that NVML hides"
        ),
        pytest.param(cuda("0"), of_job(), SHORT, id="one of two that NVML shows"),
        pytest.param(cuda("0"), of_job(gpus=2), SHORT, id="one of two that are expected"),
        pytest.param(cuda("0"), of_job(gpus=1), PASSED, id="one of one that is expected"),
        pytest.param(with_every_gpu(cuda("0"), mig_enabled=True), of_job(), PASSED, id="one part of a GPU"),
        pytest.param(cuda(""), of_node(), ("UNKNOWN", "CUDAVisibleDevicesEmpty", "none"), id="the agent's own, empty"),
        pytest.param(cuda("0"), of_node(), ("UNKNOWN", "CUDAVisibleDevicesShort", "none"), id="the agent's own, short"),
        pytest.param(with_variables(healthy(), NVIDIA_VISIBLE_DEVICES="void"), of_job(), PASSED, id="void, as by CDI"),
        pytest.param(capabilities("", works=False), of_job(), PASSED, id="the runtime's default"),
        pytest.param(capabilities("all", works=False), of_job(), PASSED, id="all capabilities"),
        pytest.param(capabilities("utility,compute", works=False), of_job(), PASSED, id="compute among others"),
        pytest.param(
            capabilities("utility", works=False), of_job(), ("FAIL", "ComputeNotInCapabilities", "job"), id="no compute"
        ),
        pytest.param(
            capabilities("utility", works=True),
            of_job(),
            ("WARN", "ComputeNotInCapabilities", "none"),
            id="no compute, and libcuda is here",
        ),
        pytest.param(
            with_variables(healthy(), NVIDIA_VISIBLE_DEVICES="GPU-1"),
            of_job(gpus=2),
            ("FAIL", "AllocationTooSmall", "job"),
            id="one given, two expected",
        ),
        pytest.param(
            replace(healthy(), environment=Unknown("?")), of_job(), ("UNKNOWN", "ReadingUnknown", "none"), id="unknown"
        ),
    ],
)
def test_the_variables_are_judged(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(visible_devices, facts, expected) == verdict


def test_each_variable_has_its_own_finding() -> None:
    facts = with_variables(capabilities("utility", works=False), CUDA_VISIBLE_DEVICES="")
    assert reasons(visible_devices.check(facts, of_job())) == ["CUDAVisibleDevicesEmpty", "ComputeNotInCapabilities"]
