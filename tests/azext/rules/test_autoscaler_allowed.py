"""The autoscaler is refused where AKS refuses it."""

from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.reading import Known
from azext_aigpu.rules import autoscaler_allowed
from tests.azext.rules.given import NO_ANSWER, a_cloud, a_cluster, a_pool, a_spec, told

MANAGED = {"gpuProfile": {"nvidia": {"managementMode": "Managed"}}}
UNMANAGED = {"gpuProfile": {"driver": "Install", "nvidia": {"managementMode": "Unmanaged"}}}
AUTO = a_cluster(node_provisioning_mode="Auto")
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "allowed": ({}, {}, []),
    "auto-provisioning": ({}, {"cluster": AUTO}, ["FAIL NodeAutoProvisioning"]),
    "auto-provisioning and a fixed size": ({"node_count": 2}, {"cluster": AUTO}, []),
    "a service that does not name the mode": ({}, {"cluster": a_cluster(node_provisioning_mode=None)}, []),
    "managed GPU software": ({}, {"pools": Known((a_pool(**MANAGED),))}, ["FAIL ManagedGpuPool"]),
    "managed GPU software and a fixed size": ({"node_count": 2}, {"pools": Known((a_pool(**MANAGED),))}, []),
    "managed GPU software on another pool": ({}, {"pools": Known((a_pool("other", **MANAGED),))}, []),
    "unmanaged GPU software": ({}, {"pools": Known((a_pool(**UNMANAGED),))}, []),
    "cluster unread": ({}, {"cluster": NO_ANSWER}, ["UNKNOWN AutoscalerUnknown"]),
    "pools unread": ({}, {"pools": NO_ANSWER}, ["UNKNOWN AutoscalerUnknown"]),
    "nothing read, and a fixed size": ({"node_count": 2}, {"cluster": NO_ANSWER, "pools": NO_ANSWER}, []),
}


@pytest.mark.parametrize(("fields", "readings", "findings"), CASES.values(), ids=CASES.keys())
def test_autoscaler_allowed(fields: dict[str, Any], readings: dict[str, Any], findings: list[str]) -> None:
    cloud = a_cloud(**readings)
    assert told(autoscaler_allowed, autoscaler_allowed.review(a_spec(**fields), cloud)) == findings


def test_the_fixed_size_to_take_instead_can_be_copied() -> None:
    (finding,) = autoscaler_allowed.review(a_spec(min_count=2), a_cloud(cluster=AUTO))
    assert finding.next_step.startswith("--node-count 2 without --enable-cluster-autoscaler")
