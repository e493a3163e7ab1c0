"""The user's labels add to the contract's and never contradict it."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.body import build_labels
from azext_aigpu.rules import contract_labels
from tests.azext.rules.given import A100, CPU, MADE_UP, a_spec, told

MIG = {"gpu_instance_profile": "MIG1g"}
CONTRADICTED = ["FAIL ContractLabelContradicted"]
INVALID = ["FAIL LabelInvalid"]
RESERVED = ["FAIL LabelReserved"]
CASES: dict[str, tuple[dict[str, str], dict[str, Any], list[str]]] = {
    "none": ({}, {}, []),
    "own ones": ({"team": "vision", "example.com/tier": "gold", "empty": ""}, {}, []),
    "the contract's own values": ({"hardware": "gpu", "workload": "ai", "aigpu.io/gpu-count": "1"}, {}, []),
    "the size in another case": ({"aigpu.io/sku": A100.upper()}, {}, []),
    "another hardware": ({"hardware": "cpu"}, {}, CONTRADICTED),
    "another GPU type": ({"gpu-type": "amd"}, {}, CONTRADICTED),
    "another workload": ({"workload": "web"}, {}, CONTRADICTED),
    "another size": ({"aigpu.io/sku": "Standard_ND96isr_H100_v5"}, {}, CONTRADICTED),
    "another model": ({"aigpu.io/gpu-model": "h100-80gb"}, {}, CONTRADICTED),
    "another count": ({"aigpu.io/gpu-count": "8"}, {}, CONTRADICTED),
    "another count, that the spec was read from": ({"aigpu.io/gpu-count": "8"}, {"gpu_count": 8}, CONTRADICTED),
    "another resource": ({"aigpu.io/resource": "mig-1g.10gb"}, {}, CONTRADICTED),
    "a MIG profile that was not asked for": ({"aigpu.io/mig-profile": "MIG1g"}, {}, CONTRADICTED),
    "another MIG profile": ({"aigpu.io/mig-profile": "MIG2g"}, MIG, CONTRADICTED),
    "the same MIG profile": ({"aigpu.io/mig-profile": "MIG1g"}, MIG, []),
    "the resource under MIG": ({"aigpu.io/resource": "mig-1g.10gb", "aigpu.io/resource-count": "7"}, MIG, []),
    "the resource under DRA": ({"aigpu.io/resource": "none"}, {"managed_dranet": "Managed"}, []),
    "a resource that is none, under MIG": ({"aigpu.io/resource": "amd.gpu"}, MIG, INVALID),
    "a resource count that is no number": ({"aigpu.io/resource-count": "seven"}, MIG, INVALID),
    "no resource at all, under MIG": (
        {"aigpu.io/resource": "mig-1g.10gb", "aigpu.io/resource-count": "0"},
        MIG,
        INVALID,
    ),
    "no resource at all, under DRA": (
        {"aigpu.io/resource": "none", "aigpu.io/resource-count": "0"},
        {"managed_dranet": "Managed"},
        [],
    ),
    "an intent that says nothing": ({"aigpu.io/mig-profile": ""}, MIG, CONTRADICTED),
    "an intent that says nothing, about no size that is known": ({"aigpu.io/min-driver": ""}, {}, INVALID),
    "a driver of the user's own": ({"aigpu.io/min-driver": "580.95.05"}, {}, []),
    "a driver that is none": ({"aigpu.io/min-driver": "new"}, {}, INVALID),
    "the driver of the settings": (
        {"aigpu.io/min-driver": "570.26"},
        {"limits": {"min_driver": "570.26"}},
        [],
    ),
    "another driver than the settings say": (
        {"aigpu.io/min-driver": "535.54"},
        {"limits": {"min_driver": "570.26"}},
        ["WARN MinDriverDiffers"],
    ),
    "a price that was written before": ({"aigpu.io/price-hour": "3.673"}, {}, []),
    "a price that is none": ({"aigpu.io/price-hour": "cheap"}, {}, INVALID),
    "a price of nothing": ({"aigpu.io/price-hour": "0"}, {}, INVALID),
    "the agent's own": ({"aigpu.io/driver": "580.95.05"}, {}, ["FAIL AgentLabelByHand"]),
    "AKS's namespace": ({"kubernetes.azure.com/accelerator": "nvidia"}, {}, RESERVED),
    "Kubernetes' namespace": ({"kubernetes.io/hostname": "x"}, {}, RESERVED),
    "a part of Kubernetes' namespace": ({"beta.kubernetes.io/instance-type": "x"}, {}, RESERVED),
    "k8s.io": ({"node.k8s.io/x": "y"}, {}, RESERVED),
    "a part that is free": ({"node.kubernetes.io/team": "x"}, {}, []),
    "a domain that only ends like it": ({"mykubernetes.io/team": "x"}, {}, []),
    "AKS's own label on a spot pool": ({"kubernetes.azure.com/scalesetpriority": "spot"}, {"priority": "Spot"}, []),
    "AKS's spot label on another pool": ({"kubernetes.azure.com/scalesetpriority": "spot"}, {}, RESERVED),
    "a key that is none": ({"a b": "c"}, {}, INVALID),
    "a value with a slash": ({"team": "a/b"}, {}, INVALID),
    "a value that is too long": ({"team": "x" * 64}, {}, INVALID),
    "several wrong ones, each told": ({"hardware": "cpu", "a b": "c"}, {}, [*CONTRADICTED, *INVALID]),
    "GPU labels on a CPU size": ({"hardware": "gpu"}, {"node_vm_size": CPU}, ["FAIL GpuLabelWithoutGpu"]),
    "GPU intent on an AMD size": (
        {"aigpu.io/gpu-count": "8"},
        {"node_vm_size": "Standard_ND96isr_MI300X_v5"},
        ["FAIL GpuLabelWithoutGpu"],
    ),
    "own labels on a CPU size": ({"team": "web"}, {"node_vm_size": CPU}, []),
    "half an intent on an unknown size": (
        {"aigpu.io/sku": MADE_UP},
        {"node_vm_size": MADE_UP},
        ["FAIL ContractLabelMissing"],
    ),
    "an intent on an unknown size": (
        {"aigpu.io/sku": MADE_UP, "aigpu.io/gpu-count": "8"},
        {"node_vm_size": MADE_UP},
        [],
    ),
    "an intent of one GPU on an unknown size": (
        {"aigpu.io/sku": MADE_UP, "aigpu.io/gpu-count": "1"},
        {"node_vm_size": MADE_UP},
        [],
    ),
    "a count of none on an unknown size": (
        {"aigpu.io/sku": MADE_UP, "aigpu.io/gpu-count": "0"},
        {"node_vm_size": MADE_UP},
        INVALID,
    ),
}


@pytest.mark.parametrize(("labels", "fields", "findings"), CASES.values(), ids=CASES.keys())
def test_contract_labels(labels: dict[str, str], fields: dict[str, Any], findings: list[str]) -> None:
    assert told(contract_labels, contract_labels.review(a_spec(labels=labels, **fields))) == findings


@pytest.mark.parametrize("fields", [{}, MIG, {"managed_dranet": "Managed"}], ids=["usual", "MIG", "DRA"])
def test_what_the_tool_writes_is_never_refused(fields: dict[str, Any]) -> None:
    written = build_labels(a_spec(**fields))
    assert told(contract_labels, contract_labels.review(a_spec(labels=written, **fields))) == []


def test_the_value_that_the_pool_gets_is_named() -> None:
    (finding,) = contract_labels.review(a_spec(labels={"gpu-type": "amd"}))
    assert (finding.seen, finding.wanted) == ("gpu-type=amd", "gpu-type=nvidia, which the pool gets by itself")


def test_the_missing_half_of_an_intent_is_named() -> None:
    (finding,) = contract_labels.review(a_spec(node_vm_size=MADE_UP, labels={"aigpu.io/gpu-count": "8"}))
    assert finding.seen == "no label aigpu.io/sku"
