from __future__ import annotations

import datetime
import json

import pytest

from aigpu_contract.reading import Known, Unknown
from azext_aigpu.cluster.fleet import LEASES_A_PAGE, parse_intents, read_fleet, read_one
from azext_aigpu.cluster.kubectl import KubectlError
from azext_aigpu.cluster.node_verdict import judge_node
from azext_aigpu.cluster.paging import PAGE
from tests.azext.cluster.fake_kubectl import FakeKubectl
from tests.azext.cluster.given import INTENT, NOW, lease, proven, written

NODES = f"get --raw /api/v1/nodes?limit={PAGE}"
LEASES = f"get --raw /apis/coordination.k8s.io/v1/namespaces/aigpu-system/leases?limit={LEASES_A_PAGE}"
LEASE = "get --raw /apis/coordination.k8s.io/v1/namespaces/aigpu-system/leases/gpu-0"
CONFIGMAP = "get --raw /api/v1/namespaces/aigpu-system/configmaps/aigpu-intent"
FORBIDDEN = (
    'Error from server (Forbidden): leases is forbidden: User "u" cannot list resource "leases" in API group '
    '"coordination.k8s.io" in the namespace "aigpu-system"'
)


@pytest.fixture
def cluster(fake: FakeKubectl) -> FakeKubectl:
    """A cluster with one proven node, whose Leases and ConfigMap are not told yet."""
    fake.answers("auth whoami -o json", {"metadata": {"creationTimestamp": written(NOW)}})
    fake.answers(NODES, {"metadata": {}, "items": [proven()]})
    fake.answers("get --raw /api/v1/nodes/gpu-0", proven())
    return fake


def test_nodes_leases_intent_and_clock_are_read(cluster: FakeKubectl) -> None:
    cluster.answers(LEASES, {"metadata": {}, "items": [lease()]})
    cluster.answers(CONFIGMAP, {"data": {"foreign": json.dumps(INTENT)}})

    fleet = read_fleet(cluster.kubectl, "sku", frozenset({"a"}))

    assert [node.name for node in fleet.nodes] == ["gpu-0"]
    assert (fleet.around.now, fleet.around.gpu_pools, fleet.warnings) == (NOW, frozenset({"a"}), ())
    assert isinstance(fleet.around.heartbeats, Known)
    assert list(fleet.around.heartbeats.value) == ["gpu-0"]
    assert fleet.around.intents == Known({"foreign": INTENT})


def test_a_cluster_without_our_namespace_has_no_heartbeats_and_no_intents(cluster: FakeKubectl) -> None:
    cluster.answers(LEASES, {"metadata": {}, "items": []})

    fleet = read_fleet(cluster.kubectl, "sku", frozenset())

    assert (fleet.around.heartbeats, fleet.around.intents, fleet.warnings) == (Known({}), Known({}), ())


def test_leases_that_may_not_be_read_are_unknown_and_said(cluster: FakeKubectl) -> None:
    cluster.fails(LEASES, FORBIDDEN)

    fleet = read_fleet(cluster.kubectl, "sku", frozenset())

    assert isinstance(fleet.around.heartbeats, Unknown)
    assert fleet.warnings == (
        "Could not be read: User 'u' may not list leases.coordination.k8s.io in namespace aigpu-system.",
    )


def test_without_the_servers_clock_no_heartbeat_is_believed(fake: FakeKubectl) -> None:
    fresh = lease(renewed=datetime.datetime.now(datetime.timezone.utc))
    fake.fails("auth whoami -o json", 'error: unknown command "whoami"')
    fake.answers(NODES, {"metadata": {}, "items": [proven()]})
    fake.answers(LEASES, {"metadata": {}, "items": [fresh]})

    fleet = read_fleet(fake.kubectl, "sku", frozenset())
    verdict = judge_node(fleet.nodes[0], fleet.around)

    assert (verdict.status, verdict.reason) == ("Unknown", "ClockUnreadable")
    assert 'unknown command "whoami"' in verdict.message
    assert "this machine's clock" in fleet.warnings[0]


def test_nodes_that_may_not_be_read_are_an_error(fake: FakeKubectl) -> None:
    fake.fails(NODES, "error: You must be logged in to the server (Unauthorized)")

    with pytest.raises(KubectlError):
        read_fleet(fake.kubectl, "sku", frozenset())


def test_one_node_takes_one_lease_and_no_list(cluster: FakeKubectl) -> None:
    cluster.answers(LEASE, lease())

    fleet = read_one(cluster.kubectl, "gpu-0", "sku")

    assert isinstance(fleet.around.heartbeats, Known)
    assert fleet.around.heartbeats.value["gpu-0"].holds_s == 180
    assert not [command for command in cluster.commands if "limit=" in command]


def test_one_node_without_a_lease_has_no_heartbeat(cluster: FakeKubectl) -> None:
    assert read_one(cluster.kubectl, "gpu-0", "sku").around.heartbeats == Known({})


def test_a_name_is_no_path(cluster: FakeKubectl) -> None:
    with pytest.raises(KubectlError) as caught:
        read_one(cluster.kubectl, "../secrets?x", "sku")

    assert caught.value.kind == "not-found"
    assert "get --raw /api/v1/nodes/..%2Fsecrets%3Fx" in cluster.commands


@pytest.mark.parametrize("text", ["", "{", "[]", '{"aigpu.io/gpu-count": 1}', None, "[" * 100_000])
def test_an_intent_that_cannot_be_read_makes_them_all_unknown(text: object) -> None:
    reading = parse_intents({"good": json.dumps(INTENT), "bad": text})

    assert isinstance(reading, Unknown)
    assert "key bad of ConfigMap aigpu-intent" in reading.reason
