"""The policy `aigpu-gpu-pods` on a real API server: what it refuses, and what it lets through."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from azext_aigpu.cluster.admission import reverse_policy
from azext_aigpu.cluster.admission.reverse_rule import list_targets
from azext_aigpu.cluster.manifests.daemonset import build_daemonset
from azext_aigpu.cluster.manifests.device_plugin import build_device_plugin
from azext_aigpu.cluster.manifests.settings import AgentSettings
from testbeds.cluster.cluster import Cluster
from tests.cluster.policies import POOLS, Guarded, guarded, type_check
from tests.cluster.workloads import (
    CPU_ONLY,
    TOLERATION,
    VOID,
    asking,
    bare,
    cron_job,
    deployment,
    job,
    job_set,
    pod,
    pytorch_job,
    required,
    story,
    with_env,
)

pytestmark = pytest.mark.cluster

AGENT = AgentSettings("registry.example.com/aigpu-agent:1", gpu_pools=("gpua100",), device_plugin=True)


@pytest.fixture(scope="module")
def enforced(cluster: Cluster) -> Iterator[Guarded]:
    with guarded(cluster, POOLS) as found:
        yield found


@pytest.fixture(scope="module")
def warned(cluster: Cluster) -> Iterator[Guarded]:
    with guarded(cluster, POOLS, enforce=False) as found:
        yield found


def test_the_expressions_pass_the_type_checker(enforced: Guarded) -> None:
    assert type_check(enforced.cluster, f"{reverse_policy.NAME}-{enforced.namespace}") == {}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(pod(story()), id="pod"),
        pytest.param(job(story()), id="job"),
        pytest.param(cron_job(story()), id="cron-job"),
        pytest.param(deployment(story()), id="deployment"),
        pytest.param(deployment(story(), kind="StatefulSet"), id="stateful-set"),
        pytest.param(pytorch_job(master=asking(), worker=story()), id="worker-of-a-pytorch-job"),
        pytest.param(job_set(asking(), story()), id="second-job-of-a-job-set"),
    ],
)
def test_the_job_of_the_founding_story_is_refused(enforced: Guarded, body: dict[str, Any]) -> None:
    answer = enforced.create(body)

    assert (answer.status, answer.reason) == (403, "Forbidden"), answer.message
    assert all(target in answer.message for target in list_targets(story(), POOLS))
    assert "no container limits nvidia.com/gpu" in answer.message
    assert "Next: az aigpu job check" in answer.message


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(bare(nodeSelector={"kubernetes.azure.com/accelerator": "nvidia"}), id="accelerator"),
        pytest.param(bare(nodeSelector={"agentpool": "gpua100"}), id="pool-by-name"),
        pytest.param(bare(nodeSelector={"node.kubernetes.io/instance-type": "standard_nc6s_V3"}), id="size"),
        pytest.param(bare(nodeSelector={"aigpu.io/gpu-model": "a100-80gb"}), id="label-of-the-contract"),
        pytest.param(bare(affinity=required({"key": "hardware", "operator": "Exists"})), id="affinity-exists"),
        pytest.param(
            bare(
                affinity=required(
                    {"key": "x", "operator": "Exists"}, {"key": "agentpool", "operator": "In", "values": ["gpua100"]}
                )
            ),
            id="one-of-two-terms",
        ),
        pytest.param(bare(tolerations=[{"key": "sku", "operator": "Exists"}]), id="toleration-alone"),
    ],
)
def test_every_way_to_target_a_gpu_pool_counts(enforced: Guarded, spec: dict[str, Any]) -> None:
    answer = enforced.create(pod(spec))

    assert answer.status == 403
    assert all(target.split("=")[0] in answer.message for target in list_targets(spec, POOLS))


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(bare(), id="nothing"),
        pytest.param(bare(tolerations=[{"operator": "Exists"}]), id="tolerates-everything"),
        pytest.param(bare(nodeSelector={"workload": "ai"}), id="workload"),
        pytest.param(bare(nodeSelector={"agentpool": "nodepool1"}), id="another-pool"),
        pytest.param(bare(nodeSelector={"node.kubernetes.io/instance-type": "Standard_D16s_v5"}), id="cpu-size"),
        pytest.param(bare(affinity=required({"key": "hardware", "operator": "NotIn", "values": ["gpu"]})), id="not-in"),
        pytest.param(bare(affinity=required({"key": "aigpu.io/sku", "operator": "DoesNotExist"})), id="does-not-exist"),
        pytest.param(
            bare(
                affinity={
                    "nodeAffinity": {
                        "preferredDuringSchedulingIgnoredDuringExecution": [
                            {
                                "weight": 1,
                                "preference": {
                                    "matchExpressions": [{"key": "hardware", "operator": "In", "values": ["gpu"]}]
                                },
                            }
                        ]
                    }
                }
            ),
            id="preferred",
        ),
    ],
)
def test_what_does_not_target_a_gpu_pool_is_let_through(enforced: Guarded, spec: dict[str, Any]) -> None:
    assert enforced.create(pod(spec)).status == 201


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(asking(), id="gpu"),
        pytest.param(asking("nvidia.com/gpu.shared", 4), id="time-slicing"),
        pytest.param(asking("nvidia.com/mig-1g.10gb"), id="mig"),
        pytest.param(
            {
                **story(),
                "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "one-gpu"}],
                "containers": [
                    {"name": "train", "image": "registry.example.com/t:1", "resources": {"claims": [{"name": "gpu"}]}}
                ],
            },
            id="dynamic-resource-allocation",
        ),
        pytest.param(
            {
                **asking(),
                "containers": [*asking()["containers"], {"name": "logs", "image": "registry.example.com/l:1"}],
            },
            id="sidecar-that-asks-for-none",
        ),
    ],
)
def test_what_asks_for_a_gpu_is_let_through(enforced: Guarded, spec: dict[str, Any]) -> None:
    for body in (pod(spec), job(spec), pytorch_job(master=spec)):
        answer = enforced.create(body)
        assert answer.status == 201, answer.message


@pytest.mark.parametrize("value", ["", "-1", " ", "-1,0", "none", ",0"])
def test_a_gpu_that_the_container_hides_from_itself_does_not_count(enforced: Guarded, value: str) -> None:
    answer = enforced.create(pod(with_env(asking(), {"name": "CUDA_VISIBLE_DEVICES", "value": value})))

    assert answer.status == 403
    assert "CUDA_VISIBLE_DEVICES hides the GPU that is asked for, in container train" in answer.message


@pytest.mark.parametrize(
    "value", ["0", " 1 , 0", "0,-1", "GPU-0a1b", "MIG-0a1b", "$(LOCAL_GPU)"],
    ids=["index", "blanks", "one-before-a-bad-one", "uuid", "mig", "another-variable"],
)  # fmt: skip
def test_a_gpu_that_the_container_shows_itself_counts(enforced: Guarded, value: str) -> None:
    answer = enforced.create(pod(with_env(asking(), {"name": "CUDA_VISIBLE_DEVICES", "value": value})))

    assert answer.status == 201, answer.message


def test_a_gpu_that_only_an_init_container_asks_for_does_not_count(enforced: Guarded) -> None:
    spec = {**story(), "initContainers": [{**asking()["containers"][0], "name": "prepare"}]}

    assert enforced.create(pod(spec)).status == 403


def test_a_launcher_that_is_cpu_only_and_sees_no_gpu_is_let_through(enforced: Guarded) -> None:
    assert enforced.create(pod(with_env(story(), VOID), CPU_ONLY)).status == 201
    assert enforced.create(job(with_env(story(), VOID), CPU_ONLY)).status == 201


def test_the_annotation_alone_is_not_enough(enforced: Guarded) -> None:
    spec = with_env(story(), VOID)
    spec["containers"].append({"name": "second", "image": "registry.example.com/t:1"})

    answer = enforced.create(pod(spec, CPU_ONLY))

    assert answer.status == 403
    assert "NVIDIA_VISIBLE_DEVICES=void is not set in container second" in answer.message


def test_an_annotation_without_a_reason_is_none(enforced: Guarded) -> None:
    assert enforced.create(pod(with_env(story(), VOID), {"aigpu.io/cpu-only": " "})).status == 403


def operator_pods() -> list[Any]:
    plugin = build_device_plugin(AGENT)["spec"]["template"]["spec"]
    agent = build_daemonset(AGENT)["spec"]["template"]["spec"]
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "x", "uid": "0", "controller": True}
    exporter = bare(tolerations=[TOLERATION], nodeSelector={"kubernetes.azure.com/accelerator": "nvidia"})
    everywhere = bare(tolerations=[{"operator": "Exists"}], nodeSelector={"kubernetes.io/os": "linux"})
    without_class = {
        key: value for key, value in agent.items() if key not in ("priorityClassName", "serviceAccountName")
    }
    return [
        pytest.param(deployment(plugin, kind="DaemonSet"), None, id="device-plugin"),
        pytest.param(pod(exporter, ownerReferences=[owner]), None, id="pod-of-dcgm-exporter"),
        pytest.param(deployment(exporter, kind="DaemonSet"), None, id="dcgm-exporter"),
        pytest.param(pod(exporter), "kube-system", id="gpu-operand-in-kube-system"),
        pytest.param(pod(everywhere), None, id="kube-proxy"),
        pytest.param(deployment(everywhere, kind="DaemonSet"), None, id="csi-driver"),
        pytest.param(deployment(without_class, kind="DaemonSet"), None, id="our-agent"),
        pytest.param(deployment(asking(), kind="StatefulSet"), None, id="kaito-workspace"),
        pytest.param(deployment(asking("nvidia.com/mig-3g.40gb")), None, id="mig"),
        pytest.param(deployment(asking("nvidia.com/gpu.shared")), None, id="shared"),
    ]


@pytest.mark.parametrize(("body", "namespace"), operator_pods())
def test_what_keeps_a_gpu_cluster_running_is_let_through(
    enforced: Guarded, body: dict[str, Any], namespace: str | None
) -> None:
    answer = enforced.create(body, namespace)

    assert answer.status == 201, answer.message


def test_until_it_is_enforced_it_only_warns(warned: Guarded) -> None:
    answer = warned.create(job(story()))

    assert answer.status == 201
    assert "asks for no GPU" in answer.headers["warning"]


def test_a_pod_as_large_as_pods_get_is_still_judged(enforced: Guarded) -> None:
    variables = [{"name": f"V{index}", "value": "x" * 40} for index in range(200)]
    spec = story()
    spec["containers"] = [
        {"name": f"c{index}", "image": "registry.example.com/t:1", "env": variables} for index in range(60)
    ]
    spec["tolerations"] = [{"key": f"k{index}", "operator": "Exists"} for index in range(100)]
    spec["affinity"] = required(
        *(
            {
                "key": "node.kubernetes.io/instance-type",
                "operator": "In",
                "values": [f"Standard_D{n}s_v5" for n in range(40)],
            }
            for _ in range(40)
        )
    )
    del spec["nodeSelector"]

    assert enforced.create(pod(copy.deepcopy(spec))).status == 201
    spec["tolerations"].append(dict(TOLERATION))
    answer = enforced.create(pod(spec))

    assert answer.status == 403
    assert "asks for no GPU" in answer.message
