"""Starts a control plane and fake nodes, prints what to paste into a shell to use them, and serves until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import signal
import sys
import threading
import time
from collections.abc import Sequence

from aigpu_contract.labels import DEFAULT_TAINT, FIXED_LABELS, GPU_COUNT
from testbeds.cluster.assets import NoClusterError, find_assets
from testbeds.cluster.cluster import Cluster
from testbeds.cluster.components import Tuning
from testbeds.cluster.fake_nodes import FakeNodes
from testbeds.cluster.node_body import FakeNode
from testbeds.cluster.processes import ComponentError
from testbeds.cluster.real import start_cluster

RENEWALS_A_SECOND = 100
"""What two cores bear beside everything else; more nodes renew less often, and are waited for longer."""
SHORTEST_RENEWAL_S = 10
RENEWALS_MISSED = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; gives the exit code."""
    options = build_parser().parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        serve(options.nodes, options.gpus, stop)
    except (NoClusterError, ComponentError) as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    return 0


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m testbeds.cluster", description=__doc__)
    parser.add_argument("--nodes", type=int, default=3, help="how many fake GPU nodes (default: %(default)s)")
    parser.add_argument("--gpus", type=int, default=8, help="how many GPUs each offers (default: %(default)s)")
    return parser


def serve(nodes: int, gpus: int, stop: threading.Event) -> None:
    """Serve until `stop`. Raises NoClusterError, ComponentError."""
    renew_every_s = max(SHORTEST_RENEWAL_S, nodes // RENEWALS_A_SECOND)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(
            start_cluster(find_assets(), Tuning(node_monitor_grace_s=RENEWALS_MISSED * renew_every_s))
        )
        say(f"{cluster.version} is ready after {time.monotonic() - began:.1f} s: {', '.join(cluster.parts)}")
        kubelets = stack.enter_context(FakeNodes(cluster, renew_every_s=renew_every_s))
        kubelets.add(*(build_gpu_node(index, gpus) for index in range(nodes)))
        say(f"{nodes} fake nodes are there after {time.monotonic() - began:.1f} s")
        print(instructions(cluster), flush=True)
        # A plain wait() would not let the signal handler run on every platform.
        while not stop.wait(0.5):
            pass
    say("stopped")


def build_gpu_node(index: int, gpus: int) -> FakeNode:
    """A node of a pool that the contract's labels and taint mark."""
    taint = {"key": DEFAULT_TAINT.key, "value": DEFAULT_TAINT.value, "effect": DEFAULT_TAINT.effect}
    labels = {**FIXED_LABELS, GPU_COUNT: str(gpus), "agentpool": "gpu"}
    return FakeNode(f"aks-gpu-vmss{index:06d}", gpus=gpus, labels=labels, taints=(taint,))


def instructions(cluster: Cluster) -> str:
    """The lines to paste."""
    return "\n".join(
        (
            "# Paste this into another shell:",
            f"export KUBECONFIG={shlex.quote(str(cluster.kubeconfig()))}",
            "kubectl get nodes",
            "# Ctrl-C here ends it.",
        )
    )


def say(text: str) -> None:
    """Tell how far it is; what is to be pasted goes to standard output."""
    print(f"cluster: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
