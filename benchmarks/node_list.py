"""`az aigpu node list` over a large fleet on a real API server: its time, and whether its memory grows with the fleet.

Runs where KUBEBUILDER_ASSETS names etcd, kube-apiserver and kubectl. The nodes are made as large as those of AKS, of
which a third is the list of images; nothing but the API server stands behind them.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.bed import Bed, Result
from testbeds.cluster import Cluster, FakeNode, NoClusterError
from testbeds.cluster.assets import find_assets
from testbeds.cluster.node_body import build_node, micro_time
from testbeds.cluster.real import start_cluster

SMALL, LARGE = 500, 5000
LIMIT_S = 3.0
MOST_GROWTH = 1.25
"""How much more memory ten times the nodes may take: rows are kept, pages are not."""

IMAGES = 40
SENDERS = 8
NAMESPACE = "aigpu-system"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
INTENT = {
    "agentpool": "gpu",
    "kubernetes.azure.com/agentpool": "gpu",
    "kubernetes.azure.com/node-image-version": "AKSUbuntu-2204gen2containerd-202611.06.0",
    "node.kubernetes.io/instance-type": "Standard_ND96isr_H100_v5",
    "hardware": "gpu",
    "gpu-type": "nvidia",
    "aigpu.io/sku": "Standard_ND96isr_H100_v5",
    "aigpu.io/gpu-model": "h100-80gb",
    "aigpu.io/gpu-count": "8",
    "aigpu.io/resource": "gpu",
    "aigpu.io/resource-count": "8",
    "aigpu.io/driver": "570.86.15",
}


_MEASURE = """
import resource, subprocess, sys, time
began = time.monotonic()
code = subprocess.call(sys.argv[2:])
seconds = time.monotonic() - began
with open(sys.argv[1], "w") as figures:
    figures.write(f"{seconds} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}")
sys.exit(code)
"""
"""Run from a small process: Linux counts to a program's peak what its parent held when it was started."""


def measure(bed: Bed, rounds: int) -> Iterator[Result]:
    """Yield time and memory of a list of 5,000 nodes; nothing where there is no API server."""
    try:
        assets = find_assets()
    except NoClusterError as error:
        sys.stderr.write(f"node list was not measured: {error}\n")
        return
    with start_cluster(dataclasses.replace(assets, controller_manager=None, scheduler=None)) as cluster:
        kubectl, kubeconfig = assets.kubectl, cluster.kubeconfig()
        cluster.admin.post("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        _add(cluster, 0, SMALL)
        small = [_run_list(bed, kubectl, kubeconfig, SMALL) for _ in range(rounds)]
        _add(cluster, SMALL, LARGE)
        large, all_at_once = [], []
        for _ in range(rounds):
            large.append(_run_list(bed, kubectl, kubeconfig, LARGE))
            command = [str(kubectl), f"--kubeconfig={kubeconfig}", "get", "nodes", "-o", "json"]
            all_at_once.append(_run(command, dict(os.environ), bed.directory))
    seconds, peak = _median(large, 0), _median(large, 1)
    what = f"node list, {LARGE:,} nodes"
    yield Result(what, "the limit of the design", seconds, LIMIT_S, "s", 1.0)
    yield Result(what, "kubectl get nodes -o json", seconds, _median(all_at_once, 0), "s", 1.0)
    yield Result(f"{what}: memory", f"the same with {SMALL} nodes", peak, _median(small, 1), "MiB", MOST_GROWTH)
    yield Result(f"{what}: memory", "kubectl get nodes -o json", peak, _median(all_at_once, 1), "MiB", 1.0)


def _run_list(bed: Bed, kubectl: Path, kubeconfig: Path, nodes: int) -> tuple[float, float]:
    """Return seconds and MiB of one list. Raises RuntimeError where it does not show every node as True."""
    az = str(Path(sys.executable).with_name("az"))
    environment = {**bed.environment, "AZURE_AIGPU_KUBECTL": str(kubectl)}
    query = "length([?ready=='True'])"
    command = [az, "aigpu", "node", "list", "--kubeconfig", str(kubeconfig), "--check", "--query", query]
    seen: list[bytes] = []
    figures = _run(command, environment, bed.directory, seen.append)
    if json.loads(seen[0]) != nodes:
        raise RuntimeError(f"node list shows {seen[0]!r} nodes as True, of {nodes}")
    return figures


def _run(
    command: list[str], environment: dict[str, str], folder: Path, keep: Callable[[bytes], None] | None = None
) -> tuple[float, float]:
    """Return the wall time in seconds and the peak memory in MiB of the largest process of a command."""
    figures = folder / "figures"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _MEASURE, str(figures), *command],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    if keep is not None:
        keep(done.stdout)
    seconds, kib = figures.read_text("ascii").split()
    return float(seconds), float(kib) / 1024


def _add(cluster: Cluster, first: int, end: int) -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(lambda number: _add_one(cluster, f"aks-gpu-12345678-vmss{number:06}", now), range(first, end)))


def _add_one(cluster: Cluster, name: str, now: datetime.datetime) -> None:
    proof = {"bootId": name, "driver": "570.86.15", "gpus": 8, "provenAt": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
    node = FakeNode(
        name,
        gpus=8,
        labels=INTENT,
        annotations={"aigpu.io/proof": json.dumps(proof)},
        conditions=[{"type": "aigpu.io/GPUReady", "status": "True", "reason": "Passed"}],
        boot_id=name,
    )
    body: dict[str, Any] = build_node(node, now, {})
    image = "mcr.microsoft.com/oss/v2/kubernetes/some-component"
    body["status"]["images"] = [
        {"names": [f"{image}-{number}@sha256:{number:064x}", f"{image}-{number}:v1.2.{number}"], "sizeBytes": 123456789}
        for number in range(IMAGES)
    ]
    cluster.admin.post("/api/v1/nodes", body)
    # It holds for a year: nobody renews it here.
    spec = {"holderIdentity": name, "leaseDurationSeconds": 365 * 86_400, "renewTime": micro_time(now)}
    cluster.admin.post(LEASES, {"metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec})


def _median(figures: list[tuple[float, float]], which: int) -> float:
    return statistics.median(one[which] for one in figures)
