"""A MIG profile needs a GPU for it, and the resource that it leads to must be declared."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.rules import mig_profile
from tests.azext.rules.given import CPU, MADE_UP, a_spec, told

DECLARED = {"labels": {"aigpu.io/resource": "mig-1g.10gb", "aigpu.io/resource-count": "7"}}
T4 = "Standard_NC16as_T4_v3"
RTX = "Standard_NC144ds_xl_RTXPRO6000BSE_v6"
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no profile": ({"node_vm_size": T4}, []),
    "declared": ({"gpu_instance_profile": "MIG1g", **DECLARED}, []),
    "undeclared": ({"gpu_instance_profile": "MIG1g"}, ["WARN MigResourceUndeclared"]),
    "half declared": (
        {"gpu_instance_profile": "MIG7g", "labels": {"aigpu.io/resource": "gpu"}},
        ["WARN MigResourceUndeclared"],
    ),
    "NVIDIA's name of a profile": ({"gpu_instance_profile": "1g.10gb", **DECLARED}, ["FAIL MigProfileInvalid"]),
    "a profile that AKS does not have": ({"gpu_instance_profile": "MIG5g", **DECLARED}, ["FAIL MigProfileInvalid"]),
    "a GPU without MIG": (
        {"node_vm_size": T4, "gpu_instance_profile": "MIG1g", **DECLARED},
        ["FAIL MigNotSupported"],
    ),
    "a GPU without MIG has no resource to declare": (
        {"node_vm_size": T4, "gpu_instance_profile": "MIG1g"},
        ["FAIL MigNotSupported"],
    ),
    "a GPU of which it is not documented": (
        {"node_vm_size": RTX, "gpu_instance_profile": "MIG1g", **DECLARED},
        ["UNKNOWN MigSupportUnknown"],
    ),
    "a new size": (
        {"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 8, "gpu_instance_profile": "MIG1g", **DECLARED},
        ["UNKNOWN MigSupportUnknown"],
    ),
    "a CPU size is refused elsewhere": (
        {"node_vm_size": CPU, "gpu_instance_profile": "MIG1g"},
        ["SKIPPED SizeRefused"],
    ),
}


@pytest.mark.parametrize(("fields", "findings"), CASES.values(), ids=CASES.keys())
def test_mig_profile(fields: dict[str, Any], findings: list[str]) -> None:
    assert told(mig_profile, mig_profile.review(a_spec(**fields))) == findings


def test_the_missing_labels_are_named() -> None:
    (finding,) = mig_profile.review(a_spec(gpu_instance_profile="MIG1g", labels={"aigpu.io/resource": "gpu"}))
    assert finding.seen == "--gpu-instance-profile MIG1g without label aigpu.io/resource-count"
