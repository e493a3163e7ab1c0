"""What a command of the two programs is, and what it is given."""

from __future__ import annotations

import argparse
from types import MappingProxyType
from typing import Callable, Mapping, Sequence

from aigpu_contract.frozen import dataclass
from node_agent.probes.spawn import Spawned


class UsageError(Exception):
    """The command line cannot be understood; the text says what is wrong with it."""


@dataclass(frozen=True)
class Call:
    """One call of a command: the program's name, its parsed options, the variables, the children started early."""

    program: str
    options: argparse.Namespace
    environ: Mapping[str, str]
    early: Mapping[str, Spawned] = MappingProxyType({})
    command: Sequence[str] = ()


@dataclass(frozen=True)
class Command:
    """A command: its one-line description, examples for its help, its options, and what it does.

    `run` returns the exit code. `takes_command` says that another program's command line may follow behind `--`,
    `needs_command` that it must.
    """

    does: str
    examples: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[Call], int]
    takes_command: bool = False
    needs_command: bool = False
