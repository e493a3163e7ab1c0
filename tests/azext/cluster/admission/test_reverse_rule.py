from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.cluster.admission.reverse_rule import (
    GpuPools,
    asks,
    breaks_rule,
    env_value,
    is_above_zero,
    is_blanked,
    list_targets,
    list_undecided,
)

POOLS = GpuPools(names=frozenset({"gpu", "a100"}))
INSTANCE = "node.kubernetes.io/instance-type"
ACCELERATOR = "kubernetes.azure.com/accelerator"


def required(*expressions: dict[str, Any]) -> dict[str, Any]:
    """The spec of a pod with these expressions in one term of its required node affinity."""
    terms = {"nodeSelectorTerms": [{"matchExpressions": list(expressions)}]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}}


def preferred(*expressions: dict[str, Any]) -> dict[str, Any]:
    term = {"weight": 1, "preference": {"matchExpressions": list(expressions)}}
    return {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}}


def has(key: str, *values: str, operator: str = "In") -> dict[str, Any]:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def tolerates(**toleration: str) -> dict[str, Any]:
    return {"tolerations": [toleration]}


TARGETS = {
    "toleration": tolerates(key="sku", operator="Equal", value="gpu", effect="NoSchedule"),
    "toleration-exists": tolerates(key="sku", operator="Exists"),
    "selector-hardware": {"nodeSelector": {"hardware": "gpu"}},
    "selector-gpu-type": {"nodeSelector": {"gpu-type": "nvidia"}},
    "selector-accelerator": {"nodeSelector": {ACCELERATOR: "nvidia"}},
    "selector-pool": {"nodeSelector": {"agentpool": "gpu"}},
    "selector-pool-new-key": {"nodeSelector": {"kubernetes.azure.com/agentpool": "a100"}},
    "selector-instance-type": {"nodeSelector": {INSTANCE: "Standard_NC24ads_A100_v4"}},
    "selector-instance-type-any-case": {"nodeSelector": {INSTANCE: "standard_nc4as_t4_v3"}},
    "selector-retired-instance-type": {"nodeSelector": {"beta.kubernetes.io/instance-type": "Standard_NC6s_v3"}},
    "selector-contract": {"nodeSelector": {"aigpu.io/gpu-model": "a100-80gb"}},
    "affinity-in": required(has("hardware", "cpu", "gpu")),
    "affinity-exists": required(has("hardware", operator="Exists")),
    "affinity-contract-exists": required(has("aigpu.io/sku", operator="Exists")),
    "affinity-pool": required(has("agentpool", "cpu", "gpu")),
    "affinity-second-expression": required(has("zone", "1"), has(ACCELERATOR, operator="Exists")),
}
OTHERS = {
    "nothing": {},
    "toleration-without-key": tolerates(operator="Exists"),
    "toleration-of-another-taint": tolerates(key="nvidia.com/gpu", operator="Exists"),
    "workload": {"nodeSelector": {"workload": "ai"}},
    "other-value": {"nodeSelector": {"hardware": "cpu", "gpu-type": "amd"}},
    "not-in": required(has("hardware", "gpu", operator="NotIn")),
    "does-not-exist": required(has(ACCELERATOR, operator="DoesNotExist")),
    "preferred": preferred(has("hardware", "gpu")),
    "another-pool": {"nodeSelector": {"agentpool": "system"}},
    "any-pool": required(has("agentpool", operator="Exists")),
    "any-instance-type": required(has(INSTANCE, operator="Exists")),
    "cpu-instance-type": {"nodeSelector": {INSTANCE: "Standard_D16s_v5"}},
    "amd-instance-type": {"nodeSelector": {INSTANCE: "Standard_ND96isr_MI300X_v5"}},
    "wrong-types": {"nodeSelector": ["hardware"], "tolerations": {"key": "sku"}, "affinity": 3},
}


@pytest.mark.parametrize("spec", TARGETS.values(), ids=TARGETS)
def test_what_sends_a_pod_to_a_gpu_pool_targets_it(spec: dict[str, Any]) -> None:
    assert len(list_targets(spec, POOLS)) == 1
    assert breaks_rule({"spec": {**spec, "containers": [{"name": "main"}]}}, POOLS)


@pytest.mark.parametrize("spec", OTHERS.values(), ids=OTHERS)
def test_what_only_allows_or_avoids_gpu_nodes_targets_nothing(spec: dict[str, Any]) -> None:
    assert list_targets(spec, POOLS) == ()
    assert not breaks_rule({"spec": {**spec, "containers": [{"name": "main"}]}}, POOLS)


def test_the_taint_is_the_configured_one() -> None:
    spec = tolerates(key="nvidia.com/gpu", operator="Exists")

    assert list_targets(spec, GpuPools(taint_key="nvidia.com/gpu")) == ("toleration nvidia.com/gpu",)


@pytest.mark.parametrize(
    ("selector", "undecided"),
    [
        pytest.param({"agentpool": "gpu"}, ("nodeSelector agentpool=gpu",), id="pool"),
        pytest.param(
            {INSTANCE: "Standard_NX9_v9"}, (f"nodeSelector {INSTANCE}=Standard_NX9_v9",), id="size-in-no-list"
        ),
        pytest.param({INSTANCE: "Standard_D16s_v5"}, (), id="cpu-size"),
        pytest.param({INSTANCE: "Standard_NC4as_T4_v3"}, (), id="gpu-size"),
        pytest.param({"disk": "fast"}, (), id="another-key"),
    ],
)
def test_without_names_of_pools_a_pool_is_undecided_and_never_taken_for_none(
    selector: dict[str, str], undecided: tuple[str, ...]
) -> None:
    assert list_undecided({"nodeSelector": selector}, GpuPools()) == undecided


