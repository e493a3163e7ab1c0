"""Runs `az` commands inside this process, on the real azure-cli-core, against a `LocalAzure`.

    def test_something(azure: LocalAzure) -> None:
        result = run(azure, "aigpu", "nodepool", "list", "-g", "rg-train", "--cluster-name", "aks-train")
        assert result.exit_code == 0, result.stderr
        assert result.data[0]["name"] == "gpu"

azure-cli reads the places of its configuration and its extensions once, when it is imported. Both are therefore fixed
paths in a folder of this process: the configuration is a link that is turned to the `LocalAzure` of each run, and the
extension is the source tree itself, so that coverage sees it.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import json
import logging
import os
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbeds.extension import link_sources
from testbeds.local_azure import LocalAzure
from testbeds.local_azure.environment import write_version_check

ROOT = Path(__file__).parents[3]
OURS = r"(azext_aigpu|aigpu_contract)(\.|$)"
INDEXES = ("commandIndex.json", "extensionIndex.json", "helpIndex.json", "extensionHelpIndex.json")

_SIGNED_IN: weakref.WeakKeyDictionary[LocalAzure, tuple[Path, dict[str, str]]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class Result:
    """How a run of `az` ended and what it printed."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def data(self) -> Any:
        """What was printed as JSON, None where nothing was."""
        return json.loads(self.stdout) if self.stdout.strip() else None


def run(azure: LocalAzure, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
    """Run `az` with `arguments`, signed in to `azure`; `env` adds variables to its environment."""
    home = _home()
    if azure not in _SIGNED_IN:
        # Once for each Azure, so that what a test sets by `az config set` is there in its next run.
        directory = Path(tempfile.mkdtemp(prefix="signed-in-", dir=home))
        _SIGNED_IN[azure] = (directory / "azure", azure.environment(directory))
    config, variables = _SIGNED_IN[azure]
    _turn(home, config)
    return _run(arguments, {**variables, **_places(home), **(env or {})})


def run_offline(*arguments: str, env: Mapping[str, str] | None = None) -> Result:
    """Run `az` with `arguments` where nobody is signed in and every address is a closed port."""
    home = _home()
    _turn(home, home / "nobody" / "azure")
    closed = "http://127.0.0.1:9"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AZURE_")}
    quiet = {
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_NO_COLOR": "1",
        "https_proxy": closed,
        "http_proxy": closed,
    }
    return _run(arguments, {**kept, **quiet, **_places(home), **(env or {})})


def load_command(name: str) -> Any:
    """Return the command `name` of azure-cli or of ours as azure-cli has loaded it, with its arguments."""
    words = name.split()
    _build_index(words[0])
    table = load_command_table(words)
    with _loading():
        # As azure-cli does before it reads the arguments.
        table.command_table = {name: table.command_table[name]}
        table.command_name = name
        table.load_arguments(name)
    return table.command_table[name]


@functools.cache
def _build_index(group: str) -> None:
    """Have azure-cli's index of commands built: older ones load commands twice when they do, and lose arguments."""
    load_command_table([group])


def load_command_table(words: list[str]) -> Any:
    """Return azure-cli's loader with the command table that it loads for the command line `words`."""
    _turn(_home(), _home() / "nobody" / "azure")
    with _loading():
        from azure.cli.core import get_default_cli

        cli = get_default_cli()
        cli.invocation = cli.invocation_cls(
            cli_ctx=cli, parser_cls=cli.parser_cls, commands_loader_cls=cli.commands_loader_cls, help_cls=cli.help_cls
        )
        cli.invocation.data["command_string"] = " ".join(words)
        cli.invocation.commands_loader.load_command_table(words)
    return cli.invocation.commands_loader


@contextlib.contextmanager
def _loading() -> Iterator[None]:
    variables = {**os.environ, **_places(_home()), "AZURE_CORE_COLLECT_TELEMETRY": "no"}
    with _environment(variables), _azure_warnings(), _own_logging():
        _check_places(_home())
        yield


def _run(arguments: tuple[str, ...], variables: Mapping[str, str]) -> Result:
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_environment(variables))
        stack.enter_context(_azure_warnings())
        stack.enter_context(_own_logging())
        stack.enter_context(contextlib.redirect_stdout(stdout))
        stack.enter_context(contextlib.redirect_stderr(stderr))
        _check_places(_home())
        from azure.cli.core import get_default_cli

        try:
            code = get_default_cli().invoke(list(arguments), out_file=stdout)
        except SystemExit as ending:
            code = ending.code if ending.code is not None else 0
    return Result(int(code), stdout.getvalue(), stderr.getvalue())


@functools.lru_cache(maxsize=1)
def _home() -> Path:
    """Make the folder of this process: the extension as azure-cli finds one, and room for configurations."""
    home = Path(tempfile.mkdtemp(prefix="aigpu-core-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    write_version_check(home / "nobody" / "azure")
    link_sources(home / "extensions")
    return home


def _places(home: Path) -> dict[str, str]:
    return {"AZURE_CONFIG_DIR": str(home / "config"), "AZURE_EXTENSION_DIR": str(home / "extensions")}


def _turn(home: Path, target: Path) -> None:
    """Point the link that azure-cli takes for its configuration at `target`.

    The index of commands goes along, as it does for everybody who has run `az` before.
    """
    target.mkdir(parents=True, exist_ok=True)
    link = home / "config"
    for name in INDEXES:
        if (link / name).exists() and not (target / name).exists():
            shutil.copy(link / name, target)
    link.unlink(missing_ok=True)
    link.symlink_to(target, target_is_directory=True)


def _check_places(home: Path) -> None:
    """Raise AssertionError when azure-cli was imported before, and so looks into another folder."""
    from azure.cli.core import extension
    from azure.cli.core._config import GLOBAL_CONFIG_DIR

    seen = (str(GLOBAL_CONFIG_DIR), str(extension.EXTENSIONS_DIR))
    if seen != tuple(_places(home).values()):
        raise AssertionError(f"azure-cli was imported outside of this harness and looks into {seen}")


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _azure_warnings() -> Iterator[None]:
    """Warnings are errors in our own modules only; those of azure-cli's libraries are not ours to mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", module=OURS)
        yield


@contextlib.contextmanager
def _own_logging() -> Iterator[None]:
    """Let azure-cli set up its logging as in a process of its own, and put back what was there before."""
    loggers = [logging.getLogger(name) for name in (None, "cli", "az_command_data_logger")]
    before = [(logger, logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers[:] = []
    try:
        yield
    finally:
        for logger, handlers, level, propagate in before:
            for handler in logger.handlers:
                handler.close()
            logger.handlers[:] = handlers
            logger.setLevel(level)
            logger.propagate = propagate
