"""Every code has a meaning by its value; a new one is UNKNOWN with its number."""

from __future__ import annotations

import pytest

from aigpu_contract.check_reasons import CHECK_REASONS
from node_agent.checks.driver_codes import cuda_meaning, nvml_meaning

REASONS = {row[0] for row in CHECK_REASONS}
BINDING = pytest.importorskip("pynvml")
NVML = {
    value: name for name, value in vars(BINDING).items() if name.startswith("NVML_ERROR_") and isinstance(value, int)
}


def test_nvml_codes_have_the_names_of_nvidias_binding() -> None:
    assert {value: nvml_meaning(value).name for value in NVML} == NVML


def test_each_code_has_a_listed_reason_and_its_number() -> None:
    for code in range(-1, 1100):
        for meaning in (nvml_meaning(code), cuda_meaning(code)):
            assert meaning.reason in REASONS
            assert str(code) in str(meaning)


@pytest.mark.parametrize("code", [8, 11, 14], ids=["power", "interrupt", "infoROM"])
def test_broken_hardware_is_a_fault(code: int) -> None:
    assert (nvml_meaning(code).reason, nvml_meaning(code).is_fault) == ("GPUHardwareFault", True)


@pytest.mark.parametrize("code", [0, 31, 77, 4242])
def test_a_code_in_no_table_blames_nobody(code: int) -> None:
    assert (nvml_meaning(code).reason, nvml_meaning(code).is_fault) == ("NVMLFailed", False)
    assert (cuda_meaning(code).reason, cuda_meaning(code).is_fault) == ("CUDAFailed", False)


@pytest.mark.parametrize("code", [2, 46, 216, 805, 806, 807, 808, 809, 810])
def test_a_shared_or_busy_gpu_blames_nobody(code: int) -> None:
    assert cuda_meaning(code).is_fault is False
