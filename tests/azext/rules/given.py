"""What the tests of the rules start from: a pool and a cloud in which all is well, and how findings are told."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Reading, Unknown
from aigpu_contract.reasons import REASONS
from azext_aigpu.cloud.facts import CloudFacts, Cluster, Pool, Price, SkuOffer, Usage
from azext_aigpu.rules.rule import CloudRule, SpecRule
from azext_aigpu.spec import Limits, PoolSpec, fill_defaults

TODAY = datetime.date(2026, 11, 24)
A100 = "Standard_NC24ads_A100_v4"
A10_SIXTH = "Standard_NV6ads_A10_v5"
CPU = "Standard_D16s_v5"
MADE_UP = "Standard_NC9xx_Z1_v9"
FAMILY = "StandardNCADSA100v4Family"
NO_ANSWER = Unknown("403: no permission")

OFFER = SkuOffer(
    size=A100,
    family=FAMILY,
    vcpus=24,
    gpus=1,
    zones=("1", "2", "3"),
    restrictions=(),
    low_priority_capable=True,
)


def a_spec(limits: Mapping[str, Any] | None = None, **fields: Any) -> PoolSpec:
    """Return a spec as the command makes it, one A100 a node where nothing else is said."""
    spec = PoolSpec(
        subscription=None,
        resource_group="rg",
        cluster_name="aks",
        name="train",
        limits=Limits(**{"today": TODAY, "required_tags": (), **(limits or {})}),
        **{"node_vm_size": A100, **fields},
    )
    return fill_defaults(spec)


def a_cluster(**fields: Any) -> Known[Cluster]:
    """Return a cluster that is ready, as it was read."""
    cluster = Cluster(
        id="/subscriptions/0/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks",
        name="aks",
        location="westeurope",
        kubernetes_version="1.33",
        provisioning_state="Succeeded",
        power_state="Running",
        node_provisioning_mode="Manual",
        node_os_upgrade_channel="None",
        upgrade_channel="none",
    )
    return Known(dataclasses.replace(cluster, **fields))


def a_pool(name: str = "train", /, **properties: Any) -> Pool:
    """Return an existing pool with these properties."""
    return Pool(id=f"/agentPools/{name}", name=name, etag="1", properties=properties)


def some_usages(family_left: int = 480, cores_left: int = 1000, spot_left: int = 480) -> Known[Mapping[str, Usage]]:
    """Return the region's quotas with that many vCPUs left."""
    left = {FAMILY: family_left, "cores": cores_left, "lowPriorityCores": spot_left}
    return Known({name.lower(): Usage(name, 100, 100 + free) for name, free in left.items()})


def an_offer(**fields: Any) -> Known[Mapping[str, SkuOffer]]:
    """Return the region's sizes: one, with these fields changed."""
    offer = dataclasses.replace(OFFER, **fields)
    return Known({offer.size.lower(): offer})


def a_price(hourly: str, **fields: Any) -> Mapping[str, Reading[Price]]:
    """Return the price of one A100 node."""
    return {A100.lower(): Known(Price(Decimal(hourly), TODAY, live=True, **fields))}


def a_cloud(**readings: Any) -> CloudFacts:
    """Return a cloud in which all is well but for `readings`."""
    well: dict[str, Any] = {
        "cluster": a_cluster(),
        "pools": Known(()),
        "skus": an_offer(),
        "usages": some_usages(),
        "prices": a_price("4.775"),
    }
    return CloudFacts(**{**well, **readings})


def told(rule: SpecRule | CloudRule, findings: Iterable[Finding]) -> list[str]:
    """Return findings as `STATUS Reason`, each checked to be one that a user can act on."""
    lines = []
    for finding in findings:
        assert finding.id == rule.ID
        assert finding.reason in REASONS
        texts = (finding.problem, finding.seen, finding.wanted, finding.next_step)
        if finding.status > Status.PASS:
            assert all(texts), finding
        assert "None" not in " ".join(texts).replace("--gpu-driver None", ""), finding
        lines.append(f"{finding.status.name} {finding.reason}")
    return lines
