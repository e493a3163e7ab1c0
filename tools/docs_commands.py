"""The page of the commands, out of the command table that azure-cli loads."""

from __future__ import annotations

import textwrap
from typing import Any

import yaml

_GENERATED = "<!-- Written by `python -m tools.docs`; do not edit. -->"
_WIDTH = 96
_OF_THE_CLI: dict[str, dict[str, Any]] = {
    "resource_group_name": {"options_list": ["--resource-group", "-g"], "help": "Name of the resource group."},
    "location": {"options_list": ["--location", "-l"]},
}
"""Arguments that azure-cli registers itself for every extension."""


def build_commands_page() -> str:
    """Return the reference of every command: what it does, its options, its examples."""
    table, helps = load_commands()
    parts = ["# Commands", "", _GENERATED, "", *_introduction(helps["aigpu"])]
    parts += [
        f"- [`az {name}`](#az-{name.replace(' ', '-')}): {helps[name]['short-summary']}" for name in sorted(table)
    ]
    parts += [
        "",
        "Every command also takes the CLI's own options: `--output`, `--query`, `--subscription`, `--debug`, ...",
        "",
    ]
    for name in sorted(table):
        parts += _command(name, table[name], helps[name])
    return "\n".join(parts)


def load_commands() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the commands with their arguments loaded, and the parsed help, both by name."""
    from azure.cli.core import get_default_cli
    from knack.help_files import helps

    from azext_aigpu.commands import AigpuCommandsLoader

    cli: Any = get_default_cli()
    cli.invocation = cli.invocation_cls(
        cli_ctx=cli, parser_cls=cli.parser_cls, commands_loader_cls=cli.commands_loader_cls, help_cls=cli.help_cls
    )
    table = {}
    for name in AigpuCommandsLoader(cli_ctx=cli).load_command_table(None):
        cli.invocation.data["command_string"] = name
        # Arguments are looked up in the loader of the invocation, which is azure-cli's own over all modules.
        loader: Any = AigpuCommandsLoader(cli_ctx=cli)
        cli.invocation.commands_loader = loader
        table[name] = loader.load_command_table(None)[name]
        loader.command_name = name
        loader.command_table = {name: table[name]}
        table[name].load_arguments()
        loader.load_arguments(name)
        loader._update_command_definitions()  # noqa: SLF001  what azure-cli itself calls; it has no public name
    ours = {name: yaml.safe_load(text) for name, text in helps.items() if name.split()[0] == "aigpu"}
    return table, ours


def _introduction(group: dict[str, Any]) -> list[str]:
    return [*_paragraphs(group.get("long-summary", "")), ""]


def _command(name: str, command: Any, text: dict[str, Any]) -> list[str]:
    lines = [f"## az {name}", "", text["short-summary"], ""]
    if "long-summary" in text:
        lines += [*_paragraphs(text["long-summary"]), ""]
    lines += ["| option | |", "|---|---|", *_options(command), ""]
    for example in text.get("examples", []):
        lines += [f"{example['name'].rstrip('.:')}:", "", "```sh", *_shell(example["text"]), "```", ""]
    return lines


def _options(command: Any) -> list[str]:
    rows = []
    for name, argument in command.arguments.items():
        settings = {**argument.type.settings, **_OF_THE_CLI.get(name, {})}
        names = sorted((str(option) for option in settings.get("options_list") or []), key=lambda text: -len(text))
        if name == "cmd" or not names or settings.get("help") == "==SUPPRESS==":
            continue
        choices = settings.get("choices")
        told = " ".join(str(settings.get("help") or "").split())
        allowed = f" One of: {', '.join(sorted(map(str, choices)))}." if choices else ""
        default = settings.get("default")
        if default and default is not True and "Default:" not in told:
            allowed += f" Default: {default}."
        needed = "**Required.** " if settings.get("required") else ""
        rows.append(
            (not settings.get("required"), f"| `{' '.join(names)}` | {needed}{told}{allowed} |".replace("|  |", "| |"))
        )
    return [row for _, row in sorted(rows)]


def _paragraphs(text: str) -> list[str]:
    paragraphs = [" ".join(part.split()) for part in text.split("\n") if part.strip()]
    return "\n\n".join(paragraphs).split("\n")


def _shell(text: str) -> list[str]:
    """Return a command in lines with backslashes, so that it can be copied."""
    lines = []
    for command in text.strip().split("\n"):
        wrapped = textwrap.wrap(
            command, _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
        )
        lines += [line + " \\" for line in wrapped[:-1]] + wrapped[-1:]
    return lines
