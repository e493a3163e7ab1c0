from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import yaml

from azext_aigpu.cluster.jobs.guard import Wanted
from azext_aigpu.cluster.jobs.inject import inject
from azext_aigpu.cluster.jobs.inject_error import InjectError
from tests.azext.cluster.jobs.given import (
    GOLDEN,
    GPU,
    IMAGE,
    WANTED,
    a_container,
    a_job,
    a_pod,
    an_object,
    dump,
    guard,
    guard_one,
    refusal_of,
    told,
)

OPTIONS = {"pod": {"gpus": 1, "gpu_deadline": "45m"}}
"""The golden manifests that are guarded with more than the image."""

PLAIN = ["python", "train.py"]
NAMES = sorted(path.name.partition(".")[0] for path in GOLDEN.glob("*.before.yaml"))


def plain(**fields: Any) -> dict[str, Any]:
    """A container before it is guarded."""
    return a_container(**{"command": PLAIN, **fields})


def with_(**fields: Any) -> Wanted:
    return dataclasses.replace(WANTED, **fields)


def pod_of(job: dict[str, Any]) -> dict[str, Any]:
    return dict(job["spec"]["template"]["spec"])


def main_of(job: dict[str, Any]) -> dict[str, Any]:
    return dict(pod_of(job)["containers"][0])


def codes_of(job: dict[str, Any]) -> list[tuple[str, str, list[int]]]:
    """The rules of a Job's podFailurePolicy by exit code: action, container, codes."""
    rules = [rule for rule in job["spec"]["podFailurePolicy"]["rules"] if "onExitCodes" in rule]
    return [
        (rule["action"], rule["onExitCodes"].get("containerName", ""), rule["onExitCodes"]["values"]) for rule in rules
    ]


class TestGolden:
    def test_there_is_one_for_every_kind_that_is_changed(self) -> None:
        kinds = {data.get("kind") for name in NAMES for data in self.read(name)}
        assert kinds >= {"Pod", "Job", "CronJob", "PyTorchJob", "TrainJob", "List"}

    @pytest.mark.parametrize("name", NAMES)
    def test_a_manifest_is_guarded_as_it_was_reviewed(self, name: str) -> None:
        before, after = (self.text(name, part) for part in ("before", "after"))

        assert guard(before, with_(**OPTIONS.get(name, {}))).text == after

    @pytest.mark.parametrize("name", NAMES)
    def test_a_guarded_manifest_stays_as_it_is_without_any_option(self, name: str) -> None:
        after = self.text(name, "after")

        assert inject(after, name, Wanted()).text == after

    @pytest.mark.parametrize("name", NAMES)
    def test_every_line_of_before_is_there_but_for_the_values_that_changed(self, name: str) -> None:
        before, after = (self.text(name, part).splitlines() for part in ("before", "after"))
        changed = ("command: [", "{}", "[]", "image: registry.example.com/aigpu-agent:0.0.9")

        assert [line for line in before if line not in after and not any(part in line for part in changed)] == []

    @staticmethod
    def text(name: str, part: str) -> str:
        return (GOLDEN / f"{name}.{part}.yaml").read_bytes().decode("utf-8")

    def read(self, name: str) -> list[dict[str, Any]]:
        return list(yaml.safe_load_all(self.text(name, "before")))