def container(limits: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {"name": "main", "resources": {"limits": limits or {}}, **fields}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(container({"nvidia.com/gpu": 1}), True, id="number"),
        pytest.param(container({"nvidia.com/gpu": "2"}), True, id="text"),
        pytest.param(container({"nvidia.com/gpu.shared": 1}), True, id="shared"),
        pytest.param(container({"nvidia.com/mig-1g.10gb": 1}), True, id="mig"),
        pytest.param(container(resources={"claims": [{"name": "gpu"}]}), True, id="claim"),
        pytest.param(container({"nvidia.com/gpu": 0}), False, id="zero"),
        pytest.param(container({"nvidia.com/gpu": "0"}), False, id="zero-as-text"),
        pytest.param(container({"nvidia.com/gpu": "one"}), False, id="no-quantity"),
        pytest.param(container({"nvidia.com/gpu": True}), False, id="truth"),
        pytest.param(container({"nvidia.com/gpumem": 1}), False, id="another-resource"),
        pytest.param(container({"amd.com/gpu": 1}), False, id="amd"),
        pytest.param(container(resources={"requests": {"nvidia.com/gpu": 1}}), False, id="requests-alone"),
        pytest.param(container(resources={"claims": []}), False, id="no-claim"),
        pytest.param({"name": "main"}, False, id="nothing"),
    ],
)
def test_asking_is_a_limit_above_zero_or_a_claim(given: dict[str, Any], expected: bool) -> None:
    assert asks(given) is expected


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("1", True),
        ("1000m", True),
        ("0.5", True),
        ("1e3", True),
        ("2Gi", True),
        (0, False),
        ("0Ki", False),
        ("-1", False),
    ],
)
def test_quantities_are_those_of_kubernetes(quantity: Any, expected: bool) -> None:
    assert is_above_zero(quantity) is expected


def a_pod(*containers: dict[str, Any], annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"annotations": annotations or {}},
        "spec": {"nodeSelector": {"hardware": "gpu"}, "containers": list(containers), **spec},
    }


VOID: dict[str, Any] = {"env": [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}]}


@pytest.mark.parametrize(
    ("value", "blanked"),
    [
        ("", True),
        (" ", True),
        ("-1", True),
        ("-1,0", True),
        ("none", True),
        (",0", True),
        ("0", False),
        ("0,-1", False),
        ("0,0", False),
        ("GPU-0a1b", False),
        ("$(LOCAL_GPU)", False),
    ],
)
def test_a_bad_first_entry_hides_every_gpu(value: str, blanked: bool) -> None:
    assert is_blanked({"env": [{"name": "CUDA_VISIBLE_DEVICES", "value": value}]}) is blanked


BLANK: dict[str, Any] = {"env": [{"name": "CUDA_VISIBLE_DEVICES", "value": ""}]}
GPU = {"nvidia.com/gpu": 1}
CPU_ONLY = {"aigpu.io/cpu-only": "evaluation runs on the CPU"}


@pytest.mark.parametrize(
    ("pod", "broken"),
    [
        pytest.param(a_pod(container(GPU)), False, id="asks"),
        pytest.param(a_pod(container()), True, id="asks-for-none"),
        pytest.param(a_pod(container(), initContainers=[container(GPU)]), True, id="init-container-asks"),
        pytest.param(a_pod(container(), container(GPU)), False, id="one-of-two-asks"),
        pytest.param(a_pod(container(GPU, **BLANK)), True, id="blanked"),
        pytest.param(a_pod(container(GPU), container(**BLANK)), False, id="blanked-beside-one-that-asks"),
        pytest.param(a_pod(container(**VOID), annotations=CPU_ONLY), False, id="cpu-only"),
        pytest.param(a_pod(container(), annotations=CPU_ONLY), True, id="cpu-only-that-sees-gpus"),
        pytest.param(a_pod(container(**VOID), container(), annotations=CPU_ONLY), True, id="cpu-only-in-one-of-two"),
        pytest.param(
            a_pod(container(**VOID), annotations=CPU_ONLY, initContainers=[container()]), True, id="cpu-only-but-init"
        ),
        pytest.param(a_pod(container(**VOID), annotations={"aigpu.io/cpu-only": " "}), True, id="cpu-only-no-reason"),
        pytest.param(a_pod(container(**VOID)), True, id="void-alone"),
    ],
)
def test_a_pod_on_a_gpu_pool_asks_or_is_exempt(pod: dict[str, Any], broken: bool) -> None:
    assert breaks_rule(pod, POOLS) is broken


@pytest.mark.parametrize(
    ("kind", "controller", "broken"), [("DaemonSet", True, False), ("DaemonSet", False, True), ("Job", True, True)]
)
def test_only_a_daemonsets_own_pods_are_exempt(kind: str, controller: bool, broken: bool) -> None:
    pod = a_pod(container())
    pod["metadata"]["ownerReferences"] = [{"kind": kind, "controller": controller}]

    assert breaks_rule(pod, POOLS) is broken


@pytest.mark.parametrize(
    ("env", "value"),
    [
        pytest.param([], None, id="none"),
        pytest.param([{"name": "A"}], "", id="without-value"),
        pytest.param([{"name": "A", "value": "1"}, {"name": "A", "value": "2"}], "2", id="last-wins"),
        pytest.param([{"name": "A", "valueFrom": {"fieldRef": {}}}], None, id="from-elsewhere"),
        pytest.param([{"name": "B", "value": "1"}, 3], None, id="another"),
    ],
)
def test_a_variable_has_the_value_that_the_kubelet_gives_it(env: list[Any], value: str | None) -> None:
    assert env_value({"env": env}, "A") == value
