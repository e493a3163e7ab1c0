"""How much is read to judge a size, beside the core's list of sizes."""

from __future__ import annotations

from benchmarks.bed import Bed, Result


def measure(bed: Bed, rounds: int) -> Result:  # noqa: ARG001  bytes do not vary
    """Return the bytes of the answers of Microsoft.Compute/skus for one `add`, and for `az vm list-skus -l`."""
    ours = _bytes_of(
        bed,
        "aigpu nodepool add -g rg-train --cluster-name aks-train -n bench --node-count 1 --dry-run "
        "--node-vm-size Standard_NC4as_T4_v3",
    )
    peer = _bytes_of(bed, "vm list-skus -l eastus -o none")
    return Result("bytes read to judge a size", "az vm list-skus", ours, peer, "bytes", 1 / 50)


def _bytes_of(bed: Bed, command: str) -> int:
    before = len(bed.azure.requests)
    bed.run(command.split())
    return sum(one.response_bytes for one in bed.azure.requests[before:] if one.route == "skus")
