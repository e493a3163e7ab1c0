from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.cluster.admission.reverse_rule import GpuPools
from azext_aigpu.cluster.admission.workload_kinds import WORKLOADS, WorkloadKind
from azext_aigpu.cluster.live_objects import LiveObject, Pools, list_templates, parse_pod, reduce_pod, reduce_workload
from tests.azext.cluster.given import STARTED, VOID, container, job, pod, template

POOLS = Pools(GpuPools(names=frozenset({"gpu"})), every=frozenset({"gpu", "cpu"}))
ON_GPU = frozenset({"gpu-0"})
KINDS = {kind.resource: kind for kind in WORKLOADS if kind.group != "batch.volcano.sh"}
GPU = {"nvidia.com/gpu": "2"}
HIDDEN = [{"name": "CUDA_VISIBLE_DEVICES", "value": ""}]
CPU_ONLY = {"aigpu.io/cpu-only": "evaluation"}


def kept(data: dict[str, Any]) -> LiveObject | None:
    return reduce_pod(POOLS, ON_GPU)(data)


def reduced(kind: str, data: dict[str, Any]) -> LiveObject | None:
    return reduce_workload(KINDS[kind], POOLS)(data)


def test_what_is_kept_of_a_pod() -> None:
    assert parse_pod(pod(owner=("Job", "train")), POOLS) == LiveObject(
        kind="Pod",
        namespace="team-a",
        name="train-x",
        owner="Job team-a/train",
        node="gpu-0",
        started=STARTED,
        gpus=0,
        targets=("toleration sku", "nodeSelector hardware=gpu"),
        seen="asks for no GPU",
        is_refused=True,
    )


def test_a_replica_set_counts_as_its_deployment() -> None:
    data = pod(owner=("ReplicaSet", "web-7d9f"), labels={"pod-template-hash": "7d9f"})

    assert parse_pod(data, POOLS).owner == "Deployment team-a/web"
    assert parse_pod(pod(owner=("ReplicaSet", "web-7d9f")), POOLS).owner == "ReplicaSet team-a/web-7d9f"


@pytest.mark.parametrize(
    ("containers", "gpus"),
    [
        pytest.param([container(limits=GPU)], 2, id="limit"),
        pytest.param([container(limits=GPU), container("b", GPU)], 4, id="two"),
        pytest.param([container(limits={"nvidia.com/mig-1g.10gb": "3"})], 3, id="mig"),
        pytest.param([container(limits={"nvidia.com/gpu": "1k"})], 1, id="odd-number"),
        pytest.param([container(limits={"cpu": "4"})], 0, id="cpu"),
        pytest.param([container(limits=GPU, env=HIDDEN)], 0, id="hidden"),
        pytest.param([{"name": "m", "resources": {"claims": [{"name": "gpu"}]}}], 1, id="claim"),
    ],
)
def test_gpus_that_a_pod_asks_for_and_can_see_are_counted(containers: list[dict[str, Any]], gpus: int) -> None:
    assert parse_pod(pod("p", *containers), POOLS).gpus == gpus


@pytest.mark.parametrize(
    ("data", "excused"),
    [
        pytest.param(pod(), False, id="job"),
        pytest.param(pod(owner=("DaemonSet", "plugin")), True, id="daemonset"),
        pytest.param(pod(namespace="kube-system"), True, id="system"),
        pytest.param(pod(annotations={"kubernetes.io/config.mirror": "x"}), True, id="static"),
        pytest.param(pod("p", container(env=VOID), annotations=CPU_ONLY), True, id="cpu-only"),
        pytest.param(pod(annotations=CPU_ONLY), False, id="cpu-only-that-sees-gpus"),
        pytest.param(pod(owner=("ReplicaSet", "web")), False, id="deployment"),
    ],
)
def test_who_may_stand_on_a_gpu_node_without_a_gpu(data: dict[str, Any], excused: bool) -> None:
    assert parse_pod(data, POOLS).is_excused is excused


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        pytest.param(pod(), "asks for no GPU", id="none"),
        pytest.param(
            pod("p", container(limits=GPU, env=HIDDEN)),
            "asks for a GPU, and CUDA_VISIBLE_DEVICES hides it",
            id="hidden",
        ),
        pytest.param(
            pod(annotations=CPU_ONLY), "cpu-only, but NVIDIA_VISIBLE_DEVICES is not void in main", id="cpu-only"
        ),
        pytest.param(
            pod(spec={"initContainers": [container("first", GPU)]}), "only an init container asks for a GPU", id="init"
        ),
    ],
)
def test_it_is_said_how_a_pod_comes_to_have_no_gpu(data: dict[str, Any], seen: str) -> None:
    assert parse_pod(data, POOLS).seen == seen


