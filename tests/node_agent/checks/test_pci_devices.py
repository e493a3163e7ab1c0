"""GPUs on the bus, and who drives them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.checks import pci_devices
from node_agent.expected import Expected
from node_agent.facts import Facts, PciDevice
from tests.node_agent.healthy import healthy, no_gpu, of_job, of_node, told, with_every_gpu, with_module, with_variables


def bus(*drivers: str | None) -> Facts:
    gpus = tuple(PciDevice(f"000{place}:00:00.0", "0x20b5", driver) for place, driver in enumerate(drivers))
    return replace(healthy(), pci=Known(gpus))


ALL = with_variables(bus("nvidia"), NVIDIA_VISIBLE_DEVICES="all")
PASSED = ("PASS", "Passed", "none")


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), PASSED, id="as intended"),
        pytest.param(healthy(4), of_job(gpus=2), PASSED, id="a job sees the GPUs of others on the bus"),
        pytest.param(no_gpu(), of_node(), ("FAIL", "NoPCIDevice", "node"), id="a node with none"),
        pytest.param(no_gpu(), of_job(), ("FAIL", "NoPCIDevice", "job"), id="a job that asked for none"),
        pytest.param(
            with_variables(no_gpu(), NVIDIA_VISIBLE_DEVICES="GPU-1"),
            of_job(),
            ("FAIL", "NoPCIDevice", "node"),
            id="a job that was given one",
        ),
        pytest.param(bus("nvidia"), of_node(), ("FAIL", "PCICountMismatch", "node"), id="one of two fell off"),
        pytest.param(healthy(4), of_node(), ("FAIL", "PCICountMismatch", "node"), id="more than intended"),
        pytest.param(ALL, of_job(gpus=2), ("FAIL", "PCICountMismatch", "node"), id="too few for a job"),
        pytest.param(
            with_variables(ALL, NVIDIA_VISIBLE_DEVICES="GPU-1"),
            of_job(gpus=2),
            ("FAIL", "PCICountMismatch", "job"),
            id="a job that asked for fewer than it expects",
        ),
        pytest.param(with_every_gpu(ALL, mig_enabled=True), of_job(gpus=7), PASSED, id="seven parts of one GPU"),
        pytest.param(bus("nvidia", "nouveau"), of_node(), ("FAIL", "NouveauBound", "node"), id="nouveau"),
        pytest.param(bus("nvidia", "vfio-pci"), of_node(), ("FAIL", "WrongPCIDriver", "node"), id="passed through"),
        pytest.param(bus("nvidia", None), of_node(), ("FAIL", "WrongPCIDriver", "node"), id="one not taken"),
        pytest.param(bus("nvidia", "vfio-pci"), of_job(), PASSED, id="a job needs one that is driven"),
        pytest.param(bus("vfio-pci"), of_job(), ("FAIL", "WrongPCIDriver", "node"), id="a job with none driven"),
        pytest.param(
            with_module(bus(None, None), loaded=False), of_node(), PASSED, id="without the module nothing is driven"
        ),
        pytest.param(
            replace(healthy(), pci=Unknown("no /sys")), of_node(), ("UNKNOWN", "ReadingUnknown", "none"), id="unknown"
        ),
    ],
)
def test_the_bus_is_judged(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(pci_devices, facts, expected) == verdict
