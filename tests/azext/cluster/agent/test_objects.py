from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.reading import Known
from azext_aigpu.cluster.agent.differences import list_differences
from azext_aigpu.cluster.agent.installation import list_everything
from azext_aigpu.cluster.agent.objects import identity_of, path_of
from azext_aigpu.cluster.agent.reading import read_objects
from azext_aigpu.cluster.manifests.settings import AgentSettings
from tests.azext.cluster.fake_kubectl import FakeKubectl

EVERY = {identity_of(one): one for one in list_everything(AgentSettings("x"))}
SEEN_AS_IS = [pytest.param(one, id=f"{one['kind']}-{one['metadata']['name']}") for one in EVERY.values()]


@pytest.mark.parametrize("one", SEEN_AS_IS)
def test_an_object_does_not_differ_from_itself(one: dict[str, object]) -> None:
    assert list_differences(one, one) == ()


@pytest.mark.parametrize(
    ("wanted", "seen", "told"),
    [
        pytest.param({"spec": {"a": 1}}, {"spec": {"a": 2}}, ("spec.a", "2", "1"), id="value"),
        pytest.param({"spec": {"a": 1}}, {"spec": {}}, ("spec.a", "none", "1"), id="missing"),
        pytest.param({"spec": {}}, {"spec": {"a": 1}}, ("spec.a", "1", "none"), id="added"),
        pytest.param({"rules": [1]}, {"rules": [1, 2]}, ("rules[1]", "2", "none"), id="entry-added"),
        pytest.param({"rules": [1, 2]}, {"rules": [1]}, ("rules[1]", "none", "2"), id="entry-missing"),
        pytest.param({"rules": [1]}, {"rules": "x"}, ("rules", "x", "[1]"), id="another-type"),
        pytest.param({"rules": [1]}, {}, ("rules", "none", "[1]"), id="part-missing"),
        pytest.param({}, {"aggregationRule": {"a": 1}}, ("aggregationRule", "{'a': 1}", "none"), id="part-added"),
        pytest.param({"spec": {"a": True}}, {"spec": {"a": False}}, ("spec.a", "False", "True"), id="switch"),
        pytest.param({"spec": {}}, {"spec": {"scope": "Cluster"}}, ("spec.scope", "Cluster", "none"), id="no-default"),
        pytest.param(
            {"metadata": {"labels": {"a": "b"}}}, {"metadata": {}}, ("metadata.labels.a", "none", "b"), id="label"
        ),
    ],
)  # fmt: skip
def test_a_difference_is_told_by_its_field(wanted: object, seen: object, told: tuple[str, str, str]) -> None:
    assert isinstance(wanted, dict)
    assert isinstance(seen, dict)
    (found,) = list_differences(wanted, seen)

    assert (found.field, found.seen, found.wanted) == told


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        pytest.param({"spec": {}}, {"spec": {"scope": "*", "objectSelector": {}}}, id="defaults"),
        pytest.param({"globalDefault": False}, {}, id="false-is-left-out"),
        pytest.param({}, {"spec": {"finalizers": ["kubernetes"]}}, id="namespace"),
        pytest.param(
            {"spec": {"template": {"metadata": {}}}},
            {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "t"}}}}},
            id="restarted",
        ),
        pytest.param({"metadata": {"name": "a"}}, {"metadata": {"name": "a", "labels": {"team": "x"}}}, id="own-label"),
        pytest.param({}, {"status": {"a": 1}}, id="status"),
    ],
)
def test_what_the_api_server_fills_in_is_none(wanted: dict[str, object], seen: dict[str, object]) -> None:
    assert list_differences(wanted, seen) == ()


APPLIED: dict[str, Any] = {
    "f:spec": {"f:containers": {'k:{"name":"a"}': {".": {}, "f:name": {}, "f:image": {}}}, "f:taints": {}}
}
OTHERS: dict[str, Any] = {"f:spec": {"f:hostPID": {}, "f:containers": {'k:{"name":"a"}': {"f:tty": {}}}}}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"newDefault": "x"}, [], id="of-nobody"),
        pytest.param({"hostPID": True}, ["spec.hostPID"], id="of-somebody"),
        pytest.param({"containers": [{"name": "a", "newDefault": "x"}]}, [], id="of-nobody-in-a-list"),
        pytest.param({"containers": [{"name": "a", "tty": True}]}, ["spec.containers[0].tty"], id="of-somebody-in-it"),
        pytest.param({"taints": [{"key": "a", "more": 1}]}, ["spec.taints[0].more"], id="in-what-is-owned-whole"),
        pytest.param({"containers": [{"name": "a"}, {"name": "b"}]}, ["spec.containers[1]"], id="an-entry-more"),
        pytest.param({"taints": [{"key": "b"}]}, ["spec.taints[0].key"], id="a-value-whoever-wrote-it"),
    ],
)
def test_what_nobody_wrote_is_the_servers_own_whatever_its_version(change: dict[str, object], told: list[str]) -> None:
    wanted = {"spec": {"containers": [{"name": "a"}], "taints": [{"key": "a"}]}}
    managed = [{"manager": "aigpu", "fieldsV1": APPLIED}, {"manager": "kubectl-edit", "fieldsV1": OTHERS}]
    seen = {"metadata": {"managedFields": managed}, "spec": {**wanted["spec"], **change}}

    assert [one.field for one in list_differences(wanted, seen)] == told


@pytest.mark.parametrize("managed", [None, [], [{"manager": "x"}], "x"], ids=["none", "empty", "no-fields", "text"])
def test_where_it_is_not_told_who_wrote_what_everything_counts(managed: object) -> None:
    seen = {"metadata": {"managedFields": managed}, "spec": {"newDefault": "x"}}

    assert [one.field for one in list_differences({"spec": {}}, seen)] == ["spec.newDefault"]


def test_one_call_reads_all_and_one_object_alone_is_no_list(fake: FakeKubectl) -> None:
    first, second, *_ = EVERY.values()
    fake.answers("get --ignore-not-found --show-managed-fields -o json -f -", first)

    assert read_objects(fake.kubectl, [first, second]) == {
        identity_of(first): Known(first),
        identity_of(second): Known(None),
    }


def test_the_paths_are_those_of_the_api() -> None:
    assert sorted({path_of(identity) for identity in EVERY if identity[1] not in ("PodMonitor", "PrometheusRule")}) == [
        "/api/v1/namespaces/aigpu-system",
        "/api/v1/namespaces/aigpu-system/configmaps/aigpu-dashboard",
        "/api/v1/namespaces/aigpu-system/serviceaccounts/aigpu-agent",
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/aigpu-agent-own-node",
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/aigpu-gpu-pods",
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/aigpu-agent-own-node",
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/aigpu-gpu-pods",
        "/apis/apps/v1/namespaces/aigpu-system/daemonsets/aigpu-agent",
        "/apis/apps/v1/namespaces/aigpu-system/daemonsets/aigpu-device-plugin",
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/aigpu-agent",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/aigpu-agent",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/aigpu-system/rolebindings/aigpu-agent",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/aigpu-system/roles/aigpu-agent",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings/aigpu-agent",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/aigpu-agent",
        "/apis/scheduling.k8s.io/v1/priorityclasses/aigpu-agent",
    ]
