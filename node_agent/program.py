"""`aigpu-agent check | facts | explain | run`: the program for nodes and virtual machines."""

from __future__ import annotations

from node_agent.preflight.start import start_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn, Optional, Sequence

COMMANDS = {
    "check": "node_agent.preflight.check:AGENT",
    "explain": "node_agent.preflight.explain:COMMAND",
    "facts": "node_agent.preflight.facts_dump:AGENT",
    "run": "node_agent.daemon.command:RUN",
}
PROBING = ("check", "facts")
_DOES = "prove that this node has the GPUs that it was made for"


def main(argv: Optional[Sequence[str]] = None) -> NoReturn:
    """Run the program and end the process with its exit code."""
    start_program("aigpu-agent", _DOES, COMMANDS, PROBING, argv)
