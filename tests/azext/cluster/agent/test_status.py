from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from aigpu_contract import __version__
from aigpu_contract.finding import Finding, Status
from aigpu_contract.labels import INSTALL_ANNOTATION
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.reasons import REASONS
from azext_aigpu.cluster.agent.objects import path_of
from azext_aigpu.cluster.agent.review import DaemonSetFacts
from azext_aigpu.cluster.agent.status import (
    Installation,
    build_status,
    exit_code_of,
    exit_code_of_install,
    read_installation,
    review_installation,
)
from azext_aigpu.cluster.kubectl import KubectlError
from azext_aigpu.cluster.paging import PAGE
from azext_aigpu.tables.agent import format_agent
from tests.azext.cluster.agent import installed
from tests.azext.cluster.agent.installed import (
    DAEMONSET,
    IMAGE,
    OWN_BINDING,
    OWN_POLICY,
    PLUGIN,
    RBAC,
    REVERSE_BINDING,
    REVERSE_POLICY,
    SETTINGS,
    installation,
    node,
    pod,
    pods,
)
from tests.azext.cluster.fake_kubectl import FakeKubectl

AGAIN = "az aigpu agent install --image IMAGE"
OTHER_DIGEST = "sha256:" + "b" * 64
BY_TAG = dataclasses.replace(SETTINGS, image="registry.example.com/aigpu-agent:1")


def review(found: Installation) -> tuple[Finding, ...]:
    return review_installation(found, AGAIN)


def status_of(found: Installation) -> dict[str, Any]:
    return build_status(found, review(found))


def put(identity: Any, *path: Any, value: Any) -> Callable[[dict[Any, Any]], None]:
    """A change that sets what is at `path` of an object."""

    def change(objects: dict[Any, Any]) -> None:
        place = objects[identity]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


def without(identity: Any) -> Callable[[dict[Any, Any]], None]:
    return lambda objects: objects.update({identity: None})


def unread(identity: Any) -> Callable[[dict[Any, Any]], None]:
    return lambda objects: objects.update({identity: Unknown("User 'bob' may not get it")})


NOT_HELD = put(DAEMONSET, "spec", "template", "spec", "nodeSelector", value={"kubernetes.io/os": "linux", "a": "b"})
COUNT = (DAEMONSET, "status")
CLUSTER_ROLE = (RBAC, "ClusterRole", "", "aigpu-agent")
OWN_ROLE = (RBAC, "Role", "aigpu-system", "aigpu-agent")
EXPRESSION = {"fieldRef": "spec.validations[0].expression", "warning": "undefined field 'x'"}
OTHERS_PLUGIN = DaemonSetFacts("gpu", "plugin", ("nvcr.io/nvidia/k8s-device-plugin:v1",), (), 3, 3, True)


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


