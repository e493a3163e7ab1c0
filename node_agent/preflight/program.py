"""`aigpu-preflight check | exec | explain | facts`: the program for init containers and training containers."""

from __future__ import annotations

from node_agent.preflight.start import start_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn, Optional, Sequence

COMMANDS = {
    "check": "node_agent.preflight.check:PREFLIGHT",
    "exec": "node_agent.preflight.wrapper:COMMAND",
    "explain": "node_agent.preflight.explain:COMMAND",
    "facts": "node_agent.preflight.facts_dump:PREFLIGHT",
}
PROBING = ("check", "exec", "facts")
_DOES = "prove the GPU of this container before a job runs, and watch that the job uses it"


def main(argv: Optional[Sequence[str]] = None) -> NoReturn:
    """Run the program and end the process with its exit code."""
    start_program("aigpu-preflight", _DOES, COMMANDS, PROBING, argv)
