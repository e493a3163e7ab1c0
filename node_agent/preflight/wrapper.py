"""`exec -- COMMAND`: look, and only after a pass run the command, in this container, with a watch over its GPU."""

from __future__ import annotations

import argparse
import sys
from typing import Callable, List, Mapping, Optional

from aigpu_contract.duration import parse_duration
from aigpu_contract.finding import Finding
from aigpu_contract.rendering import render_finding
from aigpu_contract.verdict import EXIT_OK, judge
from node_agent import modes
from node_agent.preflight import options as shared
from node_agent.preflight import output
from node_agent.preflight.check import look_as
from node_agent.preflight.command import Call, Command, UsageError
from node_agent.preflight.declaring import variable
from node_agent.preflight.supervisor import supervise
from node_agent.preflight.termination import find_log, write_log
from node_agent.preflight.tripwire import TripwireSettings

WARN, STOP = "warn", "stop"
_DEFAULTS = {"--gpu-deadline": "30m", "--on-fallback": WARN}


def _run(call: Call) -> int:
    settings = _settings(call)
    seen = look_as(call, modes.EXEC)
    who = output.stamp(call.program)
    log = find_log(call.options, call.environ)
    # Standard output belongs to the command.
    sys.stderr.write(output.render(seen, who) + "\n")
    sys.stderr.flush()
    if seen.verdict.exit_code != EXIT_OK:
        write_log(log, output.render_termination(seen.verdict, who))
        return seen.verdict.exit_code
    return supervise(call.command, call.environ, settings, _announcer(call.program, log))


def _announcer(program: str, log: Optional[str]) -> Callable[[Finding], None]:
    """Return what tells a finding of the watch to the log of the job and to the termination message."""

    def announce(finding: Finding) -> None:
        who = output.stamp(program)
        sys.stderr.write(f"{program}: {who.time}\n{render_finding(finding)}\n")
        sys.stderr.flush()
        write_log(log, output.render_termination(judge((finding,)), who))

    return announce


def _settings(call: Call) -> TripwireSettings:
    deadline = _value("--gpu-deadline", call.options.gpu_deadline, call.environ)
    on_fallback = _value("--on-fallback", call.options.on_fallback, call.environ)
    if on_fallback not in (WARN, STOP):
        raise UsageError(f"--on-fallback {on_fallback!r}: not one of {WARN}, {STOP}")
    try:
        return TripwireSettings(parse_duration(deadline), on_fallback, root=call.options.root)
    except ValueError as error:
        raise UsageError(f"--gpu-deadline: {error}") from None


def _value(option: str, given: Optional[str], environ: Mapping[str, str]) -> str:
    name = variable(option)
    said: List[str] = [text for text in (given, environ.get(name)) if text is not None]
    if len(set(said)) > 1:
        raise UsageError(f"{option} says {said[0]!r} and {name} says {said[1]!r}: leave one of them out")
    return said[0] if said else _DEFAULTS[option]


def _add_options(parser: argparse.ArgumentParser) -> None:
    shared.add_declaring(parser)
    watch = parser.add_argument_group("the watch over the running command")
    watch.add_argument(
        "--gpu-deadline", metavar="DURATION", help="time by which a process must use a GPU; 0 = off (default: 30m)"
    )
    watch.add_argument(
        "--on-fallback",
        metavar="WHAT",
        help="warn, or stop the command with exit code 78, when none does and the CPU is busy (default: warn)",
    )
    shared.add_termination_log(parser)
    shared.add_machine(parser)


_EXAMPLES = """\
examples:
  aigpu-preflight exec -- python3 train.py
  aigpu-preflight exec --expect-gpus 8 --framework torch --on-fallback stop -- torchrun --nproc-per-node 8 train.py
  AIGPU_GPU_DEADLINE=45m aigpu-preflight exec -- ./train

The command's exit code is passed on. Before it starts: 64 usage; 70 not proven; 75 the node is at fault; 78 the job
is at fault. 78 also ends a command that was stopped for computing on the CPU."""

COMMAND = Command(
    "prove the GPU, then run a command and watch that it uses it",
    _EXAMPLES,
    _add_options,
    _run,
    takes_command=True,
    needs_command=True,
)
