"""The client of the API server against the stand-in, on good and on bad days."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node_agent.daemon.clocks import ServerTime, render_time
from node_agent.daemon.kube import KubeError, RefusedError, UnreachableError
from node_agent.daemon.kube_lightkube import PAGE, LightkubeKube, read_config
from testbeds.cluster import Drop, FakeNode, Fault, StandIn, add_bare_node
from testbeds.cluster.access import write_kubeconfig

CONDITION = {"type": "aigpu.io/GPUReady", "status": "True", "reason": "Passed", "message": ""}
TAINT = {"key": "a", "value": "b", "effect": "NoSchedule"}


class Made:
    """A client, its server, and how long it waited between tries."""

    def __init__(self, server: StandIn, folder: Path) -> None:
        self.server = server
        self.waits: list[float] = []
        self.answers: list[tuple[str, int]] = []
        self.server_time = ServerTime(calendar=lambda: 0.0)
        config = read_config(str(write_kubeconfig(server.access, folder / "config")))
        self.kube = LightkubeKube(
            config, "gpu-0", "aigpu-system", self.server_time, lambda *one: self.answers.append(one), self.waits.append
        )

    def fault(self, **fields: Any) -> None:
        self.server.faults.add(Fault(**fields))

    def node(self) -> Any:
        return self.server.admin.get("/api/v1/nodes/gpu-0")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    with StandIn() as server:
        add_bare_node(server, FakeNode("gpu-0", gpus=2, labels={"agentpool": "gpu1"}, taints=[TAINT]))
        add_bare_node(server, FakeNode("gpu-1", gpus=2, labels={"agentpool": "gpu2"}))
        client = Made(server, tmp_path)
        yield client
        client.kube.close()


def test_the_node_is_read_from_the_cache_unless_it_must_be_the_newest(made: Made) -> None:
    assert made.kube.read_node().allocatable["nvidia.com/gpu"] == 2
    made.kube.read_node(newest=True)
    queries = [one.request.query for one in made.server.recorded("GET", "nodes/gpu-0")]
    assert [query.get("resourceVersion") for query in queries] == ["0", None]


def test_the_servers_clock_is_taken_over(made: Made) -> None:
    made.kube.read_node()
    assert render_time(made.server_time.now()) > "2026-01-01"


def test_the_kubelets_conditions_stay(made: Made) -> None:
    node = made.kube.patch_status(
        {"metadata": {"labels": {"aigpu.io/driver": "1"}}, "status": {"conditions": [CONDITION]}}
    )
    assert node.condition is not None
    assert node.labels["aigpu.io/driver"] == "1"
    types = [one["type"] for one in made.node()["status"]["conditions"]]
    assert "Ready" in types
    assert "aigpu.io/GPUReady" in types


def test_taints_are_replaced_only_on_the_version_that_was_seen(made: Made) -> None:
    old = made.kube.read_node(newest=True)
    new = made.kube.patch_taints([*old.taints, {"key": "ours", "value": "", "effect": "NoSchedule"}], old.version)
    assert [taint["key"] for taint in new.taints] == ["a", "ours"]
    with pytest.raises(RefusedError) as refused:
        made.kube.patch_taints([], old.version)
    assert refused.value.code == 409
    assert made.kube.patch_taints([], new.version).taints == ()


@pytest.mark.parametrize(
    ("selector", "names"),
    [({"agentpool": "gpu1"}, ["gpu-0"]), ({"agentpool": None}, []), ({"nothing": None}, ["gpu-0", "gpu-1"])],
    ids=["a label", "without a label that all have", "without a label that none has"],
)
def test_nodes_are_listed_by_labels(made: Made, selector: dict[str, str | None], names: list[str]) -> None:
    assert sorted(node.name for node in made.kube.list_nodes(selector)) == names


def test_a_lease_is_made_merged_and_missed(made: Made) -> None:
    assert made.kube.read_lease("gpu-0") is None
    made.kube.create_lease({"metadata": {"name": "gpu-0"}, "spec": {"holderIdentity": "a", "leaseDurationSeconds": 9}})
    made.kube.patch_lease("gpu-0", {"spec": {"holderIdentity": None}})
    lease = made.kube.read_lease("gpu-0")
    assert lease is not None
    assert "holderIdentity" not in lease["spec"]
    with pytest.raises(RefusedError) as refused:
        made.kube.patch_lease("gpu-9", {"spec": {}})
    assert refused.value.code == 404


def test_an_event_is_made_and_counted_up(made: Made) -> None:
    about = {"apiVersion": "v1", "kind": "Node", "name": "gpu-0"}
    made.kube.create_event({"metadata": {"name": "e", "namespace": "default"}, "involvedObject": about, "count": 1})
    made.kube.patch_event("e", {"count": 2})
    assert made.server.admin.get("/api/v1/namespaces/default/events/e")["count"] == 2


def test_intent_and_pods(made: Made) -> None:
    assert made.kube.read_intent("aigpu-intent") is None
    body = {"metadata": {"name": "aigpu-intent"}, "data": {"gpu1": "{}"}}
    made.server.admin.post("/api/v1/namespaces/aigpu-system/configmaps", body)
    assert made.kube.read_intent("aigpu-intent") == {"gpu1": "{}"}
    assert made.kube.list_pods() == []
    (asked,) = made.server.recorded("GET", "/api/v1/pods")
    assert asked.request.query == {"fieldSelector": "spec.nodeName=gpu-0", "resourceVersion": "0"}


# ---- bad days ----


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"status": 429, "retry_after_s": 1}, id="429"),
        pytest.param({"status": 503}, id="503"),
        pytest.param({"status": 500}, id="500"),
        pytest.param({"status": 502, "body": b"<html>bad gateway</html>"}, id="no Status"),
        pytest.param({"drop": Drop.BEFORE}, id="dropped before"),
        pytest.param({"drop": Drop.AFTER}, id="dropped after"),
    ],
)
def test_a_write_gets_through_in_the_end(made: Made, fault: dict[str, Any]) -> None:
    made.fault(method="PATCH", times=2, **fault)
    made.kube.patch_status({"status": {"conditions": [CONDITION]}})
    assert CONDITION["type"] in [one["type"] for one in made.node()["status"]["conditions"]]
    assert len(made.waits) == 2
    assert all(wait >= fault.get("retry_after_s", 0) for wait in made.waits)


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": Drop.BEFORE}], ids=["503", "dropped"])
def test_what_does_not_get_through_is_said_and_then_tried_once_a_round(made: Made, fault: dict[str, Any]) -> None:
    made.fault(times=None, **fault)
    with pytest.raises(UnreachableError, match="gave no answer"):
        made.kube.read_node()
    assert len(made.waits) == 3
    with pytest.raises(UnreachableError):
        made.kube.read_node()
    assert len(made.waits) == 3
    made.server.faults.clear()
    made.kube.read_node()
    made.fault(times=1, **fault)
    made.kube.read_node()
    assert len(made.waits) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_a_refusal_is_not_tried_again(made: Made, status: int) -> None:
    made.fault(status=status, times=None)
    with pytest.raises(RefusedError) as refused:
        made.kube.read_node()
    assert (refused.value.code, made.waits) == (status, [])
    assert made.answers[-1] == ("GET", status)


def test_a_server_that_is_not_there_is_said(made: Made, tmp_path: Path) -> None:
    access = made.server.access
    made.server.__exit__(None, None, None)
    kube = LightkubeKube(
        read_config(str(write_kubeconfig(access, tmp_path / "gone"))),
        "gpu-0",
        "x",
        ServerTime(),
        sleep=made.waits.append,
    )
    with pytest.raises(UnreachableError):
        kube.read_node()


@pytest.mark.parametrize(
    "text", ["", "{", "a: [", "apiVersion: v1\nkind: Config\n"], ids=["empty", "open", "yaml", "bare"]
)
def test_a_kubeconfig_that_cannot_be_used_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(KubeError, match="no API server by"):
        LightkubeKube(read_config(str(tmp_path / "config")), "gpu-0", "x", ServerTime())


def test_a_token_that_was_renewed_is_read_again(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host, _, port = made.server.access.server.removeprefix("https://").partition(":")
    (tmp_path / "ca.crt").write_bytes(made.server.access.authority)
    (tmp_path / "namespace").write_text("aigpu-system")
    (tmp_path / "token").write_text("old")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
    monkeypatch.setattr("node_agent.daemon.kube_lightkube.SERVICE_ACCOUNT", str(tmp_path))
    made.server.tokens = {"old"}
    kube = LightkubeKube(read_config(None), "gpu-0", "aigpu-system", ServerTime())
    kube.read_node()
    made.server.tokens = {"new"}
    (tmp_path / "token").write_text("new")
    assert kube.read_node().name == "gpu-0"
    kube.close()


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"metadata": {"name": "gpu-1", "resourceVersion": "7"}}',
        b'{"metadata": {"name": "gpu-0"}}',
        b'{"metadata": "x"}',
        b'{"metadata": {"name": "gpu-0", "resourceVersion": "7"}, "status": {"conditions": ["x"]}}',
        b"[]",
        b"<html>",
    ],
    ids=["empty", "another node", "no version", "no object", "no conditions", "a list", "a page"],
)
def test_an_answer_that_is_not_our_node_is_no_answer(made: Made, body: bytes) -> None:
    made.fault(status=200, body=body, times=None)
    with pytest.raises(UnreachableError):
        made.kube.read_node()


def test_a_great_pool_comes_in_pages(made: Made) -> None:
    for number in range(2 * PAGE):
        add_bare_node(made.server, FakeNode(f"many-{number}", gpus=1, labels={"agentpool": "many"}))
    assert len(made.kube.list_nodes({"agentpool": "many"})) == 2 * PAGE
    queries = [one.request.query for one in made.server.recorded("GET", "nodes$")]
    assert [query["limit"] for query in queries] == [str(PAGE)] * 2
    assert not any("resourceVersion" in query for query in queries)