class TestCoverage:
    def found(self, *nodes: Any, settings: Any = SETTINGS) -> tuple[Finding, ...]:
        return review(installation(settings=settings, nodes=Known([*(node(number) for number in range(3)), *nodes])))

    def test_a_taint_that_the_agent_does_not_tolerate_hides_nodes_from_the_daemonsets_numbers(self) -> None:
        (finding,) = self.found(node(3, taints=["sku", "team", "node.kubernetes.io/unschedulable"]))

        assert (finding.status, finding.reason) == (Status.FAIL, "AgentKeptOff")
        assert finding.seen == "taint team on node-3"
        assert f"{AGAIN} --tolerate team" in finding.next_step

    def test_an_installation_that_leaves_gpu_nodes_without_an_agent_is_not_a_success(self) -> None:
        assert exit_code_of_install(self.found(node(3, taints=["team"]))) == 4
        assert exit_code_of_install(self.found(node(3))) == 0, "its pod is on its way"

    @pytest.mark.parametrize("labels", [{"agentpool": "gpu9"}, {"aigpu.io/sku": "x"}], ids=["unnamed", "meant"])
    def test_a_taint_that_only_states_a_preference_keeps_nobody_off(self, labels: dict[str, str]) -> None:
        soft = {"key": "DeletionCandidateOfClusterAutoscaler", "effect": "PreferNoSchedule"}

        (finding,) = self.found(node(3, taints=[soft], labels=labels))

        assert "--tolerate" not in finding.next_step
        assert "taint" not in finding.problem

    @pytest.mark.parametrize(
        "key",
        [
            "ToBeDeletedByClusterAutoscaler",
            "node.cloudprovider.kubernetes.io/uninitialized",
            "node.cilium.io/agent-not-ready",
            "startup-taint.cluster-autoscaler.kubernetes.io/aigpu-unverified",
        ],
    )
    def test_a_node_that_comes_or_goes_is_no_failure(self, key: str) -> None:
        (finding,) = self.found(node(3, taints=[key]))

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "AgentNotReady")

    def test_what_was_tolerated_before_is_named_again(self) -> None:
        settings = dataclasses.replace(SETTINGS, tolerated=("tier",))

        (finding,) = self.found(node(3, taints=["tier", "team"]), settings=settings)

        assert f"{AGAIN} --tolerate tier team" in finding.next_step

    def test_a_gpu_node_whose_pool_nobody_named(self) -> None:
        size = {"node.kubernetes.io/instance-type": "Standard_NC4as_T4_v3", "agentpool": "gpu9"}
        settings = dataclasses.replace(SETTINGS, gpu_pools=("gpu1",))

        (finding,) = self.found(node(3, labels=size), settings=settings)

        assert (finding.status, finding.reason) == (Status.FAIL, "AgentKeptOff")
        assert f"{AGAIN} --gpu-pools gpu1,gpu9" in finding.next_step

    @pytest.mark.parametrize(
        "labels",
        [
            pytest.param({"agentpool": "gpu1"}, id="named-pool"),
            pytest.param({"kubernetes.azure.com/accelerator": "nvidia"}, id="label-of-aks"),
            pytest.param({"aigpu.io/sku": "Standard_D16s_v5"}, id="cpu-machine-that-was-meant-to-have-gpus"),
        ],
    )
    def test_a_node_that_is_meant_to_have_it_and_has_none_is_unknown(self, labels: dict[str, str]) -> None:
        settings = dataclasses.replace(SETTINGS, gpu_pools=("gpu1",))

        (finding,) = self.found(node(3, labels=labels), settings=settings)

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "AgentNotReady")
        assert finding.seen == "node-3"

    def test_cpu_nodes_need_none(self) -> None:
        assert self.found(node(3, None, labels={"agentpool": "cpu"}, taints=["team"])) == ()

    def test_a_node_whose_pod_is_made_and_not_scheduled_has_one(self) -> None:
        body = pod(3, ready=False)
        body["spec"] = {**body["spec"], "nodeName": None, "affinity": {"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-3"]}]}
            ]}
        }}}  # fmt: skip
        everybody = [*(pod(number) for number in range(3)), body]

        findings = review(installation(nodes=Known([node(number) for number in range(4)]), pods=pods(*everybody)))

        assert findings == ()

    def test_where_taints_keep_it_off_every_node_that_is_the_cause_and_not_a_missing_label(self) -> None:
        none = lambda objects: objects[DAEMONSET].update(status={"observedGeneration": 2})  # noqa: E731
        settings = dataclasses.replace(SETTINGS, device_plugin=False)

        findings = review(installation(none, settings, nodes=Known([node(0, taints=["team"])]), pods=Known([])))

        assert [one.reason for one in findings] == ["AgentKeptOff"]


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


