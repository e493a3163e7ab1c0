"""`nodepool list` and `nodepool check` over 1 to 1,000 pools on the local ARM, beside `az aks nodepool list`.

AKS allows 100 pools a cluster. 1,000 pools are ten clusters for `check`, which asks for a subscription; `list` asks for
one cluster, and gets one that has more pools than AKS would allow, so that the curve shows.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bed import Bed
from benchmarks.growth import MOST_ROUNDS, Point, Side
from benchmarks.process import median, run_measured
from testbeds.local_azure.world import Cluster, build_cluster

SIZES = (1, 10, 100, 1000)
POOLS_A_CLUSTER = 100
GROUP = "rg-train"
VM_SIZES = (
    "Standard_NC24ads_A100_v4",
    "Standard_NC48ads_A100_v4",
    "Standard_NC4as_T4_v3",
    "Standard_NC8as_T4_v3",
    "Standard_NC40ads_H100_v5",
    "Standard_ND96isr_H100_v5",
    "Standard_NV36ads_A10_v5",
    "Standard_NV72ads_A10_v5",
)
TAGS = {"cost-center": "ml"}
TAINT = "sku=gpu:NoSchedule"
_JUDGED = (0, 4, 5)


def measure(bed: Bed, rounds: int) -> list[Point]:
    """Return the points; the clusters of the local ARM are as before afterwards."""
    subscription = bed.azure.world.subscription
    before = list(subscription.clusters)
    try:
        return [point for size in SIZES for point in _measure_at(bed, size, min(rounds, MOST_ROUNDS))]
    finally:
        subscription.clusters[:] = before


def _measure_at(bed: Bed, pools: int, rounds: int) -> list[Point]:
    subscription = bed.azure.world.subscription
    subscription.clusters[:] = [build_cluster("one", "eastus")]
    _fill(bed, "one", pools)
    place = ("-g", GROUP, "--cluster-name", "one")
    ours = _run(bed, "nodepool list", ("aigpu", "nodepool", "list", *place), rounds)
    peer = _run(bed, "az aks nodepool list", ("aks", "nodepool", "list", *place), rounds)
    subscription.clusters[:] = list(_clusters(pools))
    for cluster in subscription.clusters:
        _fill(bed, cluster.name, min(pools, POOLS_A_CLUSTER))
    check = _run(bed, "nodepool check, a subscription", ("aigpu", "nodepool", "check"), rounds)
    return [Point(pools, "pool", ours, peer), Point(pools, "pool", check)]


def _clusters(pools: int) -> Sequence[Cluster]:
    return [build_cluster(f"c{number:02}", "eastus") for number in range(-(-pools // POOLS_A_CLUSTER))]


def _fill(bed: Bed, cluster: str, pools: int) -> None:
    for number in range(pools):
        bed.azure.world.add_pool(
            f"p{number:04}",
            cluster,
            vmSize=VM_SIZES[number % len(VM_SIZES)],
            count=1,
            nodeLabels={"hardware": "gpu", "gpu-type": "nvidia"},
            nodeTaints=[TAINT],
            tags=TAGS,
        )


def _run(bed: Bed, name: str, arguments: Sequence[str], rounds: int) -> Side:
    command = [str(Path(sys.executable).with_name("az")), *arguments]
    runs = []
    before = len(bed.azure.requests)
    for _ in range(rounds):
        before = len(bed.azure.requests)
        runs.append(run_measured(command, bed.environment, bed.directory, _JUDGED)[0])
    return Side(name, median(runs), len(bed.azure.requests) - before)
