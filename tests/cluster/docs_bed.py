"""Somebody who follows a page about a cluster: the real az and kubectl in a shell, Azure on loopback, an API server."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aigpu_contract import skus
from testbeds.cluster import Cluster, FakeNode, FakeNodes
from testbeds.cluster.client import STRATEGIC_MERGE
from testbeds.cluster.cluster import wait_until
from testbeds.extension import link_sources
from testbeds.local_azure import LocalAzure
from testbeds.local_azure.world import Pool
from testbeds.nvidia_stub import StubNode

REGION = "eastus"


@dataclass
class Follower:
    """The cluster `aks-train`, in Azure and in Kubernetes; `environment` and `folder` are those of the shell."""

    azure: LocalAzure
    cluster: Cluster
    kubelets: FakeNodes
    folder: Path
    environment: Mapping[str, str]

    def write(self, name: str, text: str) -> None:
        """Put a file into the folder."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def start_node(self, pool: str, machine: StubNode | None = None) -> str:
        """Start the first machine of a pool that Azure has; return the name of its node."""
        node = build_node(self.azure.world.pool(pool))
        self.kubelets.add(node if machine is None else dataclasses.replace(node, boot_id=machine.boot_id))
        return node.name


@contextlib.contextmanager
def following(azure: LocalAzure, cluster: Cluster, kubelets: FakeNodes, folder: Path) -> Iterator[Follower]:
    """A shell in a folder of its own, whose az is signed in and whose kubeconfig is an administrator's."""
    home, work, programs = folder / "home", folder / "work", folder / "bin"
    for place in (home, work, programs):
        place.mkdir()
    (programs / "az").symlink_to(Path(sys.executable).with_name("az"))
    (programs / "kubectl").symlink_to(cluster._kubectl)
    kubeconfig = cluster.kubeconfig()
    azure.world.subscription.clusters[0].kubeconfig = kubeconfig.read_text("utf-8")
    environment = azure.environment(home, extension_dir=link_sources(home / "extensions"))
    own = {"KUBECONFIG": str(kubeconfig), "HOME": str(home), "PATH": f"{programs}{os.pathsep}{environment['PATH']}"}
    yield Follower(azure, cluster, kubelets, work, {**environment, **own})


def wait_for_quiet(cluster: Cluster) -> None:
    """Wait until nothing is left of earlier tests: a page shows all nodes and all jobs of the cluster."""

    def is_quiet() -> bool:
        spaces = cluster.admin.get("/api/v1/namespaces")["items"]
        ending = [one for one in spaces if "deletionTimestamp" in one["metadata"]]
        return not ending and not cluster.admin.get("/api/v1/nodes")["items"]

    wait_until(is_quiet, "nodes or namespaces of earlier tests are left", 60)


def set_back(cluster: Cluster, namespace: str, days: int) -> None:
    """Wait until the one pod of a namespace runs, and have it run for so many days already."""
    pods = f"/api/v1/namespaces/{namespace}/pods"
    wait_until(
        lambda: [one for one in cluster.admin.get(pods)["items"] if one["status"].get("startTime")],
        f"no pod runs in {namespace}",
    )
    (pod,) = cluster.admin.get(pods)["items"]
    began = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    status = {"status": {"startTime": began.strftime("%Y-%m-%dT%H:%M:%SZ")}}
    cluster.admin.patch(f"{pods}/{pod['metadata']['name']}/status", status, STRATEGIC_MERGE)


def build_node(pool: Pool) -> FakeNode:
    """Return a node as AKS makes it of a pool: with the pool's labels and taints, and those of its size."""
    size = pool.properties["vmSize"]
    sku = skus.lookup(size)
    labels = {
        "agentpool": pool.name,
        "node.kubernetes.io/instance-type": size,
        "topology.kubernetes.io/region": REGION,
        **({"kubernetes.azure.com/accelerator": "nvidia"} if sku else {}),
        **(pool.properties.get("nodeLabels") or {}),
    }
    taints = [parse_taint(text) for text in pool.properties.get("nodeTaints") or ()]
    return FakeNode(
        f"aks-{pool.name}-34281923-vmss000000", gpus=sku.gpu_count if sku else None, labels=labels, taints=taints
    )


def parse_taint(text: str) -> dict[str, Any]:
    """Return a taint of the form that Azure takes, `sku=gpu:NoSchedule`, as Kubernetes has it."""
    pair, _, effect = text.partition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "value": value, "effect": effect}
