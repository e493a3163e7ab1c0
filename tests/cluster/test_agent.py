"""The agent as a process, before the stand-in and before a real API server with its rights and its policy in force."""

from __future__ import annotations

import contextlib
import datetime
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest

from azext_aigpu.cluster.manifests.settings import TAINT, WATCH, AgentSettings
from testbeds.cluster import Cluster, Drop, Fault, LocalCluster, StandIn
from testbeds.cluster.access import write_kubeconfig
from testbeds.cluster.cluster import wait_until
from testbeds.nvidia_stub import Libraries, StubNode, faults, nodes
from testbeds.nvidia_stub.node import RECOVERY_ACTION, Event, Node, Refused
from tests.cluster.agent_process import GPU_LABELS, NAMESPACE, AgentProcess, ended
from tests.cluster.agents import IMAGE, installed
from tests.cluster.conftest import MakeNode, Server

SETTINGS = AgentSettings(IMAGE, mode=TAINT, profile=WATCH)
WELL = nodes.A100_80GB
WORN_OUT = replace(WELL, gpus=nodes.change_gpu(WELL, 0, remap_failed=1))
LOST = replace(WELL, faults=faults.gpu_lost(0))
UNCOVERED = replace(WELL, gpus=nodes.change_gpu(WELL, 0, field_values={RECOVERY_ACTION: Refused(3)}))
STARTUP, STATUS = "aigpu-unverified", "aigpu-unhealthy"
KERNEL_AT_ONCE = 1
BOTH = pytest.mark.usefixtures("api")
"""Runs on the stand-in, then on a real API server."""


class MakeAgent(Protocol):
    """Makes an agent on a node of its own; nothing is started yet."""

    def __call__(self, machine: Node = ..., labels: dict[str, str] | None = None, **fields: Any) -> AgentProcess: ...


