"""What a reader of `az aigpu ... --help` meets: held on the command table as the installed azure-cli has loaded it.

The rules are those of azdev's linter that can be checked without a network, and our own on examples.
"""

from __future__ import annotations

import argparse
import functools
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.azext.core.harness import ROOT, load_command, load_command_table, run_offline

pytestmark = pytest.mark.core

COMMANDS = (
    "aigpu agent install",
    "aigpu agent show",
    "aigpu agent status",
    "aigpu agent uninstall",
    "aigpu check",
    "aigpu job check",
    "aigpu job inject",
    "aigpu node list",
    "aigpu node show",
    "aigpu nodepool add",
    "aigpu nodepool adopt",
    "aigpu nodepool apply",
    "aigpu nodepool check",
    "aigpu nodepool delete",
    "aigpu nodepool export",
    "aigpu nodepool list",
    "aigpu nodepool plan",
    "aigpu nodepool show",
    "aigpu nodepool update",
    "aigpu nodepool wait",
    "aigpu pipeline show",
    "aigpu policy create",
    "aigpu policy delete",
    "aigpu policy list",
    "aigpu policy show",
    "aigpu scan",
    "aigpu sku find",
    "aigpu sku list",
    "aigpu sku show",
    "aigpu vm create",
)
GROUPS = (
    "aigpu",
    "aigpu agent",
    "aigpu job",
    "aigpu node",
    "aigpu nodepool",
    "aigpu pipeline",
    "aigpu policy",
    "aigpu sku",
    "aigpu vm",
)
PRINTS_TEXT = (
    "aigpu agent show",
    "aigpu job inject",
    "aigpu nodepool adopt",
    "aigpu nodepool export",
    "aigpu pipeline show",
)
"""Commands whose result is a document and no data."""
PRINTS_NOTHING = (" delete", " uninstall", " wait")
AZURE_CLI_OWN = {"cmd", "no_wait", "yes", "resource_group_name", "location"}
"""Arguments whose options azure-cli itself chooses."""
GLOBAL_OPTIONS = {"-h", "--help", "-o", "--output", "--query", "--debug", "--verbose", "--subscription"}


@functools.cache
def command(name: str) -> Any:
    return load_command(name)


@functools.cache
def help_of(name: str) -> dict[str, Any]:
    from knack.help_files import helps

    load_command(COMMANDS[0])
    return dict(yaml.safe_load(helps[name]))


def arguments(name: str) -> Iterator[tuple[str, Any, list[str]]]:
    """Yield (name, settings, options) of every argument that a user can type."""
    for argument, loaded in command(name).arguments.items():
        settings = loaded.type.settings
        if settings.get("action") is not None and "IgnoreAction" in str(settings["action"]):
            continue
        yield argument, settings, list(settings.get("options_list") or ["--" + argument.replace("_", "-")])


def examples(name: str) -> list[str]:
    return [" ".join(example["text"].split()) for example in help_of(name)["examples"]]


def test_the_commands_are_these() -> None:
    table = load_command_table(["aigpu"]).command_table

    assert tuple(sorted(name for name in table if name.startswith("aigpu"))) == COMMANDS


@pytest.mark.parametrize("name", [*GROUPS, *COMMANDS])
def test_every_group_and_command_has_a_short_summary_in_one_line(name: str) -> None:
    text = help_of(name)

    assert text["type"] == ("group" if name in GROUPS else "command")
    assert text["short-summary"].endswith(".")
    assert len(text["short-summary"]) <= 100
    assert "\n" not in text["short-summary"].strip()


def test_there_is_no_help_for_what_does_not_exist() -> None:
    from knack.help_files import helps

    load_command(COMMANDS[0])

    assert {name for name in helps if name.startswith("aigpu")} == {*GROUPS, *COMMANDS}


def test_the_help_names_every_setting() -> None:
    from azext_aigpu.settings import KEYS

    assert [key for key in KEYS if not re.search(rf"\b{key}\b", help_of("aigpu")["long-summary"])] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_is_described_in_sentences(name: str) -> None:
    for argument, settings, _ in arguments(name):
        text = str(settings.get("help") or "")
        assert text, argument
        assert argument in AZURE_CLI_OWN or (text[0].isupper() and text.endswith(".")), argument
        assert not re.search(r"<[a-z]+>", re.sub(r"`[^`]*`", "", text)) or argument in AZURE_CLI_OWN, argument


@pytest.mark.parametrize("name", COMMANDS)
def test_options_are_sane(name: str) -> None:
    seen: list[str] = []
    for argument, _, options in arguments(name):
        long = [option for option in options if option.startswith("--")]
        short = [option for option in options if not option.startswith("--")]
        assert long, argument
        assert all(re.fullmatch(r"--[a-z0-9]+(-[a-z0-9]+)*", option) for option in long), argument
        assert all(re.fullmatch(r"-[a-z]", option) for option in short), argument
        seen += options
    assert len(seen) == len(set(seen))
    assert not set(seen) & GLOBAL_OPTIONS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples(name: str) -> None:
    texts = examples(name)

    assert len(texts) >= 2
    assert len(texts) == len(set(texts))
    assert all(text.startswith(f"az {name} ") for text in texts)


