"""Somebody must install the driver: AKS where it does, the user where it does not."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.rules import driver_profile
from tests.azext.rules.given import A100, CPU, MADE_UP, a_spec, told

GRID = "Standard_NV36ads_A10_v5"
NOT_ON_THE_LIST = "Standard_NCC40ads_H100_v5"
UNKNOWN = "Standard_ND128isrG5_GB300_v6"
NEW = {"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 8}
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "AKS installs CUDA": ({"node_vm_size": A100}, []),
    "AKS installs CUDA, and is told to": ({"node_vm_size": A100, "gpu_driver": "Install"}, []),
    "AKS installs GRID": ({"node_vm_size": GRID}, []),
    "AKS would install, and is told not to": (
        {"node_vm_size": A100, "gpu_driver": "None"},
        ["FAIL DriverSkipped"],
    ),
    "GRID skipped": ({"node_vm_size": GRID, "gpu_driver": "none"}, ["FAIL DriverSkipped"]),
    "AKS installs none": ({"node_vm_size": NOT_ON_THE_LIST}, ["FAIL DriverNotInstalled"]),
    "AKS installs none, though told to": (
        {"node_vm_size": NOT_ON_THE_LIST, "gpu_driver": "Install"},
        ["FAIL DriverNotInstalled"],
    ),
    "AKS installs none, and the user knows": (
        {"node_vm_size": NOT_ON_THE_LIST, "gpu_driver": "None"},
        ["WARN DriverIsYours"],
    ),
    "undocumented": ({"node_vm_size": UNKNOWN}, ["UNKNOWN DriverUnknown"]),
    "undocumented, the user brings it": ({"node_vm_size": UNKNOWN, "gpu_driver": "None"}, ["WARN DriverIsYours"]),
    "a new size": (NEW, ["UNKNOWN DriverUnknown"]),
    "a new size, the user brings the driver": ({**NEW, "gpu_driver": "None"}, ["WARN DriverIsYours"]),
    "a CPU size is refused elsewhere": ({"node_vm_size": CPU, "gpu_driver": "Install"}, ["SKIPPED SizeRefused"]),
}


@pytest.mark.parametrize(("fields", "findings"), CASES.values(), ids=CASES.keys())
def test_driver_profile(fields: dict[str, Any], findings: list[str]) -> None:
    assert told(driver_profile, driver_profile.review(a_spec(**fields))) == findings
