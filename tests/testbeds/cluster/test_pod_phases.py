from __future__ import annotations

import datetime
from typing import Any

import pytest

from testbeds.cluster.pod_phases import Ends, build_killed_status, build_status, next_change

BOUND = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def pod(policy: str = "Never", inits: tuple[str, ...] = (), sidecar: str = "") -> dict[str, Any]:
    spec: dict[str, Any] = {"restartPolicy": policy, "containers": [{"name": "main", "image": "none"}]}
    if inits or sidecar:
        spec["initContainers"] = [{"name": name} for name in inits]
    if sidecar:
        spec["initContainers"].append({"name": sidecar, "restartPolicy": "Always"})
    return {"spec": spec}


def state(status: dict[str, Any], name: str) -> str:
    """What the container is doing: `running`, `waiting: REASON`, `terminated: CODE`."""
    lists = [*status.get("initContainerStatuses", []), *status["containerStatuses"]]
    kind, detail = next(iter(next(one["state"] for one in lists if one["name"] == name).items()))
    shown = detail.get("reason") if kind == "waiting" else detail.get("exitCode")
    return kind if shown is None else f"{kind}: {shown}"


class TestWithoutAScript:
    def test_a_pod_runs_and_is_ready_at_once_and_for_ever(self) -> None:
        status = build_status(pod(), {}, BOUND, 0)
        assert status["phase"] == "Running"
        assert {one["type"]: one["status"] for one in status["conditions"]}["Ready"] == "True"
        assert status["containerStatuses"][0]["state"]["running"]["startedAt"] == "2026-01-01T00:00:00Z"
        assert next_change(pod(), {}, 0) is None

    def test_its_init_containers_have_ended_well(self) -> None:
        status = build_status(pod(inits=("a", "b")), {}, BOUND, 0)
        assert [state(status, name) for name in ("a", "b", "main")] == ["terminated: 0", "terminated: 0", "running"]


class TestScripts:
    @pytest.mark.parametrize(
        ("now", "phase", "states"),
        [
            (0.0, "Pending", ["running", "waiting: PodInitializing"]),
            (2.0, "Running", ["terminated: 0", "running"]),
            (5.0, "Succeeded", ["terminated: 0", "terminated: 0"]),
        ],
    )
    def test_containers_follow_each_other(self, now: float, phase: str, states: list[str]) -> None:
        script = {"pre": Ends(after_s=2), "main": Ends(after_s=3)}
        status = build_status(pod(inits=("pre",)), script, BOUND, now)
        assert status["phase"] == phase
        assert [state(status, name) for name in ("pre", "main")] == states

    def test_it_says_when_it_changes_next(self) -> None:
        script = {"pre": Ends(after_s=2), "main": Ends(after_s=3)}
        moments = [next_change(pod(inits=("pre",)), script, now) for now in (0, 2, 5)]
        assert moments == [2, 5, None]

    @pytest.mark.parametrize(
        ("policy", "ends", "phase", "main"),
        [
            ("Never", Ends(0), "Succeeded", "terminated: 0"),
            ("Never", Ends(1), "Failed", "terminated: 1"),
            ("OnFailure", Ends(0), "Succeeded", "terminated: 0"),
            ("OnFailure", Ends(1), "Running", "waiting: CrashLoopBackOff"),
            ("Always", Ends(0), "Running", "waiting: CrashLoopBackOff"),
        ],
    )
    def test_the_restart_policy_decides_about_an_end(self, policy: str, ends: Ends, phase: str, main: str) -> None:
        status = build_status(pod(policy), {"main": ends}, BOUND, 1)
        assert (status["phase"], state(status, "main")) == (phase, main)

    @pytest.mark.parametrize(
        ("policy", "phase", "pre"),
        [("Never", "Failed", "terminated: 78"), ("Always", "Pending", "waiting: CrashLoopBackOff")],
    )
    def test_a_failed_init_container_keeps_the_others_from_starting(self, policy: str, phase: str, pre: str) -> None:
        script = {"pre": Ends(78, "no CUDA"), "main": Ends(0)}
        status = build_status(pod(policy, inits=("pre", "next")), script, BOUND, 9)
        assert status["phase"] == phase
        assert state(status, "pre") == pre
        assert state(status, "next") == state(status, "main") == "waiting: PodInitializing"

    def test_the_end_says_what_stands_in_the_termination_log(self) -> None:
        status = build_status(pod(), {"main": Ends(137, "killed", reason="OOMKilled")}, BOUND, 1)
        ended = status["containerStatuses"][0]["state"]["terminated"]
        assert (ended["exitCode"], ended["message"], ended["reason"]) == (137, "killed", "OOMKilled")

    def test_a_sidecar_runs_as_long_as_the_others(self) -> None:
        guarded = pod(sidecar="log")
        script = {"main": Ends(after_s=3)}
        assert state(build_status(guarded, script, BOUND, 1), "log") == "running"
        after = build_status(guarded, script, BOUND, 3)
        assert (after["phase"], state(after, "log")) == ("Succeeded", "terminated: 0")


def test_a_pod_that_is_deleted_ends_by_sigterm() -> None:
    running = build_status(pod(inits=("pre",)), {}, BOUND, 0)
    killed = build_killed_status(running, BOUND + datetime.timedelta(seconds=5))
    assert killed["phase"] == "Failed"
    assert (state(killed, "pre"), state(killed, "main")) == ("terminated: 0", "terminated: 143")
    ended = killed["containerStatuses"][0]["state"]["terminated"]
    assert (ended["startedAt"], ended["finishedAt"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z")
