from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.exit_codes import EXIT_COULD_NOT_JUDGE
from aigpu_contract.finding import Status
from azext_aigpu.cluster.kubectl import KubectlError
from azext_aigpu.cluster.paging import PAGE
from azext_aigpu.cluster.scan_report import exit_code_of
from azext_aigpu.cluster.scan_review import Scan
from azext_aigpu.cluster.scanning import scan_cluster, would_refuse
from tests.azext.cluster.fake_kubectl import FakeKubectl
from tests.azext.cluster.given import CPU, NOW, job, node, pod, template, written

FORBIDDEN = 'Error from server (Forbidden): x is forbidden: User "u" cannot list resource "x" in API group ""'
ALL = f"?limit={PAGE}"
NOT_FOUND = "Error from server (NotFound): the server could not find the requested resource"
PYTORCH = f"get --raw /apis/kubeflow.org/v1/pytorchjobs{ALL}"


def listed(*items: object) -> dict[str, Any]:
    return {"metadata": {}, "items": list(items)}


def groups(**versions: str) -> dict[str, Any]:
    named = {"apps": "v1", "batch": "v1", **{name.replace("__", "."): text for name, text in versions.items()}}
    return {
        "groups": [
            {"name": name, "versions": [{"version": version} for version in text.split()]}
            for name, text in named.items()
        ]
    }


def build(fake: FakeKubectl, replaced: dict[str, Any] | None = None, apis: dict[str, Any] | None = None) -> FakeKubectl:
    """A cluster with one good node and nothing on it; `replaced` are answers of its own, text for a failure."""
    book = {
        "auth whoami -o json": {"metadata": {"creationTimestamp": written(NOW)}},
        "get --raw /apis": groups() if apis is None else apis,
        f"get --raw /api/v1/nodes{ALL}": listed(node()),
        f"get --raw /api/v1/pods{ALL}": listed(),
        **{f"get --raw /apis/apps/v1/{kind}{ALL}": listed() for kind in ("deployments", "statefulsets")},
        **{f"get --raw /apis/batch/v1/{kind}{ALL}": listed() for kind in ("jobs", "cronjobs")},
        **(replaced or {}),
    }
    for command, answer in book.items():
        if isinstance(answer, str):
            fake.fails(command, answer)
        else:
            fake.answers(command, answer)
    return fake


def unread(scan: Scan) -> set[str]:
    return set(scan.state.unread)


def test_a_cluster_is_read_with_what_every_cluster_has(fake: FakeKubectl) -> None:
    scan = scan_cluster(build(fake).kubectl, "sku")

    assert unread(scan) == set()
    assert scan.gpu_pools == {"gpu"}
    assert [one.status for one in scan.sightings] == [Status.WARN]  # its GPU is idle


def test_nothing_but_reads_is_sent(fake: FakeKubectl) -> None:
    scan_cluster(build(fake).kubectl, "sku")

    assert {" ".join(command.split()[:2]) for command in fake.commands} == {"get --raw", "auth whoami"}


def test_kinds_of_operators_are_read_where_they_are_served(fake: FakeKubectl) -> None:
    train = {
        "metadata": {"name": "bert", "namespace": "team-a"},
        "spec": {"pytorchReplicaSpecs": {"Worker": {"template": template()}}},
    }
    build(fake, {PYTORCH: listed(train)}, groups(kubeflow__org="v1"))

    scan = scan_cluster(fake.kubectl, "sku")

    assert [one.what for one in scan.sightings if one.enforcing_refuses] == ["PyTorchJob team-a/bert"]
    assert unread(scan) == set()  # the group's other kinds are not served, and that is no failure


def test_a_version_that_is_not_known_is_said_and_not_passed(fake: FakeKubectl) -> None:
    scan = scan_cluster(build(fake, apis=groups(ray__io="v2")).kubectl, "sku")

    assert unread(scan) == {"rayclusters.ray.io", "rayjobs.ray.io", "rayservices.ray.io"}
    assert "served as v2" in scan.state.unread["rayjobs.ray.io"]


@pytest.mark.parametrize(
    ("answer", "missed"),
    [(listed(), {"pytorchjobs.kubeflow.org"}), (FORBIDDEN, {"pytorchjobs.kubeflow.org"}), (NOT_FOUND, set())],
    ids=["served", "may-not-be-read", "not-served"],
)
def test_a_kind_in_another_version_beside_a_known_one_is_not_taken_for_absent(
    fake: FakeKubectl, answer: object, missed: set[str]
) -> None:
    build(fake, {f"get --raw /apis/kubeflow.org/v9/pytorchjobs{ALL}": answer}, groups(kubeflow__org="v1 v9"))

    assert unread(scan_cluster(fake.kubectl, "sku")) == missed


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (f"get --raw /api/v1/nodes{ALL}", "nodes"),
        (f"get --raw /api/v1/pods{ALL}", "pods"),
        (f"get --raw /apis/apps/v1/deployments{ALL}", "deployments"),
        (f"get --raw /apis/batch/v1/cronjobs{ALL}", "cronjobs"),
        ("get --raw /apis", "the list of API groups"),
        (
            "get --raw /api/v1/namespaces/aigpu-system/configmaps/aigpu-intent",
            "intent of pools that other tools made",
        ),
    ],
)
@pytest.mark.parametrize(
    "failure", [FORBIDDEN, "Error from server (InternalError): etcd", "error: something new"], ids=["403", "500", "new"]
)
def test_what_cannot_be_read_is_unknown(fake: FakeKubectl, command: str, what: str, failure: str) -> None:
    scan = scan_cluster(build(fake, {command: failure}).kubectl, "sku")

    assert what in unread(scan)
    assert any(one.status is Status.UNKNOWN for one in scan.sightings)


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {},
        {"groups": {}},
        {"groups": [{"name": "apps"}]},
        {**groups(), "groups": [*groups()["groups"], {"name": "ray.io", "versions": None}]},
    ],
    ids=["list", "nothing", "map", "no-versions", "half-an-answer"],
)
def test_groups_of_another_form_are_unknown_and_every_kind_is_tried(fake: FakeKubectl, answer: object) -> None:
    scan = scan_cluster(build(fake, {"get --raw /apis": answer}).kubectl, "sku")

    assert scan.state.unread["the list of API groups"] == "The answer to GET /apis is no list of API groups"
    assert PYTORCH in fake.commands
    assert exit_code_of(scan) == EXIT_COULD_NOT_JUDGE