class TestDevicePlugin:
    def test_without_one_nodes_with_gpus_offer_none(self) -> None:
        (finding,) = review(installation(daemonsets=Known([]), nodes=Known([node(0, None), node(1, "0")])))

        assert (finding.status, finding.reason) == (Status.FAIL, "DevicePluginMissing")
        assert "2 of them offer no GPU" in finding.problem
        assert "on node-0, node-1" in finding.seen
        assert f"{AGAIN} --with-device-plugin" in finding.next_step

    def test_without_one_and_without_nodes_it_is_a_warning(self) -> None:
        (finding,) = review(installation(daemonsets=Known([]), nodes=Known([])))

        assert (finding.status, finding.reason) == (Status.WARN, "DevicePluginMissing")

    def test_nodes_whose_software_aks_manages_need_no_daemonset(self) -> None:
        assert review(installation(daemonsets=Known([]), nodes=Known([node()]))) == ()

    def test_where_aks_manages_it_a_node_that_offers_none_yet_is_no_cluster_without_a_plugin(self) -> None:
        (finding,) = review(installation(daemonsets=Known([]), nodes=Known([node(0), node(1, None)])))

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "DevicePluginNotReady")
        assert "on node-1" in finding.seen
        assert "--with-device-plugin" not in finding.next_step

    def test_one_that_is_not_meant_for_the_gpu_nodes_is_named(self) -> None:
        few = dataclasses.replace(OTHERS_PLUGIN, tolerations=({"operator": "Exists"},), desired=0, ready=0)

        (finding,) = review(installation(daemonsets=Known([few]), nodes=Known([node(0, None)])))

        assert "not meant to run on nodes with GPUs (gpu/plugin)" in finding.problem
        assert "kubectl describe node node-0" in finding.next_step

    @pytest.mark.parametrize("part", [{"ready": 2}, {"is_counted": False}, {"ready": None}], ids=str)
    def test_one_that_is_not_ready_everywhere_is_unknown(self, part: dict[str, Any]) -> None:
        slow = dataclasses.replace(OTHERS_PLUGIN, tolerations=({"operator": "Exists"},), **part)

        (finding,) = review(installation(daemonsets=Known([slow])))

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "DevicePluginNotReady")

    def test_one_that_was_made_just_now_is_not_called_meant_for_other_nodes(self) -> None:
        fresh = dataclasses.replace(
            OTHERS_PLUGIN, tolerations=({"operator": "Exists"},), desired=0, ready=0, is_counted=False
        )

        findings = review(installation(daemonsets=Known([fresh]), nodes=Known([node(0, None)])))

        assert [(one.status, one.reason) for one in findings] == [(Status.UNKNOWN, "DevicePluginNotReady")]
        assert exit_code_of_install(findings) == 0

    def test_mode_taint_would_keep_another_ones_plugin_off_new_nodes(self) -> None:
        (finding,) = review(installation(daemonsets=Known([OTHERS_PLUGIN])))

        assert (finding.status, finding.reason) == (Status.FAIL, "OperandKeptOff")
        assert "gpu/plugin" in finding.seen

    def test_no_other_mode_does(self) -> None:
        settings = dataclasses.replace(SETTINGS, mode="condition", device_plugin=False)

        assert review(installation(settings=settings, daemonsets=Known([OTHERS_PLUGIN]))) == ()


class TestRecord:
    def test_an_installation_that_nobody_wrote_down_is_a_warning(self) -> None:
        (finding,) = review(installation(record=None))

        assert (finding.status, finding.reason) == (Status.WARN, "InstallationUndeclared")
        assert exit_code_of([finding]) == 0

    def test_a_record_that_cannot_be_read_is_unknown(self) -> None:
        (finding,) = review(installation(record=Unknown("no JSON")))

        assert (finding.status, finding.seen) == (Status.UNKNOWN, "a record that cannot be read: no JSON")