@pytest.fixture
def make_agent(server: Server, make_node: MakeNode, libraries: Libraries, tmp_path: Path) -> Iterator[MakeAgent]:
    """Agents whose identity is that of the DaemonSet's pods: on the real server with RBAC and policy."""
    with ExitStack() as stack:
        rights = None
        if isinstance(server, Cluster):
            rights = stack.enter_context(installed(server, SETTINGS, with_policy=True))

        def make(machine: Node = WELL, labels: dict[str, str] | None = None, **fields: Any) -> AgentProcess:
            name = make_node(gpus=1, labels=GPU_LABELS if labels is None else labels, **fields)
            stub = stack.enter_context(StubNode(machine, tmp_path / name, libraries))
            access = server.access if rights is None else rights.bound_to(name)
            kubeconfig = write_kubeconfig(access, tmp_path / f"{name}.kubeconfig")
            return stack.enter_context(ended(AgentProcess(name, stub, kubeconfig, server.admin)))

        yield make
        if isinstance(server, Cluster):
            with contextlib.suppress(Exception):
                for lease in server.admin.get(f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases")["items"]:
                    server.admin.delete(
                        f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{lease['metadata']['name']}"
                    )


@BOTH
def test_a_node_is_proven(make_agent: MakeAgent) -> None:
    agent = make_agent()
    agent.start()
    agent.wait_for("True Passed")
    assert agent.proof["gpus"] == 1
    node = agent.node()
    assert node["metadata"]["labels"]["aigpu.io/driver"] == WELL.driver
    assert "Ready" in [one["type"] for one in node["status"]["conditions"]], "the kubelet's conditions stay"
    wait_until(lambda: agent.events() == ["Passed"], "no event")
    lease = agent.lease()
    assert (lease["holderIdentity"], lease["leaseDurationSeconds"]) == (f"agent-{agent.name}", 8)
    assert agent.page("/readyz")[0] == agent.page("/healthz")[0] == 200
    assert 'aigpu_node_gpus{source="cuda"} 1\n' in agent.page("/metrics")[1]
    wait_until(lambda: agent.lease()["renewTime"] != lease["renewTime"], "the Lease was not renewed")


@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
def test_a_cpu_machine_in_a_gpu_pool_is_said_so(make_agent: MakeAgent) -> None:
    """The story that all this was built for: D16s_v5 typed where NC24ads was meant."""
    labels = {**GPU_LABELS, "node.kubernetes.io/instance-type": "Standard_D16s_v5"}
    agent = make_agent(nodes.CPU, labels)
    agent.start("--mode", "taint")
    agent.wait_for("False WrongVMSize")
    wait_until(lambda: agent.taints == [STATUS], "it is not tainted")


@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
def test_a_new_node_is_held_back_until_it_is_proven(make_agent: MakeAgent) -> None:
    slow = replace(WELL, faults=(faults.delay("nvmlInit*", 3000),))
    agent = make_agent(slow)
    agent.start("--mode", "taint")
    wait_until(lambda: agent.taints == [STARTUP], "it is not held back")
    assert agent.status == ""
    agent.wait_for("True Passed")
    wait_until(lambda: agent.taints == [], "it is held back still")


@BOTH
def test_a_node_that_fails_is_tainted_and_let_go_by_a_proof(make_agent: MakeAgent) -> None:
    agent = make_agent()
    agent.start("--mode", "taint")
    agent.wait_for("True Passed")
    agent.machine.become(LOST)
    agent.wait_for("False GPULost")
    wait_until(lambda: agent.taints == [STATUS], "it is not tainted")
    assert agent.proof == {}
    agent.machine.become(WELL)
    agent.wait_for("True Passed")
    wait_until(lambda: agent.taints == [], "it is tainted still")
    assert agent.proof["gpus"] == 1


@pytest.mark.parametrize("moment_s", [0.4, 0.9, 1.3, 2.0])
@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
def test_a_kill_at_any_point_leaves_a_true_state(make_agent: MakeAgent, moment_s: float) -> None:
    agent = make_agent()
    agent.start("--mode", "taint")
    time.sleep(moment_s)
    agent.end(signal.SIGKILL)
    if agent.status.startswith("True"):
        assert agent.proof["gpus"] == 1
    else:
        assert agent.status == ""
    agent.start("--mode", "taint")
    agent.wait_for("True Passed")
    wait_until(lambda: agent.taints == [], "it is held back still")


@BOTH
def test_a_restart_keeps_the_truth_and_runs_no_second_kernel(make_agent: MakeAgent) -> None:
    agent = make_agent()
    agent.start()
    agent.wait_for("True Passed")
    wait_until(lambda: agent.rounds() >= 1, "its first round has no end: it may be writing still")
    agent.end(signal.SIGKILL)
    before = agent.node()
    agent.start()
    wait_until(lambda: agent.rounds() >= 2, "no rounds")
    assert agent.kernels() == KERNEL_AT_ONCE
    assert agent.node()["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
def test_a_reboot_is_unknown_at_once_and_proven_anew(make_agent: MakeAgent) -> None:
    agent = make_agent()
    agent.start()
    agent.wait_for("True Passed")
    first = agent.proof
    agent.end(signal.SIGKILL)
    agent.machine.become(replace(WELL, faults=(faults.delay("nvmlInit*", 3000),)))
    agent.machine.boot()
    agent.start()
    agent.wait_for("Unknown NodeRebooted")
    agent.wait_for("True Passed")
    assert agent.proof["bootId"] != first["bootId"]
    assert agent.kernels() == 2 * KERNEL_AT_ONCE


@BOTH
def test_sigterm_ends_it_within_two_seconds_and_writes_nothing(make_agent: MakeAgent) -> None:
    agent = make_agent()
    agent.start()
    agent.wait_for("True Passed")
    agent.machine.become(replace(WELL, faults=(faults.hang("nvmlInit*"),)))
    time.sleep(1.5)
    before, lease = agent.node()["metadata"]["resourceVersion"], agent.lease()
    assert agent.end() == 0
    assert agent.node()["metadata"]["resourceVersion"] == before
    assert agent.lease() == lease


@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
def test_sighup_ends_nothing(make_agent: MakeAgent) -> None:
    agent = make_agent()
    agent.start()
    agent.wait_for("True Passed")
    assert agent.process is not None
    agent.process.send_signal(signal.SIGHUP)
    agent.wait_rounds(2)


@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
def test_the_pause_label_leaves_the_devices_alone(make_agent: MakeAgent) -> None:
    agent = make_agent()
    agent.start()
    agent.wait_for("True Passed")
    path = f"/api/v1/nodes/{agent.name}"
    agent.admin.patch(path, {"metadata": {"labels": {"aigpu.io/pause": "driver-upgrade"}}})
    agent.wait_for("Unknown AgentPaused")
    agent.machine.forget_calls()
    time.sleep(2.5)
    assert agent.machine.calls() == []
    agent.admin.patch(path, {"metadata": {"labels": {"aigpu.io/pause": None}}})
    agent.wait_for("True Passed")


@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
def test_another_kernel_module_ends_the_process_in_good_order(make_agent: MakeAgent) -> None:
    agent = make_agent()
    agent.start()
    agent.wait_for("True Passed")
    agent.machine.become(replace(WELL, driver="590.44.01"))
    assert agent.process is not None
    assert agent.process.wait(20) == 0
    assert "590.44.01" in agent.log[-1]["reason"]


@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
def test_an_xid_wakes_the_agent_and_becomes_a_verdict(make_agent: MakeAgent) -> None:
    dead = replace(UNCOVERED, events=(Event(0, data=79, after_ms=4000),))
    agent = make_agent(dead)
    agent.start("--watch-xids", interval="60s")
    agent.wait_for("True Passed")
    agent.wait_for("False XIDFatal", 20)
    assert 'aigpu_node_xids_total{class="dead",xid="79"} 1\n' in agent.page("/metrics")[1]


@BOTH
def test_a_dead_xid_outlives_the_agent_and_not_the_boot(make_agent: MakeAgent) -> None:
    agent = make_agent(replace(UNCOVERED, events=(Event(0, data=48), Event(0, data=79))))
    agent.start("--watch-xids")
    agent.wait_for("False XIDFatal")
    agent.end(signal.SIGKILL)
    agent.machine.become(UNCOVERED)
    agent.start()
    wait_until(lambda: agent.rounds() >= 3, "no rounds")
    assert agent.status == "False XIDFatal"
    assert 79 in [one["xid"] for one in agent.faults["xids"]]
    agent.end(signal.SIGKILL)
    agent.machine.boot()
    agent.start()
    agent.wait_for("True Passed")
    assert agent.faults == {}


@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
def test_a_watcher_that_crashes_is_started_again(make_agent: MakeAgent) -> None:
    agent = make_agent(replace(UNCOVERED, faults=(faults.crash("nvmlEventSetWait*"),)))
    agent.start("--watch-xids")
    agent.wait_for("True Passed")
    metric = "aigpu_node_xid_watcher_restarts_total"
    wait_until(lambda: f"{metric} 2\n" in agent.page("/metrics")[1], "it was not started again")
    agent.machine.become(replace(UNCOVERED, events=(Event(0, data=48),)))
    agent.wait_for("False XIDNeedsReset", 30)


@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
def test_several_agents_share_the_budget_of_their_pool(make_agent: MakeAgent) -> None:
    agents = [make_agent(WORN_OUT) for _ in range(4)]
    for agent in agents:
        agent.start("--mode", "taint")
    for agent in agents:
        agent.wait_for("False RowRemapFailed")
    wait_until(lambda: sum(agent.taints == [STATUS] for agent in agents) == 1, "not one of them is tainted")
    for agent in agents:
        agent.wait_rounds(2)
    assert sum(STATUS in agent.taints for agent in agents) == 1
    exhausted = [agent for agent in agents if "TaintBudgetExhausted" in agent.events()]
    assert len(exhausted) == 3


@pytest.mark.cluster
def test_a_pod_that_never_opened_its_gpu_is_told_of(make_agent: MakeAgent, namespace: str) -> None:
    agent = make_agent()
    agent.admin.patch(f"/api/v1/nodes/{agent.name}", {"metadata": {"labels": {"aigpu.io/price-hour": "3.67"}}})
    pods = f"/api/v1/namespaces/{namespace}/pods"
    container = {"name": "main", "image": "none", "resources": {"limits": {"nvidia.com/gpu": "1"}}}
    spec = {"nodeName": agent.name, "containers": [container], "tolerations": [{"operator": "Exists"}]}
    agent.admin.post(pods, {"metadata": {"name": "train"}, "spec": spec})
    running = {"name": "main", "image": "none", "imageID": "", "ready": True, "restartCount": 0}
    hours_ago = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=2)).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )
    state = {**running, "state": {"running": {"startedAt": hours_ago}}}
    agent.admin.patch(f"{pods}/train/status", {"status": {"phase": "Running", "containerStatuses": [state]}})
    agent.start("--watch-pods")
    wait_until(lambda: "SilentCPUFallback" in agent.events(), "nothing is told of the pod")
    assert 'aigpu_node_pods{reason="SilentCPUFallback"} 1\n' in agent.page("/metrics")[1]
    assert any("1 GPU, and no process of it has a context; $7.3" in str(line.get("finding")) for line in agent.log)


