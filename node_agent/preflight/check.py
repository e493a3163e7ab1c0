"""`check`: look once, say the verdict, end with its exit code."""

from __future__ import annotations

import argparse
import sys
from typing import Mapping, Optional

from aigpu_contract.finding import Finding
from aigpu_contract.frozen import replace
from aigpu_contract.reading import Reading, Unknown
from aigpu_contract.verdict import EXIT_OK, judge
from node_agent import modes
from node_agent.checks.findings import Words, unclear
from node_agent.checks.next_steps import CORRECT_LABELS
from node_agent.preflight import options as shared
from node_agent.preflight import output
from node_agent.preflight.command import Call, Command
from node_agent.preflight.declaring import build_expected, known_labels
from node_agent.preflight.labels_file import WANTED as WANTED_OF_FILE
from node_agent.preflight.labels_file import add_labels, read_labels
from node_agent.preflight.looking import Look, build_request, look
from node_agent.preflight.termination import find_log, write_log

INSTANCE_TYPE = "node.kubernetes.io/instance-type"

_PREFLIGHT_EXAMPLES = """\
examples:
  aigpu-preflight check                                  at least one usable GPU
  aigpu-preflight check --expect-gpus 8 --expect-model h100
  aigpu-preflight check --install /aigpu                 in an init container: check, then leave the program on a volume
  AIGPU_EXPECT_GPUS=1 aigpu-preflight check -o json

exit codes: 0 proven; 64 usage; 70 not proven, nobody's fault shown; 75 the node is at fault; 78 the job is at fault"""
_AGENT_EXAMPLES = """\
examples:
  aigpu-agent check --labels /etc/podinfo/labels         a node, held to the labels of its pool
  kubectl get node NODE -o jsonpath='{.metadata.labels}' | aigpu-agent check --labels -
  aigpu-agent check --expect-vm-size Standard_NC24ads_A100_v4    a virtual machine

exit codes: 0 proven; 64 usage; 70 not proven, nobody's fault shown; 75 the node is at fault"""


def look_as(call: Call, mode: str, pool: Optional[Reading[Mapping[str, str]]] = None) -> Look:
    """Look at the machine in `mode`, held to the options, the variables and the labels of the pool."""
    correct = f"give --labels {WANTED_OF_FILE}" if isinstance(pool, Unknown) else CORRECT_LABELS
    expected = build_expected(shared.declared(call.options), call.environ, pool, correct)
    instance_type = known_labels(pool).get(INSTANCE_TYPE) if pool is not None else None
    request = build_request(mode, call.options, expected, instance_type, tuple(call.command))
    return look(request, expected, call.environ, call.early)


def say(call: Call, seen: Look) -> int:
    """Write the verdict to stdout and to the termination log, and return its exit code."""
    who = output.stamp(call.program)
    if call.options.output == "json":
        sys.stdout.write(output.render_json(output.build_json(seen, who)) + "\n")
    else:
        sys.stdout.write(output.render(seen, who) + "\n")
    write_log(find_log(call.options, call.environ), output.render_termination(seen.verdict, who))
    return seen.verdict.exit_code


def _check_container(call: Call) -> int:
    seen = look_as(call, modes.INIT)
    if call.options.install and seen.verdict.exit_code == EXIT_OK:
        problem = _install(call.options.install)
        if problem is not None:
            seen = replace(seen, verdict=judge((problem, *seen.verdict.findings)))
    return say(call, seen)


def _install(directory: str) -> Optional[Finding]:
    """Leave the program in a folder; return what stood in the way."""
    from node_agent.preflight.install import install  # noqa: PLC0415 (only init containers need it)

    try:
        place = install(directory)
    except OSError as error:
        words = Words(
            "the GPU is proven, but the program could not be left for the main container",
            seen=f"{error.filename or directory}: {error.strerror or error}",
            wanted="a folder on a volume that both containers mount and this user may write to",
            next_step="mount an emptyDir at that folder in the init container and in the main container",
        )
        return unclear("install", "PreflightNotInstalled", words)
    sys.stderr.write(f"installed {place}\n")
    return None


def _check_node(call: Call) -> int:
    return say(call, look_as(call, modes.BOOTSTRAP, read_labels(call.options.labels)))


def _add_preflight_options(parser: argparse.ArgumentParser) -> None:
    shared.add_declaring(parser)
    parser.add_argument("--install", metavar="DIR", help="after a pass, leave this program in DIR as one file")
    shared.add_output(parser)
    shared.add_machine(parser)


def _add_agent_options(parser: argparse.ArgumentParser) -> None:
    add_labels(parser)
    shared.add_declaring(parser)
    shared.add_output(parser)
    shared.add_machine(parser)


PREFLIGHT = Command(
    "prove this container's GPUs once, and end with the verdict", _PREFLIGHT_EXAMPLES, _add_preflight_options,
    _check_container,
)  # fmt: skip
AGENT = Command(
    "prove this node's GPUs once, and end with the verdict", _AGENT_EXAMPLES, _add_agent_options, _check_node
)
