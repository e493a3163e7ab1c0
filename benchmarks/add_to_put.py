"""How long `nodepool add` takes until its PUT arrives, beside the core's own command."""

from __future__ import annotations

import statistics
import time

from benchmarks.bed import Bed, Result

_COMMON = ("-g", "rg-train", "--cluster-name", "aks-train", "--node-count", "1", "--no-wait")
_SIZE = ("--node-vm-size", "Standard_NC4as_T4_v3")


def measure(bed: Bed, rounds: int) -> Result:
    """Return the time from the start of `az` to the PUT's arrival, medians of `rounds`."""
    times: dict[str, list[float]] = {"aks": [], "aigpu": []}
    bed.azure.world.subscription.set_quota("eastus", "cores", 100_000)
    bed.azure.world.subscription.set_quota("eastus", "Standard NCASv3_T4 Family", 100_000)
    for number in range(rounds + 1):
        for group, found in times.items():
            name = f"{group[:3]}{number}"
            began = time.monotonic()
            bed.run((group, "nodepool", "add", "-n", name, *_COMMON, *_SIZE))
            put = bed.azure.recorded(method="PUT")[-1]
            if number:  # the first round fills caches
                found.append(put.started - began)
            bed.azure.world.cluster("aks-train").pools.pop(name, None)
    return Result(
        "nodepool add up to the PUT",
        "az aks nodepool add, same local ARM",
        statistics.median(times["aigpu"]),
        statistics.median(times["aks"]),
        "s",
        1.3,
    )