class TestReading:
    AGENT = "get --raw /apis/apps/v1/namespaces/aigpu-system/daemonsets/aigpu-agent"
    ALL = "get --ignore-not-found --show-managed-fields -o json -f -"
    PODS = f"get --raw /api/v1/namespaces/aigpu-system/pods?limit={PAGE}"
    NODES = f"get --raw /api/v1/nodes?limit={PAGE}"
    DAEMONSETS = f"get --raw /apis/apps/v1/daemonsets?limit={PAGE}"

    def play(self, fake: FakeKubectl, objects: dict[Any, Any]) -> None:
        fake.answers(self.AGENT, objects[DAEMONSET])
        fake.answers(self.ALL, {"kind": "List", "items": list(objects.values())})
        fake.answers(self.PODS, {"metadata": {}, "items": [pod(number) for number in range(3)]})
        fake.answers(self.NODES, {"metadata": {}, "items": [installed.node_body(number) for number in range(3)]})
        fake.answers(self.DAEMONSETS, {"metadata": {}, "items": [objects[DAEMONSET], objects[PLUGIN]]})

    def read(self, fake: FakeKubectl) -> Installation:
        found = read_installation(fake.kubectl)
        assert found is not None
        return found

    def test_five_calls_read_all_of_it(self, fake: FakeKubectl) -> None:
        self.play(fake, installed.objects())

        found = self.read(fake)

        assert review(found) == ()
        assert found.settings == SETTINGS
        assert len(fake.calls) == 5

    def test_without_a_record_the_rest_is_held_to_the_daemonset(self, fake: FakeKubectl) -> None:
        objects = installed.objects()
        del objects[DAEMONSET]["metadata"]["annotations"]
        objects[CLUSTER_ROLE]["rules"] = []
        self.play(fake, objects)

        findings = review(self.read(fake))

        assert [one.reason for one in findings] == ["InstallationAltered", "InstallationUndeclared"]

    def test_what_another_version_installed_is_not_called_altered(self, fake: FakeKubectl) -> None:
        objects = installed.objects()
        annotations = objects[DAEMONSET]["metadata"]["annotations"]
        annotations[INSTALL_ANNOTATION] = annotations[INSTALL_ANNOTATION].replace(__version__, "0.0.9")
        self.play(fake, objects)
        assert review(self.read(fake)) == ()

        objects[CLUSTER_ROLE]["rules"] = []
        del objects[OWN_POLICY]
        self.play(fake, objects)
        (finding,) = review(self.read(fake))

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "InstallationOfAnotherVersion")
        assert finding.seen.startswith(f"installed by 0.0.9, this is {__version__}: ")
        assert "ValidatingAdmissionPolicy aigpu-agent-own-node" in finding.seen

    def test_where_one_object_may_not_be_read_the_others_are_read_alone(self, fake: FakeKubectl) -> None:
        objects = installed.objects()
        self.play(fake, objects)
        denied = 'Error from server (Forbidden): roles "aigpu-agent" is forbidden: no'
        fake._book[self.ALL] = []
        fake.fails(self.ALL, denied)
        for identity, one in objects.items():
            if identity == OWN_ROLE:
                fake.fails(f"get --raw {path_of(identity)}", denied)
            elif identity != DAEMONSET:
                fake.answers(f"get --raw {path_of(identity)}", one)

        (finding,) = review(self.read(fake))

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "InstallationUnreadable")
        assert "Role aigpu-system/aigpu-agent could not be read" in finding.problem

    @pytest.mark.parametrize("answer", ["", "null", "[]", '{"kind": "List"}', '{"kind": "List", "items": [3]}'])
    def test_an_answer_that_is_no_list_of_the_objects_is_not_believed(self, fake: FakeKubectl, answer: str) -> None:
        self.play(fake, installed.objects())
        fake._book[self.ALL] = []
        fake.answers(self.ALL, answer)

        assert exit_code_of(review(self.read(fake))) == 4

    def test_nothing_installed_is_none(self, fake: FakeKubectl) -> None:
        assert read_installation(fake.kubectl) is None

    def test_an_answer_of_another_form_is_an_error(self, fake: FakeKubectl) -> None:
        fake.answers(self.AGENT, "[]")

        with pytest.raises(KubectlError):
            read_installation(fake.kubectl)


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
