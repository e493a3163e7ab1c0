"""`facts`: everything that the probes read, as JSON, with no judgement: for bug reports."""

from __future__ import annotations

import argparse
import platform
import sys

from aigpu_contract import __version__
from aigpu_contract.verdict import EXIT_OK
from node_agent import modes
from node_agent.expected import Expected
from node_agent.preflight import options as shared
from node_agent.preflight.command import Call, Command
from node_agent.preflight.facts_json import to_data
from node_agent.preflight.looking import build_request
from node_agent.preflight.output import render_json, stamp
from node_agent.probes.round import read_facts

_EXAMPLES = """\
examples:
  {program} facts > facts.json        attach it to a bug report; nothing secret is in it"""
_WITH_COMMAND = """
  {program} facts -- python3 train.py       with the frameworks of the Python that the command runs"""


def _dump(call: Call, mode: str) -> int:
    who = stamp(call.program)
    request = build_request(mode, call.options, Expected(declared_by=""), command=tuple(call.command))
    data = {
        "program": who.program,
        "version": __version__,
        "time": who.time,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "mode": mode,
        "facts": to_data(read_facts(request, call.environ, call.early)),
    }
    sys.stdout.write(render_json(data) + "\n")
    return EXIT_OK


def _dump_container(call: Call) -> int:
    return _dump(call, modes.EXEC if call.command else modes.INIT)


def _dump_node(call: Call) -> int:
    return _dump(call, modes.BOOTSTRAP)


def _add_options(parser: argparse.ArgumentParser) -> None:
    shared.add_machine(parser)


_DOES = "print everything that was read, as JSON, for a bug report"
PREFLIGHT = Command(
    _DOES,
    (_EXAMPLES + _WITH_COMMAND).format(program="aigpu-preflight"),
    _add_options,
    _dump_container,
    takes_command=True,
)
AGENT = Command(_DOES, _EXAMPLES.format(program="aigpu-agent"), _add_options, _dump_node)
