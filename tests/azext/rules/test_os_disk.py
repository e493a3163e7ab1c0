"""The OS disk must be one that AKS makes, and an ephemeral one must have a place to lie."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.rules import os_disk
from tests.azext.rules.given import CPU, MADE_UP, a_spec, told

T4 = "Standard_NC4as_T4_v3"
T4_CACHED = "Standard_NC16as_T4_v3"
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "the default": ({}, []),
    "the least": ({"node_osdisk_size": 30}, []),
    "the most": ({"node_osdisk_size": 2048}, []),
    "too small": ({"node_osdisk_size": 29}, ["FAIL OsDiskOutOfBounds"]),
    "too large": ({"node_osdisk_size": 2049}, ["FAIL OsDiskOutOfBounds"]),
    "negative": ({"node_osdisk_size": -1}, ["FAIL OsDiskOutOfBounds"]),
    "ephemeral, fits the NVMe disk": ({"node_osdisk_type": "Ephemeral", "node_osdisk_size": 800}, []),
    "ephemeral, fits nowhere": ({"node_osdisk_type": "Ephemeral", "node_osdisk_size": 900}, ["FAIL OsDiskTooLarge"]),
    "ephemeral, fits the temporary disk": (
        {"node_vm_size": T4_CACHED, "node_osdisk_type": "Ephemeral", "node_osdisk_size": 352},
        [],
    ),
    "ephemeral, all known and too small": (
        {"node_vm_size": T4_CACHED, "node_osdisk_type": "Ephemeral", "node_osdisk_size": 353},
        ["FAIL OsDiskTooLarge"],
    ),
    "ephemeral, known storage is enough, the rest unknown": (
        {"node_vm_size": T4, "node_osdisk_type": "ephemeral", "node_osdisk_size": 176},
        [],
    ),
    "ephemeral, known storage is too small, the rest unknown": (
        {"node_vm_size": T4, "node_osdisk_type": "Ephemeral"},
        ["UNKNOWN LocalStorageUnknown"],
    ),
    "ephemeral, a new size": (
        {"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 8, "node_osdisk_type": "Ephemeral"},
        ["UNKNOWN LocalStorageUnknown"],
    ),
    "ephemeral, a CPU size is refused elsewhere": (
        {"node_vm_size": CPU, "node_osdisk_type": "Ephemeral"},
        ["SKIPPED SizeRefused"],
    ),
    "managed needs no place": ({"node_vm_size": T4, "node_osdisk_type": "Managed", "node_osdisk_size": 2048}, []),
}


@pytest.mark.parametrize(("fields", "findings"), CASES.values(), ids=CASES.keys())
def test_os_disk(fields: dict[str, Any], findings: list[str]) -> None:
    assert told(os_disk, os_disk.review(a_spec(**fields))) == findings


def test_the_places_and_the_largest_disk_that_fits_are_named() -> None:
    (finding,) = os_disk.review(a_spec(node_vm_size=T4, node_osdisk_type="Ephemeral"))
    assert finding.seen == "cache unknown, temporary disk 176 GB, NVMe disk 0 GB"
    assert finding.next_step == "--node-osdisk-size 176, or --node-osdisk-type Managed"


def test_no_smaller_disk_is_proposed_where_none_would_fit() -> None:
    (finding,) = os_disk.review(
        a_spec(node_vm_size=MADE_UP, gpu_model="h200", gpu_count=8, node_osdisk_type="Ephemeral")
    )
    assert finding.next_step == "--node-osdisk-type Managed"
