"""What is not changed: refused because it could not be done safely, or left because it has nothing to do with GPUs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from azext_aigpu.cluster.jobs.inject_error import InjectError
from azext_aigpu.cluster.jobs.report import render_injected
from tests.azext.cluster.jobs.given import (
    GPU,
    a_job,
    a_pod,
    an_object,
    dump,
    guard,
    guard_one,
    plain,
    pod_of,
    refusal_of,
    with_,
)

LIMIT = "resources: {limits: {nvidia.com/gpu: 1}}"
WRITTEN = """\
apiVersion: batch/v1
kind: Job
metadata: {name: train}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: CONTAINERS
"""
HARD_TO_CHANGE = {
    "braces": (f"[{{name: main, command: [x], {LIMIT}}}]", "line 8: this is written in braces"),
    "anchored-list": (f"&c\n      - name: main\n        command: [x]\n        {LIMIT}", "line 8: an anchor or alias"),
    "anchored-container": (
        f"\n      - &c\n        name: main\n        command: [x]\n        {LIMIT}",
        "line 9: an anchor",
    ),
    "merge": (f"\n      - <<: {{name: main, command: [x]}}\n        {LIMIT}", "line 9: a merge key"),
}

MANY_RULES = [{"action": "Ignore", "onPodConditions": [{"type": f"C{number}"}]} for number in range(19)]

REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "no-command": (a_job(a_pod(plain(command=None))), {}, "container main has no command", "ENTRYPOINT"),
    "empty-command": (a_job(a_pod(plain(command=[]))), {}, "container main has no command", "ENTRYPOINT"),
    "no-gpus-known": (a_job(a_pod(plain(resources=None))), {}, "how many GPUs is not known", "--gpus N"),
    "no-image": (a_job(a_pod(plain())), {"image": None}, "there is no default one", "aigpu.agent_image"),
    "on-failure": (a_job(a_pod(plain(), restartPolicy="OnFailure")), {}, "is OnFailure", "restartPolicy: Never"),
    "no-restart-policy": (a_job(a_pod(plain(), restartPolicy=None)), {}, "is absent", "restartPolicy: Never"),
    "replacement": (a_job(a_pod(plain()), podReplacementPolicy="TerminatingOrFailed"), {}, "needs Failed", "take it"),
    "many-rules": (
        a_job(
            a_pod(plain()),
            podFailurePolicy={"rules": MANY_RULES},
        ),
        {},
        "21 rules, and the API server takes 20",
        "join",
    ),
    "two-with-gpus": (a_job(a_pod(plain(), plain(name="b"))), {}, "main, b all ask for a GPU", "--container"),
    "two-without": (
        a_job(a_pod(plain(resources=None), plain(name="b", resources=None))),
        {"gpus": 1},
        "which container computes is not clear",
        "--container",
    ),
    "no-such-container": (a_job(a_pod(plain())), {"container": "b"}, "no container b, only main", "--container"),
    "units-that-do-not-add-up": (
        a_job(a_pod(plain(), plain(name="b", resources={"limits": {"nvidia.com/mig-1g.5gb": 1}}))),
        {"container": "main"},
        "cannot be added up",
        "by hand",
    ),
    "gpus-of-a-mig-job": (
        a_job(a_pod(plain(resources={"limits": {"nvidia.com/mig-1g.5gb": 1}}))),
        {"gpus": 1},
        "asks for its GPU as nvidia.com/mig-1g.5gb",
        "leave --gpus out",
    ),
    "gpus-of-a-claim": (
        a_job(a_pod(plain(resources={"claims": [{"name": "g"}]}))),
        {"gpus": 1},
        "as a ResourceClaim",
        "leave --gpus out",
    ),
    "host-pid": (a_job(a_pod(plain(), hostPID=True)), {}, "hostPID", "take hostPID out"),
    "sidecar-with-gpu": (
        a_job(a_pod(plain(), initContainers=[plain(name="side", restartPolicy="Always")])),
        {},
        "the sidecar side asks for a GPU",
        "main container",
    ),
    "notebook": (a_job(a_pod(plain(command=["/opt/bin/jupyter", "lab"]))), {}, "runs jupyter", "--on-fallback warn"),
    "launcher": (a_job(a_pod(plain(command=["mpirun", "x"], resources=None))), {"gpus": 1}, "launcher", "cpu-only"),
    "cuda-hidden": (
        a_job(a_pod(plain(env=[{"name": "CUDA_VISIBLE_DEVICES", "value": "-1,0"}]))),
        {},
        "hides every GPU by CUDA_VISIBLE_DEVICES",
        "take the variable out",
    ),
    "index-that-one-gpu-has-not": (
        a_job(a_pod(plain(env=[{"name": "CUDA_VISIBLE_DEVICES", "value": "1"}]))),
        {},
        "hides every GPU by CUDA_VISIBLE_DEVICES",
        "take the variable out",
    ),
    "kept-out-by-the-runtime": (
        a_job(a_pod(plain(env=[{"name": "NVIDIA_VISIBLE_DEVICES", "value": "none"}]))),
        {},
        "hides every GPU by NVIDIA_VISIBLE_DEVICES",
        "take the variable out",
    ),
    "kept-out-before-it-has-a-limit": (
        a_job(a_pod(plain(resources=None, env=[{"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}]))),
        {"gpus": 1},
        "hides every GPU by NVIDIA_VISIBLE_DEVICES",
        "take the variable out",
    ),
    "cpu-only-with-a-limit": (
        a_job(a_pod(plain(), annotations={"aigpu.io/cpu-only": "it launches"})),
        {},
        "declared CPU-only",
        "one or the other",
    ),
    "gpu-of-an-init-container": (
        a_job(a_pod(plain(resources=None), initContainers=[plain(name="i")], nodeSelector=None, tolerations=None)),
        {},
        "container main has no GPU limit",
        "--gpus N",
    ),
    "request-alone": (
        a_job(
            a_pod(plain(resources={"requests": {"nvidia.com/gpu": 1}}), nodeSelector=None, tolerations=None),
        ),
        {},
        "container main has no GPU limit",
        "--gpus N",
    ),
    "mount": (
        a_job(a_pod(plain(volumeMounts=[{"name": "x", "mountPath": "/aigpu/"}]))),
        {},
        "another volume at /aigpu",
        "elsewhere",
    ),
    "volume": (a_job(a_pod(plain(), volumes=[{"name": "aigpu", "configMap": {"name": "x"}}])), {}, "another", "rename"),
    "name-taken": (
        a_job(a_pod(plain(), initContainers=[{"name": "aigpu-preflight", "command": ["sh"]}])),
        {},
        "not written by job inject",
        "rename",
    ),
    "misshapen": (a_job(a_pod(plain(args="x"))), {}, "args is x, not a list", "correct it"),
    "deployment": (an_object("apps/v1", "Deployment", {"template": a_pod(plain())}), {}, "is checked and not", "hand"),
    "mpi-job": (
        an_object("kubeflow.org/v2beta1", "MPIJob", {"mpiReplicaSpecs": {"Worker": {"template": a_pod(plain())}}}),
        {},
        "a MPIJob is checked and not changed",
        "by hand",
    ),
    "job-of-another-group": (
        an_object("batch.volcano.sh/v1alpha1", "Job", {"tasks": [{"template": a_pod(plain())}]}),
        {},
        "a Job of batch.volcano.sh is checked and not changed",
        "by hand",
    ),
    "train-job-without-command": (
        an_object("trainer.kubeflow.org/v1alpha1", "TrainJob", {"trainer": {"resourcesPerNode": GPU}}),
        {},
        "has no command",
        "ENTRYPOINT",
    ),
    "earlier-train-job": (
        an_object(
            "trainer.kubeflow.org/v1alpha1",
            "TrainJob",
            {"trainer": {"command": ["x"], "resourcesPerNode": GPU}, "podSpecOverrides": [{"volumes": []}]},
        ),
        {},
        "spec.podSpecOverrides is of an earlier Kubeflow Trainer",
        "runtimePatches",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("thing", "options", "problem", "step"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_safely_is_refused(
    thing: dict[str, Any], options: dict[str, Any], problem: str, step: str
) -> None:
    seen, next_step = refusal_of(thing, wanted=with_(**options))

    assert problem in seen
    assert step in next_step


def test_one_refused_workload_keeps_the_whole_manifest_as_it_was() -> None:
    refusal_of(a_job(a_pod(plain())), an_object("apps/v1", "Deployment", {"template": a_pod(plain())}))


@pytest.mark.parametrize(
    "pod",
    [
        a_pod(plain(resources=None), initContainers=[plain(name="i")], nodeSelector=None, tolerations=None),
        a_pod(plain(resources={"requests": {"nvidia.com/gpu": 1}}), nodeSelector=None, tolerations=None),
    ],
    ids=["in-an-init-container", "as-a-request"],
)
def test_a_workload_that_names_a_gpu_in_the_wrong_place_is_not_left_as_a_cpu_one(pod: dict[str, Any]) -> None:
    injected = guard(dump(a_job(a_pod(plain())), an_object("v1", "Pod", pod["spec"], "other")))

    assert [one.workload.name for one in injected.refused] == ["other"]


def test_a_notebook_is_watched_where_that_is_said() -> None:
    guard_one(a_job(a_pod(plain(command=["jupyter", "lab"]))), with_(on_fallback="warn"))


def test_a_launcher_that_computes_itself_says_so_by_its_limit() -> None:
    guard_one(a_job(a_pod(plain(command=["mpirun", "-np", "2", "x"]))))


@pytest.mark.parametrize("name", ["CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"])
def test_a_helper_may_hide_the_gpus_from_itself(name: str) -> None:
    helper = plain(name="logs", resources=None, env=[{"name": name, "value": ""}])

    assert len(pod_of(guard_one(a_job(a_pod(plain(), helper))))["containers"]) == 2


def test_what_a_claim_gives_is_not_kept_out() -> None:
    claiming = plain(resources={"claims": [{"name": "g"}]}, env=[{"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}])

    assert "initContainers" in pod_of(guard_one(a_job(a_pod(claiming))))


def test_gpus_for_one_of_several_jobs_is_not_guessed() -> None:
    lone = a_job(a_pod(plain(resources=None), nodeSelector=None, tolerations=None))

    with pytest.raises(InjectError, match="which one --gpus is for is not clear"):
        guard(dump(lone, lone), with_(gpus=1))


@pytest.mark.parametrize(("container", "told"), HARD_TO_CHANGE.values(), ids=HARD_TO_CHANGE)
def test_a_form_that_cannot_be_changed_is_told_by_its_line(container: str, told: str) -> None:
    with pytest.raises(InjectError) as caught:
        guard(WRITTEN.replace("CONTAINERS", container))
    assert told in caught.value.problem


def test_an_anchor_elsewhere_is_no_hindrance() -> None:
    env = "env: [{name: A, value: *name}]"
    containers = f"\n      - name: &name main\n        command: [x]\n        {env}\n        {LIMIT}"
    text = WRITTEN.replace("CONTAINERS", containers)

    assert env in guard(text).text


def test_json_is_checked_and_not_changed() -> None:
    with pytest.raises(InjectError, match="written in braces"):
        guard(json.dumps(a_job(a_pod(plain()))))


def test_what_has_nothing_to_do_with_gpus_is_left() -> None:
    web = a_pod(plain(resources=None), nodeSelector=None, tolerations=None)
    cpu = an_object("apps/v1", "Deployment", {"template": web}, "web")
    text = dump(an_object("v1", "Secret", None), cpu, a_job(a_pod(plain())), an_object("example.com/v1", "X", {}))
    injected = guard(text)

    assert [one.title for one in injected.guarded] == ["Job train"]
    assert [one.kind for one in injected.left] == ["Secret", "Deployment", "X"]
    assert injected.text.startswith(dump(an_object("v1", "Secret", None), cpu))


def test_a_daemon_set_is_left() -> None:
    plugin = an_object("apps/v1", "DaemonSet", {"template": a_pod(plain(resources=None))})
    assert [one.kind for one in guard(dump(plugin, a_job(a_pod(plain())))).left] == ["DaemonSet"]


def test_a_launcher_that_is_declared_cpu_only_is_left() -> None:
    launcher = a_job(a_pod(plain(resources=None), annotations={"aigpu.io/cpu-only": "it launches"}))
    injected = guard(dump(launcher), with_(gpus=1))

    assert not injected.guarded
    assert not injected.refused


def test_an_empty_manifest_has_nothing_to_guard() -> None:
    assert not guard("# nothing\n").guarded


@pytest.mark.parametrize(
    ("thing", "told"),
    [
        pytest.param(an_object("v1", "Secret", None), "Left as it is: Secret train.", id="no-pods"),
        pytest.param(an_object("example.com/v1", "X", {}), "X train; its kind is not known.", id="kind"),
        pytest.param(
            a_job(a_pod(plain(resources=None), nodeSelector=None, tolerations=None)),
            "Job train; nothing in it says GPU.",
            id="cpu",
        ),
        pytest.param(
            a_job(a_pod(plain(resources=None), annotations={"aigpu.io/cpu-only": "it launches"})),
            "Job train; it is declared CPU-only.",
            id="cpu-only",
        ),
        pytest.param(
            a_job(a_pod(plain(resources=None), nodeSelector={"agentpool": "p1"}, tolerations=None)),
            "Job train; it asks for no GPU, and whether nodeSelector agentpool=p1 means GPU nodes cannot be told.",
            id="undecided",
        ),
    ],
)
def test_it_is_said_why_something_was_left(thing: dict[str, Any], told: str) -> None:
    guarded = an_object("v1", "Pod", a_pod(plain())["spec"], "other")

    assert told in render_injected(guard(dump(guarded, thing)))
