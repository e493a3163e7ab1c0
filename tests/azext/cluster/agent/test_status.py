from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from aigpu_contract.finding import Status
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.reasons import REASONS
from azext_aigpu.cluster.agent.status import exit_code_of, exit_code_of_install
from azext_aigpu.tables.agent import format_agent
from tests.azext.cluster.agent import installed
from tests.azext.cluster.agent.installed import (
    AGAIN,
    CLUSTER_ROLE,
    COUNT,
    DAEMONSET,
    IMAGE,
    OWN_BINDING,
    OWN_POLICY,
    OWN_ROLE,
    RBAC,
    REVERSE_BINDING,
    REVERSE_POLICY,
    SETTINGS,
    installation,
    put,
    review,
    status_of,
    unread,
    without,
)

NOT_HELD = put(DAEMONSET, "spec", "template", "spec", "nodeSelector", value={"kubernetes.io/os": "linux", "a": "b"})
EXPRESSION = {"fieldRef": "spec.validations[0].expression", "warning": "undefined field 'x'"}


def test_nothing_is_found_where_everything_is_as_it_was_asked_for() -> None:
    found = installation()

    assert review(found) == ()
    assert exit_code_of(()) == 0
    status = status_of(found)
    assert (status["image"], status["mode"], status["profile"]) == (IMAGE, "taint", "watch")
    assert (status["reverseRule"], status["ownNodePolicy"]) == ("deny", "deny")
    assert status["nodes"] == {"desired": 3, "ready": 3, "updated": 3, "available": 3}
    assert status["imageDigests"] == ["sha256:" + "a" * 64]
    assert (status["verdict"], status["problems"]) == ("PASS", [])


FAILS = [
    pytest.param(without(OWN_BINDING), "each agent may write every node", id="own-node-binding-gone"),
    pytest.param(without(OWN_POLICY), "each agent may write every node", id="own-node-policy-gone"),
    pytest.param(without(REVERSE_BINDING), "CPU jobs may pass unseen", id="reverse-binding-gone"),
    pytest.param(without(CLUSTER_ROLE), "ClusterRole aigpu-agent is missing", id="role-gone"),
    pytest.param(without((RBAC, "RoleBinding", "default", "aigpu-agent")), "RoleBinding default/", id="binding-gone"),
    pytest.param(
        put(OWN_BINDING, "spec", "validationActions", value=["Audit"]),
        "spec.validationActions[0]: Audit",
        id="own-node-only-audits",
    ),
    pytest.param(put(OWN_BINDING, "spec", "policyName", value="other"), "spec.policyName: other", id="other-policy"),
    pytest.param(put(OWN_BINDING, "spec", "paramRef", value={"name": "x"}), "spec.paramRef", id="parameters-added"),
    pytest.param(put(OWN_POLICY, "spec", "failurePolicy", value="Ignore"), "spec.failurePolicy: Ignore", id="ignores"),
    pytest.param(
        put(REVERSE_BINDING, "spec", "matchResources", "namespaceSelector", "matchExpressions", value=[]),
        "spec.matchResources.namespaceSelector",
        id="namespaces-changed",
    ),
    pytest.param(
        put(REVERSE_POLICY, "spec", "validations", 0, "expression", value="true"), "expression: true", id="true"
    ),
    pytest.param(put(CLUSTER_ROLE, "rules", 0, "verbs", value=["get"]), "rules[0].verbs", id="right-taken"),
    pytest.param(
        lambda objects: objects[OWN_ROLE]["rules"].append({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}),
        "'verbs': ['*']",
        id="right-added",
    ),
    pytest.param(
        put(DAEMONSET, "metadata", "deletionTimestamp", value="2026-11-26T10:00:00Z"), "deleted since", id="end"
    ),
    pytest.param(NOT_HELD, "spec.template.spec.nodeSelector.a: b", id="held-to-other-nodes"),
    pytest.param(
        put(DAEMONSET, "spec", "template", "spec", "containers", 0, "image", value="other:1"),
        "image: other:1",
        id="image",
    ),
    pytest.param(
        put(DAEMONSET, "spec", "template", "spec", "containers", 0, "args", 1, value="--mode=observe"),
        "--mode=observe",
        id="mode",
    ),
    pytest.param(
        put(REVERSE_POLICY, "status", "typeChecking", value={"expressionWarnings": [EXPRESSION]}),
        "spec.validations[0].expression: undefined field 'x'",
        id="type-check",
    ),
]


@pytest.mark.parametrize(("change", "told"), FAILS)
def test_what_is_missing_or_altered_is_a_fail_with_what_is_there_and_the_way_back(change: Any, told: str) -> None:
    findings = review(installation(change))

    assert exit_code_of(findings) == 4
    worst = findings[0]
    assert told in f"{worst.problem} {worst.seen}"
    assert worst.seen
    assert worst.wanted
    assert worst.next_step
    assert exit_code_of_install(findings) == 4


