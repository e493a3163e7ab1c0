"""`aigpu-preflight check | exec | explain | facts`: the program for init containers and training containers."""

from __future__ import annotations

import sys

from node_agent.probes.spawn import start_early

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, NoReturn, Optional, Sequence

    from node_agent.probes.spawn import Spawned

COMMANDS = {
    "check": "node_agent.preflight.check:PREFLIGHT",
    "exec": "node_agent.preflight.wrapper:COMMAND",
    "explain": "node_agent.preflight.explain:COMMAND",
    "facts": "node_agent.preflight.facts_dump:PREFLIGHT",
}
NAME = "aigpu-preflight"
PROBING = ("check", "exec", "facts")
"""The commands that look at the machine."""
_DOES = "prove the GPU of this container before a job runs, and watch that the job uses it"


def main(argv: Optional[Sequence[str]] = None) -> NoReturn:
    """Run the program and end the process with its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # Before every other import: the children import while this process still does.
    early: Dict[str, Spawned] = start_early() if arguments[:1] and arguments[0] in PROBING else {}
    from node_agent.preflight.entry import run_program  # noqa: PLC0415

    run_program(NAME, _DOES, arguments, COMMANDS, early)


if __name__ == "__main__":
    main()