# ---- bad days of the API server ----


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"method": "PATCH", "status": 429, "retry_after_s": 1, "times": 3}, id="429"),
        pytest.param({"method": "PATCH", "status": 500, "times": 6}, id="500"),
        pytest.param({"method": "PATCH", "path": "/nodes/", "status": 409, "times": 3}, id="409"),
        pytest.param({"method": "PATCH", "drop": Drop.AFTER, "times": 4}, id="dropped after it was done"),
        pytest.param({"method": "PATCH", "delay_s": 2.0, "times": 3}, id="slow"),
    ],
)
@pytest.mark.parametrize("api", ["standin"], indirect=True)
def test_bad_answers_at_the_start_delay_it_and_no_more(
    api: Server, make_agent: MakeAgent, fault: dict[str, Any]
) -> None:
    assert isinstance(api, StandIn)
    agent = make_agent()
    api.faults.add(Fault(**fault))
    agent.start("--mode", "taint")
    agent.wait_for("True Passed", 40)
    wait_until(lambda: agent.taints == [], "it is held back still")


@pytest.mark.cluster
def test_an_api_server_that_is_away_for_a_while(cluster: Cluster, make_agent: MakeAgent) -> None:
    """The server is gone for many intervals: the loop goes on, and what was found meanwhile is then written."""
    if not isinstance(cluster, LocalCluster):
        pytest.skip("a cluster that is not ours is not stopped: unset AIGPU_TEST_KUBECONFIG, set KUBEBUILDER_ASSETS")
    agent = make_agent()
    agent.start()
    agent.wait_for("True Passed")
    cluster.api_server.kill()
    try:
        agent.machine.become(LOST)
        agent.wait_rounds(5)
        assert agent.page("/healthz")[0] == 200
        assert "aigpu_node_ready 0\n" in agent.page("/metrics")[1]
    finally:
        cluster.api_server.start()
        cluster.api_server.wait_until_ready()
    agent.wait_for("False GPULost")
    assert agent.process is not None
    assert agent.process.poll() is None


@pytest.mark.cluster
@pytest.mark.slow
def test_an_api_server_that_hangs(cluster: Cluster, make_agent: MakeAgent) -> None:
    if not isinstance(cluster, LocalCluster):
        pytest.skip("a cluster that is not ours is not stopped: unset AIGPU_TEST_KUBECONFIG, set KUBEBUILDER_ASSETS")
    agent = make_agent()
    agent.start()
    agent.wait_for("True Passed")
    cluster.api_server.pause()
    try:
        agent.machine.become(LOST)
        wait_until(lambda: "aigpu_node_ready 0\n" in agent.page("/metrics")[1], "the loop stands still", 60)
    finally:
        cluster.api_server.resume()
    agent.wait_for("False GPULost")