def test_a_policy_that_the_type_check_doubts_is_told_by_name() -> None:
    doubted = put(REVERSE_POLICY, "status", "typeChecking", value={"expressionWarnings": [EXPRESSION]})

    assert [finding.reason for finding in review(installation(doubted))] == ["PolicyDoubted"]


def test_what_was_added_is_taken_away_by_deleting_since_an_apply_leaves_it() -> None:
    (added,) = review(installation(put(OWN_BINDING, "spec", "paramRef", value={"name": "x"})))
    (changed,) = review(installation(put(OWN_POLICY, "spec", "failurePolicy", value="Ignore")))

    assert f"kubectl delete validatingadmissionpolicybinding aigpu-agent-own-node; then {AGAIN}" in added.next_step
    assert "kubectl delete" not in changed.next_step
    assert f"put it back: {AGAIN} (with --force-conflicts" in changed.next_step


def test_an_object_that_was_not_asked_for_is_told() -> None:
    less = dataclasses.replace(SETTINGS, mode="observe", device_plugin=False)
    left = installed.objects(SETTINGS)[(RBAC, "Role", "default", "aigpu-agent")]

    findings = review(
        installation(lambda objects: objects.update({(RBAC, "Role", "default", "aigpu-agent"): left}), less)
    )

    assert [one.problem.partition(",")[0] for one in findings if one.status is Status.FAIL] == [
        "Role default/aigpu-agent is there"
    ]


@pytest.mark.parametrize("identity", list(installed.objects()), ids=lambda one: f"{one[1]}-{one[2]}-{one[3]}")
def test_an_object_that_cannot_be_read_is_unknown_and_never_0(identity: Any) -> None:
    found = installation(None if identity == DAEMONSET else unread(identity))
    if identity == DAEMONSET:
        found = dataclasses.replace(found, objects={**found.objects, identity: Unknown("it was torn")})

    findings = review(found)

    assert exit_code_of(findings) == 5
    assert exit_code_of_install(findings) == 5
    assert {one.reason for one in findings} == {"InstallationUnreadable"}


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"pods": Unknown("User 'bob' may not list pods")}, id="pods"),
        pytest.param({"daemonsets": Unknown("User 'bob' may not list daemonsets")}, id="daemonsets"),
        pytest.param({"nodes": Unknown("User 'bob' may not list nodes")}, id="nodes"),
        pytest.param(
            {"daemonsets": Known([]), "nodes": Unknown("User 'bob' may not list nodes")}, id="nodes-and-no-plugin"
        ),
    ],
)
def test_a_list_that_cannot_be_read_is_unknown(parts: dict[str, Any]) -> None:
    findings = review(installation(**parts))

    assert exit_code_of(findings) == 5
    assert "User 'bob' may not list" in findings[0].problem


@pytest.mark.parametrize("action", ["reverseRule", "ownNodePolicy"])
def test_a_policy_that_cannot_be_read_is_not_called_absent(action: str) -> None:
    identity = REVERSE_POLICY if action == "reverseRule" else OWN_BINDING

    assert status_of(installation(unread(identity)))[action] == "unknown"


def test_a_binding_of_another_policy_binds_none() -> None:
    assert status_of(installation(put(OWN_BINDING, "spec", "policyName", value="x")))["ownNodePolicy"] == "absent"


class TestRecord:
    def test_an_installation_that_nobody_wrote_down_is_a_warning(self) -> None:
        (finding,) = review(installation(record=None))

        assert (finding.status, finding.reason) == (Status.WARN, "InstallationUndeclared")
        assert exit_code_of([finding]) == 0

    def test_a_record_that_cannot_be_read_is_unknown(self) -> None:
        (finding,) = review(installation(record=Unknown("no JSON")))

        assert (finding.status, finding.seen) == (Status.UNKNOWN, "a record that cannot be read: no JSON")


class TestTable:
    def test_it_says_which_problems(self) -> None:
        (row,) = format_agent(status_of(installation(put(*COUNT, "numberReady", value=2))))

        assert (row["Ready"], row["DevicePlugin"]) == ("2/3", "3/3")
        assert row["Problems"] == "UNKNOWN AgentNotReady"

    def test_it_says_that_there_are_none(self) -> None:
        assert format_agent(status_of(installation()))[0]["Problems"] == "none"

    def test_a_daemonset_of_another_form_is_unknown_and_not_a_traceback(self) -> None:
        found = dataclasses.replace(installation(), agent={})

        assert exit_code_of(review(found)) == 5
        (row,) = format_agent(status_of(found))
        assert (row["Mode"], row["Image"]) == ("?", "?")


def test_every_reason_is_one_of_the_list() -> None:
    changes: list[Any] = [param.values[0] for param in FAILS]
    seen = {one.reason for change in changes for one in review(installation(change))}

    assert seen <= set(REASONS)
