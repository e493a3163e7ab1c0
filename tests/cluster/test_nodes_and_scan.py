"""`node list` and `scan` through a real kubectl: their parts on a real API server, in its own words."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from aigpu_contract.reading import Unknown
from azext_aigpu.cluster import node_rows
from azext_aigpu.cluster.fleet import read_fleet
from azext_aigpu.cluster.kubectl import Kubectl, KubectlError, find_kubectl
from azext_aigpu.cluster.moments import Moment
from azext_aigpu.cluster.paging import read_list
from azext_aigpu.cluster.scan_review import Scan
from azext_aigpu.cluster.scanning import scan_cluster, would_refuse
from azext_aigpu.cluster.server_clock import read_clock
from testbeds.cluster import Access, Cluster, FakeNodes, wait_until
from testbeds.cluster.access import write_kubeconfig
from testbeds.cluster.assets import find_kubectl as find_test_kubectl
from testbeds.cluster.node_body import FakeNode, micro_time
from tests.azext.core.harness import Result, run_offline
from tests.cluster.conftest import MakeNode, Server

Make = Callable[[str, dict[str, Any]], dict[str, Any]]

PERMISSIONS = Path(__file__).parents[2] / "docs" / "reference" / "permissions.md"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/aigpu-system/leases"
A100 = "Standard_NC24ads_A100_v4"
INTENT = {
    "hardware": "gpu",
    "agentpool": "train",
    "node.kubernetes.io/instance-type": A100,
    "aigpu.io/sku": A100,
    "aigpu.io/gpu-model": "a100-80gb",
    "aigpu.io/gpu-count": "1",
    "aigpu.io/resource": "gpu",
    "aigpu.io/resource-count": "1",
}
TAINT = {"key": "sku", "value": "gpu", "effect": "NoSchedule"}
PROVEN = {"type": "aigpu.io/GPUReady", "status": "True", "reason": "Passed"}


@pytest.fixture
def as_user(cluster: Cluster) -> Callable[..., Kubectl]:
    """The extension's kubectl, as the administrator or as somebody else."""
    program = find_test_kubectl()
    assert program is not None

    def build(access: Access | None = None) -> Kubectl:
        return Kubectl(str(program), str(cluster.kubeconfig(access)))

    return build


@pytest.fixture
def admin(as_user: Callable[..., Kubectl]) -> Kubectl:
    return as_user()


@pytest.fixture
def system(cluster: Cluster) -> None:
    """The agent's namespace, left there for the others."""
    provide_system(cluster)


def provide_system(server: Server) -> None:
    """Make the namespace where it is not there; the stand-in takes objects in namespaces that nobody made."""
    server.admin.send("POST", "/api/v1/namespaces", {"metadata": {"name": "aigpu-system"}})


def failure(act: Callable[[], object]) -> KubectlError:
    with pytest.raises(KubectlError) as caught:
        act()
    return caught.value


def may(act: Callable[[], object]) -> bool:
    try:
        act()
    except KubectlError:
        return False
    return True


def now() -> Moment:
    return datetime.datetime.now(datetime.timezone.utc)


def ready_node(make_node: MakeNode, **fields: Any) -> str:
    proof = {"bootId": "boot", "driver": "570.86.15", "gpus": 1, "provenAt": now().strftime("%Y-%m-%dT%H:%M:%SZ")}
    given = {
        "gpus": 1,
        "labels": INTENT,
        "annotations": {"aigpu.io/proof": json.dumps(proof)},
        "conditions": [PROVEN],
        "boot_id": "boot",
        **fields,
    }
    return make_node(**given)


def lease(name: str, age_s: float) -> dict[str, Any]:
    renewed = now() - datetime.timedelta(seconds=age_s)
    spec = {"holderIdentity": "agent-x", "leaseDurationSeconds": 180, "renewTime": micro_time(renewed)}
    return {"metadata": {"name": name}, "spec": spec}


