"""How long a wrong size takes to be refused, beside a command that does nothing."""

from __future__ import annotations

import statistics

from benchmarks.bed import EMPTY_COMMAND, Bed, Result

_ADD = ("aigpu", "nodepool", "add", "-g", "rg-train", "--cluster-name", "aks-train", "-n", "bench")


def measure(bed: Bed, rounds: int) -> Result:
    """Return the wall time of a refusal against that of an empty extension command, medians of `rounds`."""
    refusal = (*_ADD, "--node-vm-size", "Standard_D16s_v5")
    bed.run(EMPTY_COMMAND)
    bed.run(refusal, exit_code=1)
    empty, refused = [], []
    for _ in range(rounds):
        empty.append(bed.run(EMPTY_COMMAND))
        refused.append(bed.run(refusal, exit_code=1))
    return Result(
        "wrong size refused, no network",
        "an empty extension command",
        statistics.median(refused),
        statistics.median(empty),
        "s",
        1.15,
    )
