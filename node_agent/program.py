"""`aigpu-agent check | facts | explain | run`: the program for nodes and virtual machines."""

from __future__ import annotations

import sys

from node_agent.probes.spawn import start_early

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, NoReturn, Optional, Sequence

    from node_agent.probes.spawn import Spawned

COMMANDS = {
    "check": "node_agent.preflight.check:AGENT",
    "explain": "node_agent.preflight.explain:COMMAND",
    "facts": "node_agent.preflight.facts_dump:AGENT",
    "run": "node_agent.daemon.command:RUN",
}
NAME = "aigpu-agent"
PROBING = ("check", "facts")
"""The commands that look at the machine once."""
_DOES = "prove that this node has the GPUs that it was made for"


def main(argv: Optional[Sequence[str]] = None) -> NoReturn:
    """Run the program and end the process with its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    early: Dict[str, Spawned] = start_early() if arguments[:1] and arguments[0] in PROBING else {}
    from node_agent.preflight.entry import run_program  # noqa: PLC0415

    run_program(NAME, _DOES, arguments, COMMANDS, early)


if __name__ == "__main__":
    main()
