"""The policy `aigpu-gpu-pods` says of generated pods what the rule in Python says; on a real API server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azext_aigpu.cluster.admission.reverse_rule import breaks_rule
from testbeds.cluster.cluster import Cluster
from tests.cluster.policies import POOLS, Guarded, guarded
from tests.cluster.workloads import CPU_ONLY, TOLERATION, pod, pytorch_job, required

pytestmark = pytest.mark.cluster

KEYS = (
    "hardware",
    "gpu-type",
    "workload",
    "agentpool",
    "kubernetes.azure.com/agentpool",
    "kubernetes.azure.com/accelerator",
    "node.kubernetes.io/instance-type",
    "aigpu.io/sku",
    "aigpu.iox",
)
VALUES = ("gpu", "nvidia", "ai", "gpua100", "nodepool1", "Standard_NC6s_v3", "Standard_D16s_v5", "Standard_NV4as_v4")
QUANTITIES = ("1", "0", "8", "1k")
RESOURCES = ("nvidia.com/gpu", "nvidia.com/gpu.shared", "nvidia.com/mig-1g.5gb", "nvidia.com/other", "example.com/gpu")


@pytest.fixture(scope="module")
def enforced(cluster: Cluster) -> Iterator[Guarded]:
    with guarded(cluster, POOLS) as found:
        yield found


def environments() -> st.SearchStrategy[list[dict[str, Any]]]:
    literal = st.builds(
        lambda name, value: {"name": name, "value": value},
        st.sampled_from(["CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "OTHER"]),
        st.sampled_from(["", "-1", " -1 ", "0", "void", "all", "Void"]),
    )
    elsewhere = st.builds(
        lambda name: {"name": name, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        st.sampled_from(["CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"]),
    )
    return st.lists(literal | elsewhere, max_size=3)


@st.composite
def containers(draw: st.DrawFn, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "image": "registry.example.com/t:1", "env": draw(environments())}
    limits = st.dictionaries(st.sampled_from(RESOURCES), st.sampled_from(QUANTITIES), max_size=2)
    made["resources"] = {"limits": draw(st.just({}) | limits)}
    if draw(st.integers(0, 7)) == 0:
        made["resources"]["claims"] = [{"name": "gpu"}]
    return made


@st.composite
def pods(draw: st.DrawFn) -> dict[str, Any]:
    expressions = st.one_of(
        st.builds(
            lambda key, operator, values: {"key": key, "operator": operator, "values": values},
            st.sampled_from(KEYS),
            st.sampled_from(["In", "NotIn"]),
            st.lists(st.sampled_from(VALUES), min_size=1, max_size=2),
        ),
        st.builds(
            lambda key, operator: {"key": key, "operator": operator},
            st.sampled_from(KEYS),
            st.sampled_from(["Exists", "DoesNotExist"]),
        ),
    )
    spec: dict[str, Any] = {
        "containers": [draw(containers(f"c{index}")) for index in range(draw(st.integers(1, 2)))],
        "initContainers": [draw(containers(f"i{index}")) for index in range(draw(st.integers(0, 1)))],
        "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "one-gpu"}],
        "nodeSelector": draw(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=2)),
        "tolerations": draw(
            st.lists(
                st.sampled_from([TOLERATION, {"operator": "Exists"}, {"key": "skus", "operator": "Exists"}]), max_size=2
            )
        ),
    }
    found = draw(st.lists(expressions, max_size=2))
    if found:
        spec["affinity"] = required(*found)
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "x", "uid": "0"}
    owners = draw(
        st.sampled_from(
            [[], [], [], [{**owner, "controller": True}], [owner], [{**owner, "kind": "Job", "controller": True}]]
        )
    )
    annotations = draw(st.sampled_from([{}, {}, CPU_ONLY, {"aigpu.io/cpu-only": ""}]))
    return pod(spec, annotations, ownerReferences=owners)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=pods())
def test_the_policy_says_of_every_pod_what_the_rule_in_python_says(enforced: Guarded, body: dict[str, Any]) -> None:
    answer = enforced.create(body)

    assert answer.status == (403 if breaks_rule(body, POOLS) else 201), answer.message
    assert answer.status == 201 or "Seen: " in answer.message


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=pods())
def test_and_so_of_every_template(enforced: Guarded, body: dict[str, Any]) -> None:
    spec, annotations = body["spec"], body["metadata"]["annotations"]
    inside = pytorch_job(worker=spec)
    inside["spec"]["pytorchReplicaSpecs"]["Worker"]["template"]["metadata"] = {"annotations": annotations}

    answer = enforced.create(inside)

    assert answer.status == (403 if breaks_rule(pod(spec, annotations), POOLS) else 201), answer.message
