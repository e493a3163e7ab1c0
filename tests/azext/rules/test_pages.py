"""The message that a rule's page shows is the one that the rule gives."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aigpu_contract.finding import Finding
from aigpu_contract.labels import Taint
from aigpu_contract.reading import Known
from azext_aigpu.cloud.facts import Restriction
from azext_aigpu.review import review_cloud, review_spec
from tests.azext.rules.given import (
    A10_SIXTH,
    A100,
    CPU,
    MADE_UP,
    a_cloud,
    a_cluster,
    a_pool,
    a_spec,
    an_offer,
    some_usages,
)

PAGES = Path(__file__).resolve().parents[3] / "docs" / "reference" / "rules"
DECLARED = {"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 8}
ZONE_1 = Restriction("Zone", "NotAvailableForSubscription", ("1",))

EXAMPLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "sku-known": ({"node_vm_size": "Standard_NC24ads_A100_v5"}, {}),
    "sku-is-cuda-gpu": ({"node_vm_size": CPU}, {}),
    "sku-not-retired": ({"node_vm_size": "Standard_NC6s_v3"}, {}),
    "sku-matches-intent": ({"gpu_count": 2}, {}),
    "fractional-gpu": ({"node_vm_size": A10_SIXTH}, {}),
    "allowed-models": ({"limits": {"allowed_models": ("t4", "a10")}}, {}),
    "driver-profile": ({"gpu_driver": "None"}, {}),
    "os-sku": ({"node_vm_size": "Standard_NC144ds_xl_RTXPRO6000BSE_v6", "os_sku": "AzureLinux"}, {}),
    "os-disk": ({"node_vm_size": "Standard_NC4as_T4_v3", "node_osdisk_type": "Ephemeral"}, {}),
    "mig-profile": ({"node_vm_size": "Standard_NC16as_T4_v3", "gpu_instance_profile": "MIG1g"}, {}),
    "autoscale-bounds": ({"min_count": 2, "max_count": 4, "node_count": 9}, {}),
    "contract-labels": ({"labels": {"gpu-type": "amd"}}, {}),
    "contract-taint": ({"node_taints": (Taint("sku", "cpu", "NoSchedule"),)}, {}),
    "required-tags": ({"limits": {"required_tags": ("team", "env")}, "tags": {"env": "prod"}}, {}),
    "cluster-ready": ({}, {"cluster": a_cluster(power_state="Stopped")}),
    "name-free": (
        {},
        {"pools": Known((a_pool(count=0, vmSize=A100, provisioningState="Failed", tags={"aigpu-spec": "train"}),))},
    ),
    "autoscaler-allowed": ({}, {"cluster": a_cluster(node_provisioning_mode="Auto")}),
    "sku-offered": (DECLARED, {"skus": an_offer(size=MADE_UP, gpus=None)}),
    "sku-available": ({"zones": ("1",)}, {"skus": an_offer(restrictions=(ZONE_1,))}),
    "quota": ({"node_count": 4}, {"usages": some_usages(family_left=100)}),
    "hourly-cost": ({"limits": {"max_hourly_cost": Decimal(10)}}, {}),
    "device-plugin": ({}, {}),
    "upgrade-safety": ({}, {"usages": some_usages(family_left=120)}),
}


def example(rule: str) -> Finding:
    """Return the finding that the rule's page shows."""
    fields, readings = EXAMPLES[rule]
    spec = a_spec(**fields)
    (finding,) = (one for one in review_spec(spec) + review_cloud(spec, a_cloud(**readings)) if one.id == rule)
    return finding


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_page_shows_the_message_as_it_is(rule: str) -> None:
    page = flat((PAGES / f"{rule}.md").read_text(encoding="utf-8"))
    finding = example(rule)
    assert f"{finding.status.name} {rule}: {finding.problem}" in page
    for text in (finding.seen, finding.wanted, finding.next_step):
        assert flat(text) in page