class TestGuard:
    def test_a_guarded_job_is_one_that_check_finds_nothing_in(self) -> None:
        job = a_job(a_pod(plain(), nodeSelector=None, tolerations=None))

        assert set(told(job)) == {"TolerationMissing", "PreflightMissing"}
        assert told(guard_one(job)) == {"Passed": "PASS"}

    def test_the_limit_is_the_one_that_is_asked_for(self) -> None:
        job = guard_one(a_job(a_pod(plain(resources=None))), with_(gpus=4))

        assert main_of(job)["resources"] == {"limits": {"nvidia.com/gpu": 4}}
        assert pod_of(job)["initContainers"][0]["resources"] == {"limits": {"nvidia.com/gpu": 4}}
        assert main_of(job)["command"][3:5] == ["--expect-gpus", "4"]

    def test_a_limit_that_is_there_is_changed_with_its_request(self) -> None:
        resources = {"requests": {"nvidia.com/gpu": 1, "cpu": "2"}, "limits": {"nvidia.com/gpu": "1"}}
        job = guard_one(a_job(a_pod(plain(resources=resources))), with_(gpus=2))

        assert main_of(job)["resources"] == {
            "requests": {"nvidia.com/gpu": 2, "cpu": "2"},
            "limits": {"nvidia.com/gpu": 2},
        }

    def test_a_limit_of_the_same_number_stays_as_it_was_written(self) -> None:
        job = guard_one(a_job(a_pod(plain(resources={"limits": {"nvidia.com/gpu": "1"}}))), with_(gpus=1))

        assert main_of(job)["resources"]["limits"] == {"nvidia.com/gpu": "1"}

    def test_the_init_container_needs_no_more_than_the_main_one(self) -> None:
        resources = {"requests": {"memory": "8Gi"}, "limits": {"memory": "8Gi", "nvidia.com/gpu": 1}}
        job = guard_one(a_job(a_pod(plain(resources=resources))))

        assert pod_of(job)["initContainers"][0]["resources"] == resources

    def test_arguments_stay_arguments(self) -> None:
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
    def test_a_pod_that_selects_a_pool_already_keeps_its_selector(self, selector: dict[str, str]) -> None:
        assert pod_of(guard_one(a_job(a_pod(plain(), nodeSelector=selector))))["nodeSelector"] == selector

    def test_other_selectors_are_joined(self) -> None:
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
    def test_a_toleration_is_added_where_none_lets_the_pod_in(self, toleration: dict[str, str], added: bool) -> None:
        pod = pod_of(guard_one(a_job(a_pod(plain(), tolerations=[toleration]))))
        assert len(pod["tolerations"]) == 1 + added

    def test_the_main_container_is_the_default_one_where_several_have_gpus(self) -> None:
        pod = a_pod(plain(), plain(name="other"), annotations={"kubectl.kubernetes.io/default-container": "other"})
        job = guard_one(a_job(pod))

        assert [len(one["command"]) > 2 for one in pod_of(job)["containers"]] == [False, True]
        assert pod_of(job)["initContainers"][0]["resources"]["limits"] == {"nvidia.com/gpu": 2}

    def test_only_the_roles_with_gpus_are_guarded(self) -> None:
        lone = a_pod(plain(name="pytorch", resources=None), nodeSelector=None, tolerations=None)
        roles = {"Master": {"template": lone}, "Worker": {"template": a_pod(plain(name="pytorch"))}}
        job = guard_one(an_object("kubeflow.org/v1", "PyTorchJob", {"pytorchReplicaSpecs": roles}))

        assert job["spec"]["pytorchReplicaSpecs"]["Master"] == {"template": lone}
        assert "initContainers" in job["spec"]["pytorchReplicaSpecs"]["Worker"]["template"]["spec"]


class TestOnFallback:
    @pytest.mark.parametrize(
        ("thing", "mode"),
        [
            pytest.param(a_job(a_pod(plain())), "stop", id="job"),
            pytest.param(an_object("v1", "Pod", a_pod(plain())["spec"]), "warn", id="pod"),
        ],
    )
    def test_the_kind_decides_and_the_manifest_says_it(self, thing: dict[str, Any], mode: str) -> None:
        assert f"--on-fallback', '{mode}'" in str(guard_one(thing))

    def test_what_was_chosen_before_is_kept(self) -> None:
        job = guard_one(a_job(a_pod(plain())), with_(on_fallback="warn", gpu_deadline="2h"))

        assert main_of(guard_one(job))["command"] == main_of(job)["command"]
        assert main_of(guard_one(job, with_(gpu_deadline="1h")))["command"][3:9] == [
            "--expect-gpus", "1", "--on-fallback", "warn", "--gpu-deadline", "1h",
        ]  # fmt: skip


