"""`node list` and `scan` over a growing fleet on a real API server, beside kubectl: time, and memory that stays flat.

Runs where KUBEBUILDER_ASSETS names etcd, kube-apiserver and kubectl. The nodes are made as large as those of AKS, of
which three quarters are the list of images, and each has a pod; nothing but the API server stands behind them.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Collection
from pathlib import Path

from benchmarks.bed import Bed, Result
from benchmarks.fleet import add_nodes, prepare
from benchmarks.growth import Point, Side
from benchmarks.process import Used, median, run_measured
from testbeds.cluster import NoClusterError
from testbeds.cluster.assets import Assets, find_assets
from testbeds.cluster.real import start_cluster

SIZES = (10, 100, 500, 1000, 5000)
SMALL, LARGE = 500, 5000
LIMIT_S = 3.0
MOST_GROWTH = 1.25
"""How much more memory ten times the nodes may take: rows are kept, pages are not."""

LIST, SCAN, PEER = "node list", "scan", "kubectl get nodes -o json"
_COUNTING = '#!/bin/sh\necho >> "{log}"\nexec "{kubectl}" "$@"\n'


def measure(bed: Bed, rounds: int) -> tuple[list[Result], list[Point]]:
    """Return the targets and the curve; nothing where there is no API server."""
    try:
        assets = find_assets()
    except NoClusterError as error:
        sys.stderr.write(f"node list was not measured: {error}\n")
        return [], []
    measured: dict[int, dict[str, Side]] = {}
    with start_cluster(dataclasses.replace(assets, controller_manager=None, scheduler=None)) as cluster:
        kubeconfig = cluster.kubeconfig()
        prepare(cluster)
        made = 0
        for size in SIZES:
            add_nodes(cluster, made, size)
            made = size
            measured[size] = _measure_at(_Fleet(bed, assets, kubeconfig, size), rounds)
    points = [
        Point(size, "node", sides[name], sides[PEER] if name == LIST else None)
        for name in (LIST, SCAN)
        for size, sides in measured.items()
    ]
    return _build_results(measured), points


@dataclasses.dataclass(frozen=True)
class _Fleet:
    """A cluster of `size` nodes, and what looks at it."""

    bed: Bed
    assets: Assets
    kubeconfig: Path
    size: int

    def list(self, kubectl: Path) -> Used:
        """List the nodes. Raises RuntimeError where not every one is shown, and as True."""
        used, printed = self._run_az(kubectl, "node", "list", "--check", "--query", "length([?ready=='True'])")
        if json.loads(printed) != self.size:
            raise RuntimeError(f"node list shows {printed!r} nodes as True, of {self.size}")
        return used

    def scan(self, kubectl: Path) -> Used:
        """Scan the cluster; findings are no failure."""
        return self._run_az(kubectl, "scan", exit_codes=(0, 4))[0]

    def get(self) -> Used:
        """Have kubectl get the same nodes."""
        command = [str(self.assets.kubectl), f"--kubeconfig={self.kubeconfig}", "get", "nodes", "-o", "json"]
        return run_measured(command, os.environ, self.bed.directory)[0]

    def _run_az(self, kubectl: Path, *arguments: str, exit_codes: Collection[int] = (0,)) -> tuple[Used, bytes]:
        az = str(Path(sys.executable).with_name("az"))
        environment = {**self.bed.environment, "AZURE_AIGPU_KUBECTL": str(kubectl)}
        command = [az, "aigpu", *arguments, "--kubeconfig", str(self.kubeconfig)]
        return run_measured(command, environment, self.bed.directory, exit_codes)


def _measure_at(fleet: _Fleet, rounds: int) -> dict[str, Side]:
    kubectl = Path(fleet.assets.kubectl)
    counting = fleet.bed.directory / "kubectl-counting"
    log = fleet.bed.directory / "kubectl-runs"
    counting.write_text(_COUNTING.format(log=log, kubectl=kubectl), encoding="utf-8")
    counting.chmod(0o755)
    asked = {}
    for name, run in ((LIST, fleet.list), (SCAN, fleet.scan)):
        log.write_text("", encoding="utf-8")
        run(counting)
        asked[name] = len(log.read_text(encoding="utf-8"))
    used: dict[str, list[Used]] = {LIST: [], SCAN: [], PEER: []}
    for _ in range(rounds):
        used[LIST].append(fleet.list(kubectl))
        used[SCAN].append(fleet.scan(kubectl))
        used[PEER].append(fleet.get())
    return {name: Side(name, median(runs), asked.get(name)) for name, runs in used.items()}


def _build_results(measured: dict[int, dict[str, Side]]) -> list[Result]:
    ours, peer = measured[LARGE][LIST].used, measured[LARGE][PEER].used
    what = f"node list, {LARGE:,} nodes"
    small = measured[SMALL][LIST].used.peak_mib
    return [
        Result(what, "the limit of the design", ours.seconds, LIMIT_S, "s", 1.0),
        Result(what, PEER, ours.seconds, peer.seconds, "s", 1.0),
        Result(f"{what}: memory", f"the same with {SMALL} nodes", ours.peak_mib, small, "MiB", MOST_GROWTH),
        Result(f"{what}: memory", PEER, ours.peak_mib, peer.peak_mib, "MiB", 1.0),
    ]
