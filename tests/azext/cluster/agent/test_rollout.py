from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from aigpu_contract.finding import Status
from aigpu_contract.reading import Known
from azext_aigpu.cluster.agent.status import exit_code_of, exit_code_of_install
from tests.azext.cluster.agent import installed
from tests.azext.cluster.agent.installed import (
    COUNT,
    DAEMONSET,
    OWN_POLICY,
    SETTINGS,
    installation,
    pod,
    pods,
    put,
    review,
)

OTHER_DIGEST = "sha256:" + "b" * 64
BY_TAG = dataclasses.replace(SETTINGS, image="registry.example.com/aigpu-agent:1")


class TestRollout:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            pytest.param(put(DAEMONSET, "status", value={}), "AgentStarting", id="nobody-has-looked"),
            pytest.param(put(DAEMONSET, "metadata", "generation", value=3), "AgentStarting", id="changed-just-now"),
            pytest.param(put(*COUNT, "observedGeneration", value="2"), "AgentStarting", id="generation-is-a-text"),
            pytest.param(put(*COUNT, "numberReady", value=1), "AgentNotReady", id="not-ready"),
            pytest.param(put(*COUNT, "numberReady", value=4), "AgentNotReady", id="more-than-all"),
            pytest.param(put(*COUNT, "numberReady", value="3"), "AgentNotReady", id="number-is-a-text"),
            pytest.param(put(*COUNT, "desiredNumberScheduled", value=None), "AgentNotReady", id="no-number"),
            pytest.param(put(*COUNT, "updatedNumberScheduled", value=1), "AgentStarting", id="old-pods-run"),
            pytest.param(put(*COUNT, "numberAvailable", value=2), "AgentStarting", id="not-available"),
            pytest.param(
                lambda objects: objects[DAEMONSET]["status"].update(
                    dict.fromkeys(set(installed.COUNTS) - {"observedGeneration"}, 0)
                ),
                "AgentNowhere",
                id="nowhere",
            ),
            pytest.param(
                put(DAEMONSET, "status", value={"observedGeneration": 2}), "AgentNowhere", id="numbers-left-out"
            ),
            pytest.param(put(OWN_POLICY, "status", value={}), "PolicyUnchecked", id="policy-not-checked"),
            pytest.param(put(OWN_POLICY, "metadata", "generation", value=2), "PolicyUnchecked", id="policy-changed"),
        ],
    )
    def test_what_is_on_its_way_is_unknown_and_no_fault_of_the_installation(self, change: Any, reason: str) -> None:
        findings = review(installation(change))

        assert [(one.status, one.reason) for one in findings] == [(Status.UNKNOWN, reason)]
        assert exit_code_of(findings) == 5
        assert exit_code_of_install(findings) == 0

    def test_right_after_an_installation_it_is_starting_and_not_nowhere(self) -> None:
        (finding,) = review(installation(put(DAEMONSET, "status", value={"desiredNumberScheduled": 0})))

        assert finding.reason == "AgentStarting"
        assert "label" not in finding.problem
        assert finding.seen == "generation 2, observed generation none"

    @pytest.mark.parametrize(
        ("broken", "told"),
        [
            pytest.param(
                pod(ready=False, state={"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}),
                "ImagePullBackOff: no such image",
                id="no-image",
            ),
            pytest.param(pod(ready=False, restartCount=9), "restarted 9 times", id="restarts"),
            pytest.param(
                {**pod(), "status": {"phase": "Pending", "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no memory"}
                ]}},
                "Unschedulable: no memory",
                id="no-room",
            ),
            pytest.param({**pod(), "status": {"phase": "Failed", "reason": "Evicted"}}, "Evicted", id="evicted"),
        ],
    )  # fmt: skip
    def test_a_pod_that_does_not_run_is_a_fail_with_the_clusters_own_reason(self, broken: Any, told: str) -> None:
        (finding,) = review(installation(put(*COUNT, "numberReady", value=2), pods=pods(broken, pod(1), pod(2))))

        assert (finding.status, finding.reason) == (Status.FAIL, "AgentNotReady")
        assert exit_code_of([finding]) == exit_code_of_install([finding]) == 4
        assert told in finding.seen
        assert "aigpu-agent-0" in finding.next_step

    @pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
    def test_a_pod_that_is_being_started_is_no_fail(self, reason: str) -> None:
        starting = pod(ready=False, state={"waiting": {"reason": reason}})

        (finding,) = review(installation(put(*COUNT, "numberReady", value=2), pods=pods(starting, pod(1), pod(2))))

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "AgentNotReady")

    def test_control_characters_of_a_pod_do_not_reach_the_terminal(self) -> None:
        broken = pod(ready=False, state={"waiting": {"reason": "Bad", "message": "\x1b[2J"}})

        (finding,) = review(installation(pods=pods(broken), nodes=Known([])))

        assert "\x1b" not in finding.seen


class TestImage:
    @pytest.mark.parametrize(
        ("settings", "images", "status"),
        [
            pytest.param(SETTINGS, [f"x@{OTHER_DIGEST}"], Status.FAIL, id="another-digest"),
            pytest.param(SETTINGS, ["sha256:" + "c" * 64], Status.UNKNOWN, id="no-digest-to-compare"),
            pytest.param(BY_TAG, [f"x@{OTHER_DIGEST}", f"x@sha256:{'c' * 64}"], Status.FAIL, id="two-under-one-tag"),
        ],
    )
    def test_what_runs_is_held_to_what_was_asked(self, settings: Any, images: list[str], status: Status) -> None:
        bodies = [pod(number, settings.image, imageID=image) for number, image in enumerate(images)]

        (finding,) = review(installation(settings=settings, pods=pods(*bodies), nodes=Known([])))

        assert (finding.status, finding.reason) == (status, "AgentImageDiffers")
        assert "on 1" in finding.seen
        assert ("install by a digest" in finding.next_step) is (settings is BY_TAG), "it was, where it was"

    def test_pods_that_something_gave_another_image_are_told(self) -> None:
        mirrored = "mirror.example.com/aigpu-agent:1"
        bodies = [pod(number, mirrored, imageID=f"x@{OTHER_DIGEST}") for number in range(3)]

        (finding,) = review(installation(settings=BY_TAG, pods=pods(*bodies)))

        assert (finding.status, finding.reason, finding.seen) == (Status.FAIL, "AgentImageDiffers", f"{mirrored} on 3")

    def test_a_mirror_that_has_the_digest_that_was_asked_for_is_as_asked(self) -> None:
        bodies = [
            pod(number, imageID=f"mirror.example.com/x@{SETTINGS.image.rpartition('@')[2]}") for number in range(3)
        ]
        for body in bodies:
            body["spec"]["containers"][0]["image"] = "mirror.example.com/aigpu-agent:1"

        assert review(installation(pods=pods(*bodies))) == ()

    def test_pods_of_before_are_no_other_image_while_a_change_is_on_its_way(self) -> None:
        bodies = [pod(0, "registry.example.com/aigpu-agent:0"), pod(1, BY_TAG.image), pod(2, BY_TAG.image)]

        (finding,) = review(installation(put(*COUNT, "updatedNumberScheduled", value=2), BY_TAG, pods=pods(*bodies)))

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "AgentStarting")

    def test_one_image_under_a_tag_is_as_asked(self) -> None:
        bodies = [pod(number, BY_TAG.image, imageID=f"x@{OTHER_DIGEST}") for number in range(3)]

        assert review(installation(settings=BY_TAG, pods=pods(*bodies))) == ()