@pytest.mark.parametrize("name", COMMANDS)
def test_an_example_uses_only_options_that_are_there_and_all_that_are_required(name: str) -> None:
    parser = argparse.ArgumentParser(exit_on_error=False, add_help=False, allow_abbrev=False)
    for option in ("--output", "--query"):
        parser.add_argument(option, *(["-o"] if option == "--output" else []))
    for argument, settings, options in arguments(name):
        kept = {
            key: settings[key] for key in ("nargs", "action", "required") if isinstance(settings.get(key), (str, bool))
        }
        if kept.get("action") in ("store_true", "store_false"):
            kept.pop("nargs", None)
        parser.add_argument(*options, dest=argument, **kept)
    for text in examples(name):
        parser.parse_args(shlex.split(text)[1 + len(name.split()) :])


def test_an_update_has_no_default_that_would_change_a_pool_by_itself() -> None:
    defaults = {argument: settings.get("default") for argument, settings, _ in arguments("aigpu nodepool update")}

    assert {argument: value for argument, value in defaults.items() if value not in (None, False)} == {}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_group_with_no_wait_has_a_wait_command(name: str) -> None:
    if command(name).supports_no_wait:
        assert " ".join([*name.split()[:-1], "wait"]) in COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_only_what_takes_something_away_asks_first(name: str) -> None:
    assert bool(command(name).confirmation) == name.endswith((" delete", " uninstall"))


@pytest.mark.parametrize("name", [name for name in COMMANDS if not name.endswith((*PRINTS_NOTHING, *PRINTS_TEXT))])
def test_every_command_that_prints_has_a_table(name: str) -> None:
    assert callable(command(name).table_transformer)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_ends_with_our_exit_codes(name: str) -> None:
    assert command(name).exception_handler.__name__ == "handle_error"


@pytest.mark.parametrize("words", [name.split() for name in (*GROUPS, *COMMANDS)], ids=" ".join)
def test_help_is_shown(words: list[str]) -> None:
    result = run_offline(*words, "--help")

    assert result.exit_code == 0
    assert help_of(" ".join(words))["short-summary"].strip()[:40] in result.stdout
    assert result.stderr in ("", "WARNING: This command is from the following extension: aigpu\n")


def test_loading_the_commands_imports_no_sdk_and_no_handler() -> None:
    program = (
        "import sys, azext_aigpu\n"
        "from azure.cli.core.mock import DummyCli\n"
        "loader = azext_aigpu.COMMAND_LOADER_CLS(DummyCli())\n"
        f"assert len(loader.load_command_table(None)) == {len(COMMANDS)}\n"
        "print(*sorted(name for name in sys.modules if name.startswith(('azure.mgmt', 'msrest', 'azext_aigpu'))))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "AZURE_CORE_COLLECT_TELEMETRY": "no"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    modules = done.stdout.split()
    assert not [name for name in modules if name.startswith(("azure.mgmt", "msrest"))]
    assert not [name for name in modules if name.startswith(("azext_aigpu.handlers", "azext_aigpu.cloud.arm"))]
    assert "azext_aigpu.commands" in modules


def test_the_arguments_of_other_groups_are_not_imported() -> None:
    program = (
        "import sys, azext_aigpu\n"
        "from types import SimpleNamespace\n"
        "from azure.cli.core.mock import DummyCli\n"
        "cli = DummyCli()\n"
        "cli.invocation = SimpleNamespace(data={'command_string': 'aigpu sku show'})\n"
        "azext_aigpu.COMMAND_LOADER_CLS(cli).load_arguments('aigpu sku show')\n"
        "print(*(name for name in sys.modules if name.startswith('azext_aigpu.params.')))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "AZURE_CORE_COLLECT_TELEMETRY": "no"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) == {"azext_aigpu.params.gpus", "azext_aigpu.params.sku"}


def test_no_command_is_needed_to_load_the_arguments_of_all() -> None:
    table = load_command_table(["aigpu"])
    table.load_arguments(None)

    assert all(table.command_table[name].arguments for name in COMMANDS)


def test_the_package_itself_needs_no_azure_cli() -> None:
    program = (
        "import sys, azext_aigpu\n"
        "print(*(name for name in sys.modules if name.partition('.')[0] in ('azure', 'knack')))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


def test_the_package_makes_up_nothing_else() -> None:
    import azext_aigpu

    with pytest.raises(AttributeError, match="no_such_name"):
        _ = azext_aigpu.no_such_name  # type: ignore[attr-defined]
