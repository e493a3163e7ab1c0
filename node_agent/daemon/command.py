"""`aigpu-agent run`: its options, and the way into the loop."""

from __future__ import annotations

import argparse
import importlib.util
import sys

from aigpu_contract.verdict import EXIT_UNKNOWN
from node_agent.daemon.settings import parse_settings
from node_agent.daemon.taints import MODES
from node_agent.preflight.command import Call, Command

_NEEDS = ("lightkube", "pynvml")
_EXAMPLES = """\
examples:
  aigpu-agent run --node-name "$NODE_NAME"               in the DaemonSet: prove, and keep the node's condition
  aigpu-agent run --node-name gpu-0 --mode observe --kubeconfig ~/.kube/config --interval 10s
                                                         metrics and logs alone; nothing is written to the cluster

Every option is also a variable: AIGPU_NODE_NAME, AIGPU_MODE, AIGPU_WATCH_PODS=true. SIGTERM ends it, and writes
nothing: the last word on the node stands until its Lease runs out."""


def _run(call: Call) -> int:
    missing = [name for name in _NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"{call.program}: the command run needs the Python package {missing[0]}, and it is not installed.\n"
            "Install the extra: pip install 'aigpu[agent]'. check, facts and explain need none of it.\n"
        )
        return EXIT_UNKNOWN
    settings = parse_settings(call.options, call.environ)
    from node_agent.daemon.running import run  # noqa: PLC0415 (needs what was just looked for)

    return run(settings, call.environ)


def _add_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--node-name", metavar="NAME", help="the Node that this machine is; in a pod, from the downward API")
    add("--mode", metavar="MODE", help=f"what it may write: {', '.join(MODES)} (default: condition)")
    add("--interval", metavar="DURATION", help="time between two rounds of probes (default: 60s)")
    add("--heartbeat", metavar="DURATION", help="time between two renewals of the Lease (default: 5 intervals)")
    add("--metrics-address", metavar="HOST:PORT", help="/metrics, /healthz, /readyz; 'none' (default: 0.0.0.0:9437)")
    add("--watch-pods", action="store_true", help="report pods that compute on the CPU; needs hostPID and list pods")
    add("--gpu-deadline", metavar="DURATION", help="time by which a pod must use its GPU; 0 = off (default: 30m)")
    add("--watch-xids", action="store_true", help="listen to the driver's XIDs in a process of its own")
    add("--xid-classes", metavar="FILE", help="classes of XIDs that take the place of the built-in ones")
    add(
        "--namespace",
        metavar="NAME",
        help="of Leases and aigpu-intent (default: aigpu-system, the one that our policies allow)",
    )
    add("--kubeconfig", metavar="FILE", help="how to reach the API server from outside a pod")
    add("--min-driver", action="append", default=[], metavar="VERSION", help="least driver version, as 580.105.08")
    add("--waive", action="append", default=[], metavar="CHECK=REASON", help="a doubt of this check is a warning")
    add("--root", metavar="DIR", help="look below DIR instead of / (tests)")
    add("--metadata", metavar="HOST", help="Azure's metadata service (default: 169.254.169.254; 'none': do not ask)")


RUN = Command("prove this node's GPUs again and again, and tell the cluster", _EXAMPLES, _add_options, _run)
