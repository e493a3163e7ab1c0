"""What the tests of this folder start from: a pool, a machine and a policy in which all is well."""

from __future__ import annotations

from typing import Any

from aigpu_contract.finding import Status
from aigpu_contract.reading import Known
from aigpu_contract.reasons import REASONS
from azext_aigpu import audit
from azext_aigpu.audit import Judged, Policy
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.foreign.resources import CREATE, ForeignMachine, ForeignPool, Gap, Place
from azext_aigpu.spec import Limits
from tests.azext.rules.given import TODAY, a_cloud, some_usages

CPU = "Standard_D16s_v5"
A100 = "Standard_NC24ads_A100_v4"
T4 = "Standard_NC4as_T4_v3"
LABELS = {"hardware": "gpu", "gpu-type": "nvidia"}
TAINTS = ["sku=gpu:NoSchedule"]
GOOD = {"vmSize": A100, "nodeLabels": LABELS, "nodeTaints": TAINTS, "tags": {"cost-center": "ml"}, "count": 2}


def a_place(**fields: Any) -> Place:
    """Return where a new pool stands in a plan."""
    return Place(**{"file": "plan.json", "address": "pools.gpu", "action": CREATE, "name": "gpu", **fields})


def a_pool(*gaps: Gap, without: str = "", place: Place | None = None, **properties: Any) -> ForeignPool:
    """Return a pool in which all is well, but for what is said."""
    kept = {key: value for key, value in {**GOOD, **properties}.items() if key != without}
    return ForeignPool(place or a_place(), kept, gaps)


def a_machine(*sizes: str, count: int = 1, **fields: Any) -> ForeignMachine:
    """Return machines of these sizes, in which all is well but for what is said."""
    tags = {"cost-center": "ml"}
    place = a_place(address="vm.gpu")
    return ForeignMachine(
        place, **{"kind": "VM", "sizes": tuple(map(Known, sizes)), "count": Known(count), "tags": tags, **fields}
    )


def a_policy(limits: dict[str, Any] | None = None, **fields: Any) -> Policy:
    """Return a policy of today; `limits` are fields of Limits."""
    return Policy(Limits(today=TODAY, **(limits or {})), **fields)


def judge(item: Any, policy: Policy | None = None) -> Judged:
    """Judge one thing; every reason must be one of the list."""
    judged = audit.judge_item(item, policy or a_policy())
    assert all(finding.reason in REASONS for finding in judged.findings)
    return judged


def reasons(judged: Judged) -> set[str]:
    """Return the reasons of the findings that say something."""
    return {finding.reason for finding in judged.findings if finding.status > Status.PASS}


def online(family_left: int, cores_left: int = 1000) -> Policy:
    """Return a policy for which Azure was asked, and the quotas have that many vCPUs left."""
    usages = some_usages(family_left=family_left, cores_left=cores_left)
    cloud = CloudFacts(skus=a_cloud().skus, usages=usages, region="westeurope")
    return a_policy(online=True, location="westeurope", clouds={"westeurope": cloud})
