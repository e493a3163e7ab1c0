"""What a guarded pod template is: limit, place, main container, and what the watch does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.azext.cluster.jobs.given import (
    PLAIN,
    a_job,
    a_pod,
    an_object,
    guard_one,
    main_of,
    plain,
    pod_of,
    told,
    with_,
)


def test_a_guarded_job_is_one_that_check_finds_nothing_in() -> None:
    job = a_job(a_pod(plain(), nodeSelector=None, tolerations=None))

    assert set(told(job)) == {"TolerationMissing", "PreflightMissing"}
    assert told(guard_one(job)) == {"Passed": "PASS"}


def test_the_limit_is_the_one_that_is_asked_for() -> None:
    job = guard_one(a_job(a_pod(plain(resources=None))), with_(gpus=4))

    assert main_of(job)["resources"] == {"limits": {"nvidia.com/gpu": 4}}
    assert pod_of(job)["initContainers"][0]["resources"] == {"limits": {"nvidia.com/gpu": 4}}
    assert main_of(job)["command"][3:5] == ["--expect-gpus", "4"]


def test_a_limit_that_is_there_is_changed_with_its_request() -> None:
    resources = {"requests": {"nvidia.com/gpu": 1, "cpu": "2"}, "limits": {"nvidia.com/gpu": "1"}}
    job = guard_one(a_job(a_pod(plain(resources=resources))), with_(gpus=2))

    assert main_of(job)["resources"] == {
        "requests": {"nvidia.com/gpu": 2, "cpu": "2"},
        "limits": {"nvidia.com/gpu": 2},
    }


def test_a_limit_of_the_same_number_stays_as_it_was_written() -> None:
    job = guard_one(a_job(a_pod(plain(resources={"limits": {"nvidia.com/gpu": "1"}}))), with_(gpus=1))

    assert main_of(job)["resources"]["limits"] == {"nvidia.com/gpu": "1"}


def test_the_init_container_needs_no_more_than_the_main_one() -> None:
    resources = {"requests": {"memory": "8Gi"}, "limits": {"memory": "8Gi", "nvidia.com/gpu": 1}}
    job = guard_one(a_job(a_pod(plain(resources=resources))))

    assert pod_of(job)["initContainers"][0]["resources"] == resources


def test_arguments_stay_arguments() -> None:
    job = guard_one(a_job(a_pod(plain(args=["--epochs", "3"]))))

    assert main_of(job)["command"][-3:] == ["--", *PLAIN]
    assert main_of(job)["args"] == ["--epochs", "3"]


@pytest.mark.parametrize(
    "selector",
    [
        {"agentpool": "gpu"},
        {"kubernetes.azure.com/accelerator": "nvidia"},
        {"aigpu.io/gpu-model": "a100"},
        {"node.kubernetes.io/instance-type": "Standard_NC24ads_A100_v4"},
    ],
    ids=lambda selector: next(iter(selector)).replace("/", "-"),
)
def test_a_pod_that_selects_a_pool_already_keeps_its_selector(selector: dict[str, str]) -> None:
    assert pod_of(guard_one(a_job(a_pod(plain(), nodeSelector=selector))))["nodeSelector"] == selector


def test_other_selectors_are_joined() -> None:
    pod = pod_of(guard_one(a_job(a_pod(plain(), nodeSelector={"zone": "1"}))))
    assert pod["nodeSelector"] == {"zone": "1", "hardware": "gpu"}


@pytest.mark.parametrize(
    ("toleration", "added"),
    [
        pytest.param({"operator": "Exists"}, False, id="everything"),
        pytest.param({"key": "sku", "operator": "Exists", "effect": "NoSchedule"}, False, id="any-value"),
        pytest.param({"key": "sku", "value": "gpu"}, False, id="equal-by-default"),
        pytest.param({"key": "sku", "value": "cpu"}, True, id="another-value"),
        pytest.param({"key": "sku", "operator": "Exists", "effect": "NoExecute"}, True, id="another-effect"),
        pytest.param({"key": "nvidia.com/gpu", "operator": "Exists"}, True, id="another-key"),
    ],
)
def test_a_toleration_is_added_where_none_lets_the_pod_in(toleration: dict[str, str], added: bool) -> None:
    pod = pod_of(guard_one(a_job(a_pod(plain(), tolerations=[toleration]))))
    assert len(pod["tolerations"]) == 1 + added


def test_the_main_container_is_the_default_one_where_several_have_gpus() -> None:
    pod = a_pod(plain(), plain(name="other"), annotations={"kubectl.kubernetes.io/default-container": "other"})
    job = guard_one(a_job(pod))

    assert [len(one["command"]) > 2 for one in pod_of(job)["containers"]] == [False, True]
    assert pod_of(job)["initContainers"][0]["resources"]["limits"] == {"nvidia.com/gpu": 2}


def test_only_the_roles_with_gpus_are_guarded() -> None:
    lone = a_pod(plain(name="pytorch", resources=None), nodeSelector=None, tolerations=None)
    roles = {"Master": {"template": lone}, "Worker": {"template": a_pod(plain(name="pytorch"))}}
    job = guard_one(an_object("kubeflow.org/v1", "PyTorchJob", {"pytorchReplicaSpecs": roles}))

    assert job["spec"]["pytorchReplicaSpecs"]["Master"] == {"template": lone}
    assert "initContainers" in job["spec"]["pytorchReplicaSpecs"]["Worker"]["template"]["spec"]


@pytest.mark.parametrize(
    ("thing", "mode"),
    [
        pytest.param(a_job(a_pod(plain())), "stop", id="job"),
        pytest.param(an_object("v1", "Pod", a_pod(plain())["spec"]), "warn", id="pod"),
    ],
)
def test_the_kind_decides_and_the_manifest_says_it(thing: dict[str, Any], mode: str) -> None:
    assert f"--on-fallback', '{mode}'" in str(guard_one(thing))


def test_what_was_chosen_before_is_kept() -> None:
    job = guard_one(a_job(a_pod(plain())), with_(on_fallback="warn", gpu_deadline="2h"))

    assert main_of(guard_one(job))["command"] == main_of(job)["command"]
    assert main_of(guard_one(job, with_(gpu_deadline="1h")))["command"][3:9] == [
        "--expect-gpus", "1", "--on-fallback", "warn", "--gpu-deadline", "1h",
    ]  # fmt: skip
