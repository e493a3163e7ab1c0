"""From a command line to an exit code: usage errors are 64, and what nobody foresaw is 70 and never a pass."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from typing import Dict, List, Mapping, NoReturn, Optional, Sequence, Tuple

from aigpu_contract import __version__
from aigpu_contract.rendering import WIDTH, printable
from aigpu_contract.verdict import EXIT_UNKNOWN, EXIT_USAGE
from node_agent.preflight.command import Call, Command, UsageError
from node_agent.probes.spawn import Spawned

DEBUG = "AIGPU_DEBUG"
_INTERRUPTED = 130
_SEPARATOR = "--"


def run_program(
    program: str,
    does: str,
    arguments: Sequence[str],
    commands: Mapping[str, str],
    early: Mapping[str, Spawned],
) -> NoReturn:
    """Run one command of `program` and end the process. `commands` are places of the form `module:name` by name."""
    code = EXIT_UNKNOWN
    # The kernel keeps SIGTERM from the first process of a container unless it has a handler.
    signal.signal(signal.SIGTERM, _end)
    try:
        ended = _run(program, does, arguments, _load(commands, arguments), early)
        sys.stdout.flush()
        # Only now: a verdict that nobody could read is no pass.
        code = ended
    except UsageError as error:
        code = _usage(program, str(error))
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output is gone: the verdict was lost with it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except Exception as error:  # noqa: BLE001 (the one place: whatever it is, it is UNKNOWN and not a pass)
        _internal(program, error)
    sys.stderr.flush()
    # Taking the interpreter down in good order takes longer than any of the checks.
    os._exit(code)


def _end(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _load(places: Mapping[str, str], arguments: Sequence[str]) -> Dict[str, Command]:
    """Import the command that is called and no other one, or all of them where the help lists them."""
    wanted = [name for name in places if list(arguments[:1]) == [name]] or list(places)
    split = {name: places[name].split(":") for name in wanted}
    return {name: getattr(importlib.import_module(module), attribute) for name, (module, attribute) in split.items()}


def _run(
    program: str, does: str, arguments: Sequence[str], commands: Mapping[str, Command], early: Mapping[str, Spawned]
) -> int:
    ours, command = _split(arguments)
    options = _parser(program, does, commands).parse_args(ours)
    chosen = commands[options.chosen]
    if chosen.needs_command and not command:
        raise UsageError(f"no command to run: {program} {options.chosen} [options] -- COMMAND ...")
    if command is not None and not chosen.takes_command:
        raise UsageError(f"{options.chosen} runs no command: leave out what stands behind --")
    return chosen.run(Call(program, options, os.environ, early, command or ()))


def _split(arguments: Sequence[str]) -> Tuple[List[str], Optional[List[str]]]:
    """Return our own arguments, and those behind the first `--`; None where there is none."""
    line = list(arguments)
    if _SEPARATOR not in line:
        return line, None
    place = line.index(_SEPARATOR)
    return line[:place], line[place + 1 :]


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are `UsageError`; argparse's own exit code, 2, means something else to a Job's policy."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n{self.format_usage().strip()}")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help as wide as every other text. For the terminal's width argparse imports `shutil`, also where nobody asks."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=WIDTH)


def _parser(program: str, does: str, commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    parser = _Parser(prog=program, description=does, formatter_class=_Help, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"{program} {__version__}")
    group = parser.add_subparsers(dest="chosen", metavar="COMMAND", required=True, parser_class=_Parser)
    for name, command in commands.items():
        one = group.add_parser(
            name, help=command.does, description=command.does, epilog=command.examples, formatter_class=_Help,
            allow_abbrev=False,
        )  # fmt: skip
        command.add_options(one)
    return parser


def _usage(program: str, text: str) -> int:
    first, *rest = text.split("\n")
    said = [f"{program}: {printable(first)}", *rest]
    said.append(f"{program} --help lists the commands, {program} COMMAND --help its options.")
    sys.stderr.write("\n".join(said) + "\n")
    return EXIT_USAGE


def _internal(program: str, error: Exception) -> None:
    import traceback  # noqa: PLC0415 (6 ms that no other ending needs)

    if os.environ.get(DEBUG):
        traceback.print_exc()
    where = traceback.extract_tb(error.__traceback__)[-1]
    text = f"{type(error).__name__}: {error} (at {os.path.basename(where.filename)}:{where.lineno})"
    sys.stderr.write(f"{program} {__version__}: UNKNOWN: it failed itself, and that is no pass: {printable(text)}\n")
    sys.stderr.write(f"Set {DEBUG}=1 to see where, and please report it.\n")