@pytest.mark.cluster
class TestKubectl:
    def test_a_missing_right_is_named(self, cluster: Cluster, as_user: Callable[..., Kubectl]) -> None:
        kubectl = as_user(cluster.as_user("alice"))

        error = failure(lambda: kubectl.get_raw("/apis/apps/v1/namespaces/default/deployments"))

        assert (error.kind, error.text) == (
            "forbidden",
            "User 'alice' may not list deployments.apps in namespace default.",
        )

    def test_a_token_that_is_none_is_not_signed_in(self, cluster: Cluster, as_user: Callable[..., Kubectl]) -> None:
        kubectl = as_user(cluster.access.with_token("nobody"))

        assert failure(lambda: kubectl.get_raw("/api/v1/nodes")).kind == "unauthorized"

    def test_what_is_not_there_is_not_found(self, admin: Kubectl) -> None:
        assert failure(lambda: admin.get_raw("/api/v1/nodes/nope")).kind == "not-found"
        assert failure(lambda: admin.get_raw("/apis/kubeflow.org/v1/nosuchjobs")).kind == "not-found"

    def test_a_server_that_is_not_there_is_unreachable(self, cluster: Cluster, as_user: Callable[..., Kubectl]) -> None:
        kubectl = as_user(dataclasses.replace(cluster.access, server="https://127.0.0.1:9"))

        assert failure(lambda: kubectl.get_raw("/version")).kind == "unreachable"

    def test_a_conflict_and_an_invalid_object_are_told_apart(self, admin: Kubectl, namespace: str) -> None:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": namespace}}
        apply = ("apply", "--server-side", "-f", "-")
        admin.run(*apply, "--field-manager=one", stdin=json.dumps({**body, "data": {"a": "1"}}))

        conflict = failure(
            lambda: admin.run(*apply, "--field-manager=two", stdin=json.dumps({**body, "data": {"a": "2"}}))
        )
        invalid = failure(lambda: admin.run(*apply, stdin=json.dumps({**body, "data": {"a": 2}})))

        assert (conflict.kind, invalid.kind) == ("conflict", "invalid")

    def test_the_environment_names_the_cluster_where_no_option_does(
        self, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig()))

        assert find_kubectl(str(find_test_kubectl())).get_raw("/version")["gitVersion"] == cluster.version

    def test_the_servers_clock_is_told_to_whoever_is_signed_in(
        self, cluster: Cluster, as_user: Callable[..., Kubectl]
    ) -> None:
        clock = read_clock(as_user(cluster.as_user("nobody-special")), lambda: Moment.min)

        assert clock.warning == ""
        assert abs((clock.now - now()).total_seconds()) < 60

    def test_a_list_is_read_page_by_page(self, admin: Kubectl, namespace: str, make: Make) -> None:
        for number in range(5):
            make(f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": f"m-{number}"}})
        path = f"/api/v1/namespaces/{namespace}/configmaps"

        for page in (1, 2, 5, 500):
            names = read_list(admin, path, lambda item: str(item["metadata"]["name"]), page)
            assert [name for name in names if name.startswith("m-")] == [f"m-{number}" for number in range(5)]


@pytest.mark.cluster
@pytest.mark.usefixtures("system")
class TestNodes:
    def rows(self, kubectl: Kubectl) -> dict[str, dict[str, Any]]:
        fleet = read_fleet(kubectl, "sku", frozenset())
        return {row["name"]: row for row in node_rows.build_rows(fleet.nodes, fleet.around)}

    def test_a_proven_node_is_true_as_long_as_its_agent_is_heard(
        self, admin: Kubectl, make_node: MakeNode, make: Make
    ) -> None:
        heard, silent = ready_node(make_node), ready_node(make_node)
        make(LEASES, lease(heard, 20))
        make(LEASES, lease(silent, 400))

        rows = self.rows(admin)

        assert rows[heard]["ready"] == "True", rows[heard]
        assert (rows[silent]["ready"], rows[silent]["reason"]) == ("Unknown", "HeartbeatStale")

    def test_a_node_without_agent_or_lease_or_intent_is_unknown(self, admin: Kubectl, make_node: MakeNode) -> None:
        names = {
            "NoAgent": make_node(gpus=1, labels=INTENT),
            "HeartbeatStale": ready_node(make_node),
            "IntentMissing": ready_node(make_node, labels={"kubernetes.azure.com/accelerator": "nvidia"}),
        }

        rows = self.rows(admin)

        assert {reason: rows[name]["reason"] for reason, name in names.items()} == {reason: reason for reason in names}
        assert {rows[name]["ready"] for name in names.values()} == {"Unknown"}

    def test_intent_comes_from_the_configmap_too(self, admin: Kubectl, make_node: MakeNode, make: Make) -> None:
        name = ready_node(make_node, labels={"agentpool": "foreign", "node.kubernetes.io/instance-type": A100})
        make(LEASES, lease(name, 1))
        kept = {key: value for key, value in INTENT.items() if key.startswith("aigpu.io/")}
        body = {"metadata": {"name": "aigpu-intent"}, "data": {"foreign": json.dumps(kept)}}
        make("/api/v1/namespaces/aigpu-system/configmaps", body)

        assert self.rows(admin)[name]["ready"] == "True"


@pytest.mark.cluster
@pytest.mark.usefixtures("system")
class TestRights:
    """`docs/reference/permissions.md` has the rights that node and scan need; without one of them something is said."""

    def roles(self) -> dict[str, dict[str, Any]]:
        (text,) = re.findall(r"```yaml\n(.*?)```", PERMISSIONS.read_text(encoding="utf-8"), re.DOTALL)
        return {role["kind"]: role for role in yaml.safe_load_all(text)}

    def grant(self, make: Make, *kinds: str) -> None:
        group = "rbac.authorization.k8s.io"
        for kind in kinds:
            role = self.roles()[kind]
            inside = f"namespaces/{role['metadata']['namespace']}/" if kind == "Role" else ""
            where = f"/apis/{group}/v1/{inside}{kind.lower()}"
            make(f"{where}s", role)
            bound = {
                "metadata": {"name": "aigpu-reader"},
                "subjects": [{"apiGroup": group, "kind": "User", "name": "reader"}],
                "roleRef": {"apiGroup": group, "kind": kind, "name": role["metadata"]["name"]},
            }
            make(f"{where}bindings", bound)

    def test_they_suffice(
        self, cluster: Cluster, as_user: Callable[..., Kubectl], make: Make, make_node: MakeNode
    ) -> None:
        kubectl = as_user(cluster.as_user("reader"))
        make(LEASES, lease(name := ready_node(make_node), 1))
        self.grant(make, "ClusterRole", "Role")
        wait_until(lambda: may(lambda: kubectl.get_raw(f"{LEASES}?limit=1")), "the roles were not bound")
        wait_until(lambda: may(lambda: kubectl.get_raw("/api/v1/nodes?limit=1")), "the roles were not bound")

        fleet = read_fleet(kubectl, "sku", frozenset())
        rows = {row["name"]: row for row in node_rows.build_rows(fleet.nodes, fleet.around)}

        assert (rows[name]["ready"], fleet.warnings) == ("True", ())
        assert scan_cluster(kubectl, "sku").state.unread == {}

    def test_without_the_agents_namespace_no_node_is_true(
        self, cluster: Cluster, as_user: Callable[..., Kubectl], make: Make, make_node: MakeNode
    ) -> None:
        kubectl = as_user(cluster.as_user("reader"))
        make(LEASES, lease(name := ready_node(make_node), 1))
        self.grant(make, "ClusterRole")
        wait_until(lambda: may(lambda: kubectl.get_raw("/api/v1/nodes?limit=1")), "the role was not bound")

        fleet = read_fleet(kubectl, "sku", frozenset())
        rows = {row["name"]: row for row in node_rows.build_rows(fleet.nodes, fleet.around)}

        assert rows[name]["reason"] == "HeartbeatUnreadable"
        assert len(fleet.warnings) == 2
        assert set(scan_cluster(kubectl, "sku").state.unread) == {"intent of pools that other tools made"}

    def test_without_any_the_nodes_cannot_be_listed(self, cluster: Cluster, as_user: Callable[..., Kubectl]) -> None:
        kubectl = as_user(cluster.as_user("reader"))

        assert failure(lambda: read_fleet(kubectl, "sku", frozenset())).kind == "forbidden"


class TestCommands:
    """The whole way: azure-cli-core, our handler, a real kubectl, an API server."""

    def test_a_fleet_is_checked(self, api: Server, make_node: MakeNode, make: Make, tmp_path: Path) -> None:
        if find_test_kubectl() is None:
            pytest.skip("needs kubectl on PATH: az aks install-cli puts it there")
        provide_system(api)
        name = ready_node(make_node)
        kubeconfig = write_kubeconfig(api.access, tmp_path / "kubeconfig", "default")

        def show() -> Result:
            named = ("--kubeconfig", str(kubeconfig), "-n", name, "--check")
            return run_offline("aigpu", "node", "show", *named, env={"AZURE_AIGPU_KUBECTL": str(find_test_kubectl())})

        silent = show()
        make(LEASES, lease(name, 1))
        heard = show()

        assert (silent.exit_code, silent.data["reason"]) == (4, "HeartbeatStale")
        assert (heard.exit_code, heard.data["ready"]) == (0, "True"), heard.stderr
        assert heard.data["counts"] == {
            "intent": 1,
            "nvml": 1,
            "resource": "nvidia.com/gpu",
            "resourceIntent": 1,
            "allocatable": "1",
        }

    @pytest.mark.cluster
    def test_a_fleet_is_listed_and_scanned(self, cluster: Cluster, make_node: MakeNode, tmp_path: Path) -> None:
        name = make_node(labels={**INTENT, "node.kubernetes.io/instance-type": "Standard_D16s_v5"}, taints=[TAINT])
        named = ("--kubeconfig", str(write_kubeconfig(cluster.access, tmp_path / "kubeconfig", "default")))
        env = {"AZURE_AIGPU_KUBECTL": str(find_test_kubectl())}

        listed = run_offline("aigpu", "node", "list", *named, "-o", "table", env=env)
        scanned = run_offline("aigpu", "scan", *named, env=env)

        assert listed.exit_code == 0, listed.stderr
        assert [line.split()[:2] for line in listed.stdout.splitlines() if name in line] == [[name, "Standard_D16s_v5"]]
        assert scanned.exit_code == 4, scanned.stderr
        assert [one["reason"] for one in scanned.data["findings"] if name in one["nodes"]] == ["NoGPUOnGPUPool"]


@pytest.fixture
def gpu_node(kubelets: FakeNodes) -> str:
    """A node of a GPU pool of the right size, on which pods run."""
    kubelets.add(FakeNode("scan-gpu-0", gpus=1, labels=INTENT, taints=[TAINT]))
    return "scan-gpu-0"


@pytest.mark.cluster
class TestScan:
    def told(self, scan: Scan, *about: str) -> set[tuple[str, str]]:
        return {(one.finding.reason, one.what) for one in scan.sightings if any(word in one.what for word in about)}

    def test_the_story_is_found(
        self, cluster: Cluster, admin: Kubectl, kubelets: FakeNodes, namespace: str, make: Make
    ) -> None:
        """A pool of the wrong size, and a job that selects it by label and asks for no GPU."""
        if not (cluster.has_controllers and cluster.has_scheduler):
            pytest.skip("needs kube-controller-manager and kube-scheduler: nothing makes or binds the job's pod")
        labels = {**INTENT, "agentpool": "mistyped", "node.kubernetes.io/instance-type": "Standard_D16s_v5"}
        kubelets.add(FakeNode("scan-wrong-0", labels=labels, taints=[TAINT]))
        container = {"name": "main", "image": "torch"}
        selecting = {
            "restartPolicy": "Never",
            "nodeSelector": {"agentpool": "mistyped"},
            "tolerations": [{"key": "sku", "operator": "Exists"}],
            "containers": [container],
        }
        make(
            f"/apis/batch/v1/namespaces/{namespace}/jobs",
            {"metadata": {"name": "train"}, "spec": {"template": {"spec": selecting}}},
        )
        pods = f"/api/v1/namespaces/{namespace}/pods"
        wait_until(
            lambda: [one for one in cluster.admin.get(pods)["items"] if one["status"].get("startTime")],
            "the job's pod did not start",
        )

        scan = scan_cluster(admin, "sku")

        assert self.told(scan, namespace, "mistyped") == {
            ("CPUOnlyPodOnGPUNode", f"Job {namespace}/train"),
            ("NoGPUOnGPUPool", "Node pool mistyped"),
        }
        assert "mistyped" in scan.gpu_pools
        running = next(one for one in scan.sightings if one.what == f"Job {namespace}/train")
        assert running.enforcing_refuses
        assert running.hourly is not None

    @pytest.mark.usefixtures("gpu_node")
    def test_what_enforcing_would_refuse_is_what_the_rule_says(
        self, admin: Kubectl, namespace: str, make: Make
    ) -> None:
        def spec(limits: dict[str, str]) -> dict[str, Any]:
            return {
                "nodeSelector": {"hardware": "gpu"},
                "containers": [{"name": "main", "image": "torch", "resources": {"limits": limits}}],
            }

        for name, limits in (("asks", {"nvidia.com/gpu": "1"}), ("asks-not", {})):
            labels = {"app": name}
            template = {"metadata": {"labels": labels}, "spec": spec(limits)}
            make(
                f"/apis/apps/v1/namespaces/{namespace}/deployments",
                {
                    "metadata": {"name": name},
                    "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
                },
            )

        refused = [one.what for one in would_refuse(admin, "sku").refused if namespace in one.what]

        assert refused == [f"Deployment {namespace}/asks-not"]

    def test_what_may_not_be_read_is_unknown(self, cluster: Cluster, as_user: Callable[..., Kubectl]) -> None:
        scan = scan_cluster(as_user(cluster.as_user("alice")), "sku")

        assert {"nodes", "pods", "jobs", "cronjobs", "deployments", "statefulsets"} <= set(scan.state.unread)
        assert isinstance(scan.state.around.intents, Unknown)
