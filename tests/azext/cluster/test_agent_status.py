from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu._format_agent import format_agent
from azext_aigpu.cluster.admission import own_node_policy, reverse_policy
from azext_aigpu.cluster.admission.reverse_rule import GpuPools
from azext_aigpu.cluster.agent_status import Installation, build_status, list_problems
from azext_aigpu.cluster.manifests.daemonset import build_daemonset
from azext_aigpu.cluster.manifests.settings import WATCH, AgentSettings

SETTINGS = AgentSettings("registry.example.com/aigpu-agent:1", mode="taint", profile=WATCH)


def installation(ready: int = 3, desired: int = 3, enforce: bool = False, **changes: Any) -> Installation:
    counts = {"desiredNumberScheduled": desired, "numberReady": ready, "updatedNumberScheduled": ready}
    parts: dict[str, Any] = {
        "agent": {**build_daemonset(SETTINGS), "status": counts},
        "plugin": None,
        "reverse_policy": reverse_policy.build_policy(GpuPools()),
        "reverse_binding": reverse_policy.build_binding(enforce),
        "own_policy": own_node_policy.build_policy(),
        "own_binding": own_node_policy.build_binding(),
    }
    return Installation(**{**parts, **changes})


def problems(**given: Any) -> str:
    return "\n".join(list_problems(installation(**given)))


def test_what_was_asked_for_is_read_back() -> None:
    status = build_status(installation(enforce=True))

    assert status["image"] == SETTINGS.image
    assert (status["mode"], status["profile"]) == ("taint", "watch")
    assert (status["reverseRule"], status["ownNodePolicy"]) == ("deny", "deny")
    assert status["nodes"] == {"desired": 3, "ready": 3, "updated": 3}
    assert status["problems"] == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param({"ready": 1}, "not ready on 2 of 3 nodes", id="not-ready"),
        pytest.param({"ready": 0, "desired": 0}, "--gpu-pools", id="nowhere"),
        pytest.param({"own_binding": None}, "each agent may write every node", id="own-node-binding-gone"),
        pytest.param({"own_policy": None}, "each agent may write every node", id="own-node-policy-gone"),
        pytest.param(
            {"own_binding": {"spec": {"validationActions": ["Warn"]}}}, "each agent may write", id="own-node-only-warns"
        ),
        pytest.param({"reverse_binding": None}, "CPU jobs pass unseen", id="reverse-rule-gone"),
        pytest.param(
            {
                "reverse_policy": {
                    "metadata": {"name": "aigpu-gpu-pods"},
                    "status": {"typeChecking": {"expressionWarnings": [{"warning": "undefined field 'x'"}]}},
                }
            },
            "doubts an expression of the policy aigpu-gpu-pods: undefined field 'x'",
            id="type-check",
        ),
    ],
)
def test_what_is_wrong_is_told(given: dict[str, Any], told: str) -> None:
    assert told in problems(**given)


def test_a_daemonset_that_nobody_has_looked_at_is_ready_nowhere() -> None:
    status = build_status(installation(agent=build_daemonset(SETTINGS)))

    assert status["nodes"] == {"desired": 0, "ready": 0, "updated": 0}
    assert status["problems"]


def test_a_daemonset_of_another_form_is_unknown_and_not_a_traceback() -> None:
    status = build_status(installation(agent={}))

    assert status["image"] is None
    assert format_agent(status)[0]["Mode"] == "?"


def test_the_table_fits_a_line() -> None:
    (row,) = format_agent(build_status(installation(ready=2, plugin=build_daemonset(SETTINGS))))

    assert row["Ready"] == "2/3"
    assert row["DevicePlugin"] == "0/0"
    assert row["Problems"] == "1"