@pytest.mark.parametrize(
    ("lacking", "kinds"),
    [("apps", {"deployments", "statefulsets"}), ("batch", {"jobs", "cronjobs"})],
)
def test_a_group_that_every_server_has_is_missed_and_not_taken_for_empty(
    fake: FakeKubectl, lacking: str, kinds: set[str]
) -> None:
    named = [one for one in groups()["groups"] if one["name"] != lacking]
    scan = scan_cluster(build(fake, apis={"groups": named}).kubectl, "sku")

    assert unread(scan) == kinds
    assert exit_code_of(scan) == EXIT_COULD_NOT_JUDGE


def test_a_kind_that_every_server_has_is_missed_and_not_taken_for_empty(fake: FakeKubectl) -> None:
    build(fake, {f"get --raw /apis/batch/v1/cronjobs{ALL}": NOT_FOUND})

    scan = scan_cluster(fake.kubectl, "sku")

    assert unread(scan) == {"cronjobs"}
    assert exit_code_of(scan) == EXIT_COULD_NOT_JUDGE


def test_when_the_groups_cannot_be_read_every_kind_is_tried(fake: FakeKubectl) -> None:
    build(fake, {"get --raw /apis": FORBIDDEN})

    scan_cluster(fake.kubectl, "sku")

    assert PYTORCH in fake.commands
    assert f"get --raw /apis/kubeflow.org/v2beta1/mpijobs{ALL}" in fake.commands


@pytest.mark.parametrize(
    "failure",
    ["Unable to connect to the server: no such host", "error: You must be logged in to the server (Unauthorized)"],
    ids=["away", "not signed in"],
)
def test_a_cluster_that_does_not_answer_is_an_error_and_no_scan(fake: FakeKubectl, failure: str) -> None:
    build(fake, {f"get --raw /api/v1/nodes{ALL}": failure})

    with pytest.raises(KubectlError):
        scan_cluster(fake.kubectl, "sku")


def test_what_enforcing_would_refuse_can_be_asked_for_alone(fake: FakeKubectl) -> None:
    build(
        fake,
        {
            f"get --raw /api/v1/nodes{ALL}": listed(node(), node("b", pool="wrong", size=CPU, offers={})),
            f"get --raw /api/v1/pods{ALL}": listed(pod("chance", spec={})),
            f"get --raw /apis/batch/v1/jobs{ALL}": listed(job()),
            f"get --raw /apis/apps/v1/deployments{ALL}": FORBIDDEN,
        },
    )

    refusals = would_refuse(fake.kubectl, "sku")

    assert [one.what for one in refusals.refused] == ["Job team-a/train"]
    assert [one.what for one in refusals.unknown] == ["deployments"]


def test_a_namespace_can_be_exempt(fake: FakeKubectl) -> None:
    build(fake, {f"get --raw /apis/batch/v1/jobs{ALL}": listed(job())})

    assert would_refuse(fake.kubectl, "sku", exempt_namespaces=("team-a",)).refused == ()
    assert would_refuse(fake.kubectl, "sku").refused


def test_the_configured_taint_is_what_targets(fake: FakeKubectl) -> None:
    tolerating = {"containers": [{"name": "m"}], "tolerations": [{"key": "team/gpu", "operator": "Exists"}]}
    build(fake, {f"get --raw /apis/batch/v1/jobs{ALL}": listed(job(pod_template={"spec": tolerating}))})

    assert would_refuse(fake.kubectl, "sku").refused == ()
    assert would_refuse(fake.kubectl, "team/gpu").refused


def test_a_pool_without_a_node_is_a_target_where_azure_knows_it(fake: FakeKubectl) -> None:
    selecting = {"containers": [{"name": "m"}], "nodeSelector": {"agentpool": "empty"}}
    build(fake, {f"get --raw /apis/batch/v1/jobs{ALL}": listed(job(pod_template={"spec": selecting}))})

    unsure = scan_cluster(fake.kubectl, "sku")
    sure = scan_cluster(fake.kubectl, "sku", empty_pools=frozenset({"empty"}))

    assert unsure.sightings[0].status is Status.UNKNOWN
    assert sure.sightings[0].enforcing_refuses


def test_what_azure_calls_a_gpu_pool_declares_nothing_of_nodes_that_are_there(fake: FakeKubectl) -> None:
    amd = node(pool="amd", size="Standard_ND96isr_MI300X_v5", labels={}, taints=(), offers={})
    build(fake, {f"get --raw /api/v1/nodes{ALL}": listed(amd)})

    assert scan_cluster(fake.kubectl, "sku", empty_pools=frozenset({"amd"})).sightings == ()
