"""Start the child processes, and nothing else: imported first, it lets them import while the parent still does.

A program that is short of time calls `start_early` as its first statement and hands the result to the round of
probes. The children then wait for their options on standard input; where that ends, so do they.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NVML = "NVML"
CUDA = "CUDA"
BOOT = (
    f"import sys; sys.path += [path for path in sys.argv[1].split({os.pathsep!r}) if path not in sys.path]; "
    "from node_agent.probes.child_main import main; main(sys.argv[2])"
)
_DEFAULT_SIGNALS = (2, 13, 15, 17)  # SIGINT, SIGPIPE, SIGTERM, SIGCHLD; the module `signal` is slow to import


class Spawned:
    """A process that was started, with our ends of its standard input, output and error."""

    def __init__(self, process: int, pipes: tuple[int, int, int]) -> None:
        self.process = process
        self.pipes = pipes


def probe_command(name: str) -> list[str]:
    """Return the command line of the child `name`, the same for an installed package and for a zipapp.

    It runs isolated and without `site`, so that no code of the user starts with it; the modules are found by the
    parent's own search path, put behind the standard library's.
    """
    here = os.path.abspath(__file__)
    root = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    paths = [root, *(os.path.abspath(path) for path in sys.path if path)]
    return [sys.executable, "-I", "-S", "-c", BOOT, os.pathsep.join(paths), name]


def spawn(command: Sequence[str], environ: Mapping[str, str]) -> Spawned:
    """Start `command` in a process group of its own. Raises OSError.

    Signals meant for us, such as Ctrl-C, go past it, and it can be killed with all that it started.
    """
    input_read, input_write = os.pipe()
    output_read, output_write = os.pipe()
    errors_read, errors_write = os.pipe()
    actions = [
        (os.POSIX_SPAWN_DUP2, input_read, 0),
        (os.POSIX_SPAWN_DUP2, output_write, 1),
        (os.POSIX_SPAWN_DUP2, errors_write, 2),
    ]
    ours = (input_write, output_read, errors_read)
    try:
        process = os.posix_spawn(
            command[0],
            list(command),
            environ,
            file_actions=actions,
            setpgroup=0,
            setsigmask=[],
            setsigdef=_DEFAULT_SIGNALS,
        )
    except OSError:
        for pipe in ours:
            os.close(pipe)
        raise
    finally:
        for pipe in (input_read, output_write, errors_write):
            os.close(pipe)
    return Spawned(process, ours)


def start_early() -> dict[str, Spawned]:
    """Start both probes' children; one that cannot be started is left for the round to report."""
    started: dict[str, Spawned] = {}
    try:
        for name in (NVML, CUDA):
            started[name] = spawn(probe_command(name), os.environ)
    except OSError:
        return started
    return started
