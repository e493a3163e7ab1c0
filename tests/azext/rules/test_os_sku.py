"""The node image must be one with an NVIDIA driver on this size."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.rules import os_sku
from tests.azext.rules.given import A100, MADE_UP, a_spec, told

RTX = "Standard_NC144ds_xl_RTXPRO6000BSE_v6"
GB200 = "Standard_ND128isr_NDR_GB200_v6"
NEW = {"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 8}
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "AKS's own choice": ({}, []),
    "Ubuntu": ({"os_sku": "Ubuntu"}, []),
    "Ubuntu 24.04": ({"os_sku": "Ubuntu2404"}, []),
    "Azure Linux": ({"os_sku": "AzureLinux"}, []),
    "Azure Linux 3 in another case": ({"os_sku": "azurelinux3"}, []),
    "Windows by type": ({"os_type": "Windows"}, ["FAIL WindowsPool"]),
    "Windows by image": ({"os_sku": "Windows2022"}, ["FAIL OsWithoutDriver"]),
    "Flatcar": ({"os_sku": "Flatcar"}, ["FAIL OsWithoutDriver"]),
    "OS Guard": ({"os_sku": "AzureLinuxOSGuard"}, ["FAIL OsWithoutDriver"]),
    "an image of which nothing is documented": ({"os_sku": "AzureContainerLinux"}, ["UNKNOWN OsDriverUnknown"]),
    "an image that does not exist": ({"os_sku": "TempleOS"}, ["UNKNOWN OsDriverUnknown"]),
    "RTX PRO 6000 on Ubuntu": ({"node_vm_size": RTX, "os_sku": "Ubuntu"}, []),
    "RTX PRO 6000 on Azure Linux": ({"node_vm_size": RTX, "os_sku": "AzureLinux"}, ["FAIL OsWithoutDriver"]),
    "GB200 on Ubuntu": ({"node_vm_size": GB200, "os_sku": "Ubuntu2404"}, []),
    "GB200 on Azure Linux": ({"node_vm_size": GB200, "os_sku": "AzureLinux3"}, ["UNKNOWN OsDriverUnknown"]),
    "a new size on Azure Linux": ({**NEW, "os_sku": "AzureLinux"}, ["UNKNOWN OsDriverUnknown"]),
    "a size without Azure Linux problems": ({"node_vm_size": A100, "os_sku": "AzureLinux3"}, []),
}


@pytest.mark.parametrize(("fields", "findings"), CASES.values(), ids=CASES.keys())
def test_os_sku(fields: dict[str, Any], findings: list[str]) -> None:
    assert told(os_sku, os_sku.review(a_spec(**fields))) == findings
