"""nvmlInit by its code, unless something below it explains the failure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.reading import Unknown
from node_agent.checks import nvml_init
from node_agent.expected import Expected
from node_agent.facts import BindingUnusable, Crashed, Facts, NoAnswer
from tests.node_agent.healthy import healthy, no_gpu, of_job, of_node, told, with_module, without_nvml


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), ("PASS", "Passed", "none"), id="it starts"),
        pytest.param(without_nvml(healthy(), 9), of_node(), ("FAIL", "DriverNotLoaded", "node"), id="9"),
        pytest.param(
            with_module(without_nvml(healthy(), 9), loaded=False),
            of_node(),
            ("UNKNOWN", "NotReached", "none"),
            id="9, and the module says why",
        ),
        pytest.param(without_nvml(healthy(), 18), of_job(), ("FAIL", "DriverLibraryMismatch", "node"), id="D2: 18"),
        pytest.param(without_nvml(healthy(), 15), of_job(), ("FAIL", "GPULost", "node"), id="D13: 15"),
        pytest.param(without_nvml(healthy(), 16), of_job(), ("FAIL", "GPUResetRequired", "node"), id="D13: 16"),
        pytest.param(without_nvml(healthy(), 27), of_job(), ("FAIL", "FabricNotReady", "node"), id="27"),
        pytest.param(without_nvml(healthy(), 28), of_job(), ("FAIL", "NoDevices", "node"), id="28"),
        pytest.param(without_nvml(healthy(), 4), of_node(), ("UNKNOWN", "NoPermission", "none"), id="4"),
        pytest.param(without_nvml(healthy(), 19), of_node(), ("UNKNOWN", "GPUBusy", "none"), id="19"),
        pytest.param(without_nvml(healthy(), 999), of_job(), ("UNKNOWN", "NVMLFailed", "none"), id="999"),
        pytest.param(without_nvml(healthy(), 77), of_job(), ("UNKNOWN", "NVMLFailed", "none"), id="a code in no table"),
        pytest.param(without_nvml(healthy(), 0), of_job(), ("UNKNOWN", "NVMLFailed", "none"), id="an error of 0"),
        pytest.param(without_nvml(no_gpu(), 12), of_job(), ("UNKNOWN", "NotReached", "none"), id="no GPU on the bus"),
        pytest.param(
            replace(healthy(), nvml=Unknown("?")), of_job(), ("UNKNOWN", "ReadingUnknown", "none"), id="unknown"
        ),
        pytest.param(
            replace(healthy(), nvml=NoAnswer("nvmlInit", seconds=60.0)),
            of_node(),
            ("FAIL", "DriverUnresponsive", "node"),
            id="silent for a minute",
        ),
        pytest.param(
            replace(healthy(), nvml=NoAnswer("nvmlInit", seconds=10.0)),
            of_node(),
            ("UNKNOWN", "DriverUnresponsive", "none"),
            id="silent for ten seconds",
        ),
        pytest.param(
            replace(healthy(), nvml=Crashed("died in nvmlInit", signal="SIGSEGV")),
            of_node(),
            ("UNKNOWN", "DriverCrashed", "none"),
            id="crashed",
        ),
        pytest.param(
            replace(healthy(), nvml=BindingUnusable("pynvml is another module")),
            of_job(),
            ("UNKNOWN", "BindingUnusable", "none"),
            id="somebody else's pynvml",
        ),
    ],
)
def test_the_start_is_judged(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(nvml_init, facts, expected) == verdict


@pytest.mark.parametrize("code", [18, 77, 999])
def test_the_number_is_in_the_message(code: int) -> None:
    (finding,) = nvml_init.check(without_nvml(healthy(), code, "its own words"), of_node())
    assert str(code) in finding.seen
    assert "its own words" in finding.seen
