"""The test bed itself, on a real control plane: who is who, and what is left of it when a test run dies."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbeds.cluster import Access, Client, Cluster, LocalCluster, NoClusterError
from testbeds.cluster.assets import find_assets
from testbeds.cluster.cluster import wait_until
from tests.cluster.conftest import AsServiceAccount, MakeNode

pytestmark = pytest.mark.cluster

NODE_NAME = "authentication.kubernetes.io/node-name"

# Starts a control plane, says where, and waits to be killed.
HOLDER = """
import time
from testbeds.cluster.assets import find_assets
from testbeds.cluster.real import start_cluster
with start_cluster(find_assets()) as cluster:
    print(cluster.folder, *(component.pid for component in cluster.components.values()), flush=True)
    time.sleep(60)
"""


@pytest.fixture
def local(cluster: Cluster) -> LocalCluster:
    if not isinstance(cluster, LocalCluster):
        pytest.skip("the control plane of a running cluster is not ours to stop")
    return cluster


@contextlib.contextmanager
def client(access: Access, **options: Any) -> Iterator[Client]:
    with contextlib.closing(Client(access, **options)) as opened:
        yield opened


def review(access: Access) -> dict[str, Any]:
    """Who the server thinks that this is."""
    kind = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    with client(access) as asking:
        answer: dict[str, Any] = asking.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", kind)
    user: dict[str, Any] = answer["status"]["userInfo"]
    return user


class TestIdentities:
    def test_a_pods_token_carries_the_name_of_its_node(
        self, as_service_account: AsServiceAccount, namespace: str, make_node: MakeNode
    ) -> None:
        node = make_node()
        user = review(as_service_account("agent", node=node))
        assert user["username"] == f"system:serviceaccount:{namespace}:agent"
        assert user["extra"][NODE_NAME] == [node]

    def test_a_token_of_no_pod_carries_no_node(self, as_service_account: AsServiceAccount) -> None:
        assert NODE_NAME not in review(as_service_account("agent"))["extra"]

    def test_a_user_has_the_name_and_the_groups_that_are_asked_for(self, cluster: Cluster) -> None:
        user = review(cluster.as_user("ada", ["ml-team"]))
        assert user["username"] == "ada"
        assert "ml-team" in user["groups"]

    def test_nobody_has_rights_that_were_not_given(
        self, cluster: Cluster, as_service_account: AsServiceAccount
    ) -> None:
        for access in (cluster.as_user("ada"), as_service_account("agent")):
            with client(access) as asking:
                answer = asking.send("GET", "/api/v1/nodes")
            assert (answer.status, answer.reason) == (403, "Forbidden")

    def test_a_role_gives_them(self, cluster: Cluster, as_service_account: AsServiceAccount, namespace: str) -> None:
        access = as_service_account("reader")
        roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
        rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}
        cluster.admin.post(f"{roles}/roles", {"metadata": {"name": "reader"}, "rules": [rule]})
        binding = {
            "metadata": {"name": "reader"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": namespace}],
        }
        cluster.admin.post(f"{roles}/rolebindings", binding)
        with client(access) as asking:
            wait_until(
                lambda: asking.send("GET", f"/api/v1/namespaces/{namespace}/configmaps").status == 200, "still refused"
            )
            assert asking.send("GET", f"/api/v1/namespaces/{namespace}/secrets").status == 403

    def test_kubectl_is_whom_it_is_told_to_be(self, cluster: Cluster, as_service_account: AsServiceAccount) -> None:
        assert cluster.kubectl("get", "nodes").returncode == 0
        refused = cluster.kubectl("get", "nodes", access=as_service_account("agent"))
        assert refused.returncode == 1
        assert "Forbidden" in refused.stderr

    def test_a_kubeconfig_is_for_its_owner_alone(self, cluster: Cluster) -> None:
        assert cluster.kubeconfig().stat().st_mode & 0o077 == 0


class TestOutages:
    def test_what_was_written_is_there_after_a_restart(self, local: LocalCluster, make_node: MakeNode) -> None:
        node = make_node()
        local.api_server.kill()
        with pytest.raises(ConnectionError):
            local.admin.send("GET", "/readyz")
        local.api_server.start()
        local.api_server.wait_until_ready()
        assert local.admin.get(f"/api/v1/nodes/{node}")["metadata"]["name"] == node

    def test_a_paused_server_lets_its_callers_hang(self, local: LocalCluster) -> None:
        with client(local.access, timeout_s=0.5) as impatient:
            local.api_server.pause()
            try:
                with pytest.raises(TimeoutError):
                    impatient.get("/version")
            finally:
                local.api_server.resume()
        assert local.admin.send("GET", "/version").status == 200


def exists(pid: str) -> bool:
    """Whether the process runs; one that ended and was not waited for does not."""
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="it looks for processes in /proc")
def test_nothing_is_left_of_a_run_that_is_killed() -> None:
    try:
        find_assets()
    except NoClusterError as error:
        pytest.skip(str(error))
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True, env=os.environ)
    assert holder.stdout is not None
    folder, *pids = holder.stdout.readline().split()
    assert len(pids) >= 2
    assert all(exists(pid) for pid in pids)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    wait_until(lambda: not Path(folder).exists(), f"{folder} is still there")
    wait_until(lambda: not any(exists(pid) for pid in pids), "a process is still there")
