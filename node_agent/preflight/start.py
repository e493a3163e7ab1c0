"""How both programs start: the children first, then everything that is slow to import."""

from __future__ import annotations

import os
import sys

from node_agent.probes.spawn import start_early

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping, NoReturn, Optional, Sequence


def start_program(
    name: str, does: str, commands: Mapping[str, str], probing: Sequence[str], argv: Optional[Sequence[str]]
) -> NoReturn:
    """Run a program and end the process with its exit code. `probing` are the commands that look at the machine.

    `commands` are as `run_program` takes them; `argv` None is the command line.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if sys.stderr is None:
        # Closed by the caller. The next file to be opened would get its number, and read what is written for people.
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (for as long as the process lives)
    # Before every other import: the children import while this process still does.
    early = start_early() if arguments[:1] and arguments[0] in probing else {}
    from node_agent.preflight.entry import run_program  # noqa: PLC0415

    run_program(name, does, arguments, commands, early)
