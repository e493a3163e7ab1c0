"""A cluster that cannot take a pool now is refused, and one that may not is pointed out."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.rules import cluster_ready
from tests.azext.rules.given import NO_ANSWER, a_cloud, a_cluster, a_spec, told

CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "ready": ({}, []),
    "ready in another case": ({"power_state": "running", "provisioning_state": "succeeded"}, []),
    "stopped": ({"power_state": "Stopped"}, ["FAIL ClusterStopped"]),
    "deleting": ({"provisioning_state": "Deleting"}, ["FAIL ClusterDeleting"]),
    "stopped and deleting": (
        {"power_state": "Stopped", "provisioning_state": "Deleting"},
        ["FAIL ClusterStopped", "FAIL ClusterDeleting"],
    ),
    "failed": ({"provisioning_state": "Failed"}, ["WARN ClusterFailed"]),
    "canceled": ({"provisioning_state": "Canceled"}, ["WARN ClusterFailed"]),
    "updating": ({"provisioning_state": "Updating"}, ["WARN ClusterBusy"]),
    "creating": ({"provisioning_state": "Creating"}, ["WARN ClusterBusy"]),
    "no power state": ({"power_state": ""}, ["UNKNOWN ClusterUnknown"]),
    "a power state of another world": ({"power_state": "Dreaming"}, ["UNKNOWN ClusterUnknown"]),
    "no provisioning state": ({"provisioning_state": ""}, ["UNKNOWN ClusterUnknown"]),
}


@pytest.mark.parametrize(("fields", "findings"), CASES.values(), ids=CASES.keys())
def test_cluster_ready(fields: dict[str, Any], findings: list[str]) -> None:
    cloud = a_cloud(cluster=a_cluster(**fields))
    assert told(cluster_ready, cluster_ready.review(a_spec(), cloud)) == findings


def test_a_cluster_that_could_not_be_read_is_not_ready() -> None:
    cloud = a_cloud(cluster=NO_ANSWER)
    assert told(cluster_ready, cluster_ready.review(a_spec(), cloud)) == ["UNKNOWN ClusterUnknown"]


def test_the_command_that_starts_it_can_be_copied() -> None:
    (finding,) = cluster_ready.review(a_spec(), a_cloud(cluster=a_cluster(power_state="Stopped")))
    assert finding.next_step == "az aks start -g rg -n aks"
