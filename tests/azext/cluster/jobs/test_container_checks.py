"""Variables that hide a GPU, each by what CUDA or the container toolkit makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.exit_codes import EXIT_OK
from azext_aigpu.cluster.jobs.report import exit_code_of
from tests.azext.cluster.jobs.given import GPU, PLAIN, a_container, a_job, a_pod, an_object, review, told

PASSED = {"Passed": "PASS"}
TWO = {"limits": {"nvidia.com/gpu": 2}}
MIG = {"limits": {"nvidia.com/mig-1g.10gb": 2}}
CLAIM = {"claims": [{"name": "gpu"}]}
CUDA, NVIDIA, CAPABILITIES = "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES"
EMPTY, INVALID, SHORT = "CUDAVisibleDevicesEmpty", "CUDAVisibleDevicesInvalid", "CUDAVisibleDevicesShort"
ELSEWHERE = {"VisibleDevicesElsewhere": "UNKNOWN"}
MAYBE_ELSEWHERE = {"VisibleDevicesElsewhere": "WARN"}
HIDDEN = {"GPUGivenAndHidden": "FAIL"}
BY_HAND = {"VisibleDevicesByHand": "WARN"}
FROM = [{"configMapRef": {"name": "settings"}}]
BLANK = [{"name": CUDA, "value": ""}]


def job_with(name: str, value: object, **container: Any) -> dict[str, Any]:
    return a_job(a_pod(a_container(env=[{"name": name, "value": value}], **container)))


@pytest.mark.parametrize(
    ("value", "resources", "expected"),
    [
        pytest.param("", GPU, {EMPTY: "FAIL"}, id="empty"),
        pytest.param(None, GPU, {EMPTY: "FAIL"}, id="no-value"),
        pytest.param(" ", GPU, {EMPTY: "FAIL"}, id="blank"),
        pytest.param("-1", GPU, {EMPTY: "FAIL"}, id="minus-one"),
        pytest.param("-1,0", GPU, {EMPTY: "FAIL"}, id="minus-one-first"),
        pytest.param("none", GPU, {INVALID: "FAIL"}, id="none"),
        pytest.param("NoDevFiles", GPU, {INVALID: "FAIL"}, id="a-word"),
        pytest.param(",0", GPU, {INVALID: "FAIL"}, id="begins-with-nothing"),
        pytest.param("1", GPU, {INVALID: "FAIL"}, id="an-index-that-one-gpu-has-not"),
        pytest.param("7,0", TWO, {INVALID: "FAIL"}, id="an-index-that-two-gpus-have-not"),
        pytest.param("0,-1", GPU, {INVALID: "WARN"}, id="minus-one-last"),
        pytest.param("0,1", GPU, {INVALID: "WARN"}, id="more-than-there-are"),
        pytest.param("1", TWO, {SHORT: "WARN"}, id="hides-the-first-of-two"),
        pytest.param("0,0", TWO, {INVALID: "FAIL"}, id="one-twice"),
        pytest.param("0,0", GPU, {INVALID: "FAIL"}, id="the-only-one-twice"),
        pytest.param("1,0", TWO, PASSED, id="both"),
        pytest.param("0", GPU, PASSED, id="the-only-one"),
        pytest.param("5", MIG, PASSED, id="the-number-of-parts-is-not-known"),
        pytest.param("5", CLAIM, PASSED, id="the-number-of-a-claim-is-not-known"),
        pytest.param("-1", CLAIM, {EMPTY: "FAIL"}, id="hides-what-a-claim-gives"),
        pytest.param("$(LOCAL_RANK)", GPU, ELSEWHERE, id="another-variable"),
        pytest.param("$$(LOCAL_RANK)", GPU, {INVALID: "FAIL"}, id="written-as-it-is"),
    ],
)
def test_cuda_visible_devices(value: str | None, resources: dict[str, Any], expected: dict[str, str]) -> None:
    assert told(job_with(CUDA, value, resources=resources)) == expected


@pytest.mark.parametrize(
    ("value", "resources", "expected"),
    [
        pytest.param("void", GPU, HIDDEN, id="void"),
        pytest.param("none", GPU, HIDDEN, id="none"),
        pytest.param("", GPU, HIDDEN, id="empty"),
        pytest.param(None, GPU, HIDDEN, id="no-value"),
        pytest.param("0,void", GPU, HIDDEN, id="void-among-others"),
        pytest.param("none", MIG, HIDDEN, id="a-part-of-a-gpu"),
        pytest.param("all", GPU, BY_HAND, id="all"),
        pytest.param("none,0", GPU, BY_HAND, id="none-and-one"),
        pytest.param("void", CLAIM, PASSED, id="a-claim-comes-by-cdi"),
        pytest.param("all", CLAIM, BY_HAND, id="all-beside-a-claim"),
    ],
)
def test_nvidia_visible_devices(value: str | None, resources: dict[str, Any], expected: dict[str, str]) -> None:
    assert told(job_with(NVIDIA, value, resources=resources)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("utility,video", {"ComputeNotInCapabilities": "FAIL"}, id="without-compute"),
        pytest.param("all", PASSED, id="all"),
        pytest.param("utility, compute", PASSED, id="with-compute"),
        pytest.param("", PASSED, id="empty-is-the-default"),
    ],
)
def test_driver_capabilities(value: str, expected: dict[str, str]) -> None:
    assert told(job_with(CAPABILITIES, value)) == expected


@pytest.mark.parametrize("name", [CUDA, NVIDIA, CAPABILITIES])
@pytest.mark.parametrize(
    ("source", "seen"),
    [
        pytest.param({"configMapKeyRef": {"name": "env", "key": "gpus"}}, "ConfigMap env, key gpus", id="config-map"),
        pytest.param({"secretKeyRef": {"name": "env", "key": "gpus"}}, "Secret env, key gpus", id="secret"),
        pytest.param(
            {"fieldRef": {"fieldPath": "metadata.labels['gpus']"}}, "field metadata.labels['gpus']", id="field"
        ),
        pytest.param({"resourceFieldRef": {"resource": "limits.cpu"}}, "field limits.cpu", id="resource"),
        pytest.param({"fileKeyRef": {"key": "gpus"}}, "valueFrom", id="something-newer"),
    ],
)
def test_a_variable_that_another_object_holds_is_unknown(name: str, source: dict[str, Any], seen: str) -> None:
    (reviewed,) = review(a_job(a_pod(a_container(env=[{"name": name, "valueFrom": source}]))))
    (finding,) = reviewed.findings

    assert (finding.reason, finding.status.name, finding.seen) == ("VisibleDevicesElsewhere", "UNKNOWN", seen)


@pytest.mark.parametrize(
    ("resources", "step"),
    [
        pytest.param(GPU, "take the variable out of the manifest", id="with-a-limit"),
        pytest.param(None, "take it out, and limit nvidia.com/gpu", id="without"),
    ],
)
def test_what_to_do_about_devices_by_hand_is_what_is_left_to_do(resources: Any, step: str) -> None:
    (reviewed,) = review(job_with(NVIDIA, "all", resources=resources))

    assert [one.next_step for one in reviewed.findings if one.reason == "VisibleDevicesByHand"] == [step]


class TestInBulk:
    """Every key of an object becomes a variable, and the manifest does not name them."""

    def container(self, **fields: Any) -> dict[str, Any]:
        return a_container(**{"envFrom": FROM, "command": PLAIN, **fields})

    def test_it_may_be_among_them(self) -> None:
        assert told(a_job(a_pod(self.container()))) == {**MAYBE_ELSEWHERE, "PreflightMissing": "WARN"}

    def test_it_fails_no_ordinary_job_for_what_nothing_says(self) -> None:
        assert exit_code_of(review(a_job(a_pod(self.container())))) == EXIT_OK

    def test_the_preflight_looks_in_the_container_itself(self) -> None:
        assert told(a_job(a_pod(a_container(envFrom=FROM)))) == PASSED

    def test_what_is_written_out_wins(self) -> None:
        container = self.container(env=[{"name": CUDA, "value": "0"}])

        assert told(a_job(a_pod(container))) == {"PreflightMissing": "WARN"}

    @pytest.mark.parametrize(
        ("prefix", "is_open"), [("APP_", False), ("CUDA_", True), ("", True)], ids=["another", "of-the-name", "none"]
    )
    def test_a_prefix_may_rule_it_out(self, prefix: str, is_open: bool) -> None:
        container = self.container(envFrom=[{"prefix": prefix, "secretRef": {"name": "s"}}])

        assert (MAYBE_ELSEWHERE.items() <= told(a_job(a_pod(container))).items()) is is_open


class TestWhichContainer:
    def test_a_helper_that_asks_for_no_gpu_may_hide_them(self) -> None:
        helper = a_container(name="logs", resources=None, env=BLANK, command=PLAIN)

        assert told(a_job(a_pod(a_container(), helper))) == PASSED

    def test_a_sidecar_that_asks_is_looked_at(self) -> None:
        sidecar = a_container(name="side", restartPolicy="Always", env=BLANK, command=PLAIN)
        (reviewed,) = review(a_job(a_pod(initContainers=[sidecar])))

        assert [(one.reason, one.evidence) for one in reviewed.findings] == [(EMPTY, (("container", "side"),))]

    def test_visible_devices_by_hand_are_told_where_nothing_asks_or_targets(self) -> None:
        pod = a_pod(
            a_container(resources=None, env=[{"name": NVIDIA, "value": "all"}]), nodeSelector=None, tolerations=None
        )

        assert told(a_job(pod)) == BY_HAND

    def test_a_trainer_that_its_runtime_gives_a_gpu_is_looked_at(self) -> None:
        trainer = {"command": ["x"], "env": BLANK}
        job = an_object("trainer.kubeflow.org/v1alpha1", "TrainJob", {"trainer": trainer})

        assert told(job) == {"RequestInRuntime": "UNKNOWN", EMPTY: "FAIL"}