@pytest.mark.parametrize(
    ("data", "is_kept"),
    [
        pytest.param(pod(), True, id="on-gpu-node"),
        pytest.param(pod(phase="Succeeded"), False, id="succeeded"),
        pytest.param(pod(phase="Failed"), False, id="failed"),
        pytest.param(pod(phase="Pending", on=""), True, id="pending-and-refused"),
        pytest.param(pod(on="cpu-0"), True, id="refused-on-a-cpu-node"),
        pytest.param(pod(on="cpu-0", spec={}), False, id="elsewhere"),
        pytest.param(pod(on="gpu-0", spec={}), True, id="there-by-chance"),
        pytest.param(pod(phase="Pending", on="", spec={"nodeSelector": {"agentpool": "new"}}), True, id="pool-to-come"),
        pytest.param(pod(on="cpu-0", spec={"nodeSelector": {"agentpool": "new"}}), False, id="bound-elsewhere"),
    ],
)
def test_only_pods_that_have_to_do_with_gpus_are_kept(data: dict[str, Any], is_kept: bool) -> None:
    assert (kept(data) is not None) is is_kept


def at(place: str, inner: Any) -> dict[str, Any]:
    """Return an object that has `inner` at a place of `workload_kinds`."""
    step, _, rest = place.partition(".")
    value = at(rest, inner) if rest else inner
    name = step.rstrip("[]{}")
    return {name: [value] if step.endswith("[]") else {"Worker": value} if step.endswith("{}") else value}


@pytest.mark.parametrize("kind", WORKLOADS, ids=lambda kind: f"{kind.resource}.{kind.group}")
def test_a_template_is_found_in_every_place_of_every_kind(kind: WorkloadKind) -> None:
    for place in kind.places:
        data = {"metadata": {"namespace": "team-a", "name": "x"}, **at(place, template())}

        found = reduce_workload(kind, POOLS)(data)

        assert found is not None, place
        assert (found.is_refused, found.title) == (True, f"{kind.kind} team-a/x")


@pytest.mark.parametrize("data", [{}, {"spec": None}, {"spec": []}, {"spec": {"template": "x"}}, None, "text"])
def test_a_place_that_is_not_there_holds_nothing(data: Any) -> None:
    assert list(list_templates(data, "spec.template")) == []
    assert list(list_templates(data, "spec.replicatedJobs[].template")) == []
    assert list(list_templates(data, "spec.replicas{}.template")) == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(job(pod_template=template(container(limits=GPU))), id="asks"),
        pytest.param(job(pod_template={"spec": {"containers": [container()]}}), id="targets-nothing"),
        pytest.param(job(conditions=[{"type": "Complete", "status": "True"}]), id="complete"),
        pytest.param(job(conditions=[{"type": "Failed", "status": "True"}]), id="failed"),
        pytest.param({**job(), "metadata": {"name": "x", "namespace": "gpu-operator"}}, id="operator"),
    ],
)
def test_a_workload_that_nobody_would_refuse_is_dropped(data: dict[str, Any]) -> None:
    assert reduced("jobs", data) is None


def test_a_job_that_is_not_complete_is_kept() -> None:
    assert reduced("jobs", job(conditions=[{"type": "Complete", "status": "False"}])) is not None


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({"agentpool": "new"}, "nodeSelector agentpool=new"),
        ({"node.kubernetes.io/instance-type": "Standard_NC9xx_Z1_v9"}, "instance-type=Standard_NC9xx_Z1_v9"),
    ],
    ids=["pool without a node", "size in no list"],
)
def test_a_target_that_cannot_be_told_is_undecided_and_not_passed(selector: dict[str, str], text: str) -> None:
    spec = {"containers": [container()], "nodeSelector": selector}
    found = reduced("jobs", job(pod_template={"spec": spec}))

    assert found is not None
    assert not found.is_refused
    assert text in found.undecided[0]


@pytest.mark.parametrize("selector", [{"agentpool": "cpu"}, {"node.kubernetes.io/instance-type": "Standard_D4s_v5"}])
def test_a_target_that_is_a_cpu_pool_is_decided(selector: dict[str, str]) -> None:
    assert reduced("jobs", job(pod_template={"spec": {"containers": [container()], "nodeSelector": selector}})) is None
