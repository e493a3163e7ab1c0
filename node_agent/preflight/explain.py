"""`explain`: what a reason means and what to do about it."""

from __future__ import annotations

import argparse
import sys

from aigpu_contract.near_names import near_names
from aigpu_contract.reasons import REASONS
from aigpu_contract.rendering import wrap
from aigpu_contract.verdict import EXIT_OK
from node_agent.preflight.command import Call, Command, UsageError


def _run(call: Call) -> int:
    if call.options.reason is None:
        sys.stdout.write("".join(f"{name}\n" for name in sorted(REASONS)))
        return EXIT_OK
    by_name = {name.lower(): reason for name, reason in REASONS.items()}
    reason = by_name.get(call.options.reason.lower())
    if reason is None:
        near = near_names(call.options.reason, REASONS, 3)
        hint = f"; near: {', '.join(near)}" if near else ""
        raise UsageError(f"there is no reason {call.options.reason!r}{hint}")
    lines = [reason.name, wrap("  meaning  ", reason.meaning), wrap("  next     ", reason.next_step)]
    sys.stdout.write("\n".join(lines) + "\n")
    return EXIT_OK


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("reason", nargs="?", metavar="REASON", help="name of a reason; without one, all names")


_EXAMPLES = """\
examples:
  aigpu-preflight explain NoGPUInContainer"""

COMMAND = Command("say what a reason means and what to do about it", _EXAMPLES, _add_options, _run)