class TestFailurePolicy:
    def test_78_ends_the_job_and_a_bad_node_counts(self) -> None:
        assert codes_of(guard_one(a_job(a_pod(plain())))) == [
            ("FailJob", "aigpu-preflight", [64, 78]),
            ("FailJob", "main", [78]),
        ]

    def test_a_program_that_ends_with_78_itself_is_left_to_it(self) -> None:
        job = guard_one(a_job(a_pod(plain())), with_(program_ends_with_78=True))
        assert codes_of(job) == [("FailJob", "aigpu-preflight", [64, 78])]

    def test_it_can_be_said_later_too(self) -> None:
        job = guard_one(guard_one(a_job(a_pod(plain()))), with_(program_ends_with_78=True))
        assert codes_of(job) == [("FailJob", "aigpu-preflight", [64, 78])]

    @pytest.mark.parametrize(
        ("codes", "clashes"),
        [
            pytest.param({"operator": "In", "values": [3, 78]}, True, id="any-container"),
            pytest.param({"containerName": "main", "operator": "In", "values": [78]}, True, id="this-container"),
            pytest.param({"containerName": "main", "operator": "NotIn", "values": [0]}, True, id="every-other-code"),
            pytest.param({"containerName": "main", "operator": "In", "values": [3]}, False, id="another-code"),
            pytest.param({"containerName": "logs", "operator": "In", "values": [78]}, False, id="another-container"),
            pytest.param({"containerName": "main", "operator": "NotIn", "values": [0, 78]}, False, id="not-78"),
        ],
    )
    def test_a_meaning_that_78_has_already_stays(self, codes: dict[str, Any], clashes: bool) -> None:
        rule = {"action": "Count", "onExitCodes": codes}
        job = guard_one(a_job(a_pod(plain()), podFailurePolicy={"rules": [rule]}))

        assert (("FailJob", "main", [78]) in codes_of(job)) is not clashes
        assert job["spec"]["podFailurePolicy"]["rules"][-1] == rule

    def test_a_cron_job_has_it_in_the_job_that_it_makes(self) -> None:
        spec = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": a_pod(plain())}}}
        job = guard_one(an_object("batch/v1", "CronJob", spec))
        assert len(job["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]) == 2


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
    "blanked": (a_job(a_pod(plain(env=[{"name": "CUDA_VISIBLE_DEVICES", "value": "-1"}]))), {}, "hides", "take the"),
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


class TestRefusal:
    @pytest.mark.parametrize(("thing", "options", "problem", "step"), REFUSED.values(), ids=REFUSED)
    def test_what_cannot_be_done_safely_is_refused(
        self, thing: dict[str, Any], options: dict[str, Any], problem: str, step: str
    ) -> None:
        seen, next_step = refusal_of(thing, wanted=with_(**options))

        assert problem in seen
        assert step in next_step

    def test_one_refused_workload_keeps_the_whole_manifest_as_it_was(self) -> None:
        refusal_of(a_job(a_pod(plain())), an_object("apps/v1", "Deployment", {"template": a_pod(plain())}))

    def test_a_notebook_is_watched_where_that_is_said(self) -> None:
        guard_one(a_job(a_pod(plain(command=["jupyter", "lab"]))), with_(on_fallback="warn"))

    def test_a_launcher_that_computes_itself_says_so_by_its_limit(self) -> None:
        guard_one(a_job(a_pod(plain(command=["mpirun", "-np", "2", "x"]))))

    def test_gpus_for_one_of_several_jobs_is_not_guessed(self) -> None:
        lone = a_job(a_pod(plain(resources=None), nodeSelector=None, tolerations=None))

        with pytest.raises(InjectError, match="which one --gpus is for is not clear"):
            guard(dump(lone, lone), with_(gpus=1))

    @pytest.mark.parametrize(("container", "told"), HARD_TO_CHANGE.values(), ids=HARD_TO_CHANGE)
    def test_a_form_that_cannot_be_changed_is_told_by_its_line(self, container: str, told: str) -> None:
        with pytest.raises(InjectError) as caught:
            guard(WRITTEN.replace("CONTAINERS", container))
        assert told in caught.value.problem

    def test_an_anchor_elsewhere_is_no_hindrance(self) -> None:
        env = "env: [{name: A, value: *name}]"
        containers = f"\n      - name: &name main\n        command: [x]\n        {env}\n        {LIMIT}"
        text = WRITTEN.replace("CONTAINERS", containers)

        assert env in guard(text).text

    def test_json_is_checked_and_not_changed(self) -> None:
        import json

        with pytest.raises(InjectError, match="written in braces"):
            guard(json.dumps(a_job(a_pod(plain()))))


class TestLeftAlone:
    def test_what_has_nothing_to_do_with_gpus_is_left(self) -> None:
        web = a_pod(plain(resources=None), nodeSelector=None, tolerations=None)
        cpu = an_object("apps/v1", "Deployment", {"template": web}, "web")
        text = dump(an_object("v1", "Secret", None), cpu, a_job(a_pod(plain())), an_object("example.com/v1", "X", {}))
        injected = guard(text)

        assert [one.title for one in injected.guarded] == ["Job train"]
        assert [one.kind for one in injected.left] == ["Secret", "Deployment", "X"]
        assert injected.text.startswith(dump(an_object("v1", "Secret", None), cpu))

    def test_a_daemon_set_is_left(self) -> None:
        plugin = an_object("apps/v1", "DaemonSet", {"template": a_pod(plain(resources=None))})
        assert [one.kind for one in guard(dump(plugin, a_job(a_pod(plain())))).left] == ["DaemonSet"]

    def test_a_launcher_that_is_declared_cpu_only_is_left(self) -> None:
        launcher = a_job(a_pod(plain(resources=None), annotations={"aigpu.io/cpu-only": "it launches"}))
        injected = guard(dump(launcher), with_(gpus=1))

        assert not injected.guarded
        assert not injected.refused

    def test_an_empty_manifest_has_nothing_to_guard(self) -> None:
        assert not guard("# nothing\n").guarded


def test_windows_line_ends_stay() -> None:
    text = dump(a_job(a_pod(plain()))).replace("\n", "\r\n")
    guarded = guard(text).text

    assert guarded.count("\r\n") == guarded.count("\n")
    assert guarded.replace("\r\n", "\n") == guard(text.replace("\r\n", "\n")).text


def test_the_image_of_a_newer_version_is_written_over_the_older() -> None:
    job = guard_one(a_job(a_pod(plain())))
    newer = guard_one(job, with_(image="registry.example.com/aigpu-agent:0.2.0"))

    assert pod_of(newer)["initContainers"][0]["image"].endswith(":0.2.0")
    assert pod_of(guard_one(newer, Wanted()))["initContainers"][0]["image"].endswith(":0.2.0")
    assert IMAGE not in dump(newer)
