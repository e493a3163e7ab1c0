"""The page of the commands, out of the command table that azure-cli loads."""

from __future__ import annotations

import textwrap
from typing import Any

import yaml

_GENERATED = "<!-- Written by `python -m tools.docs`; do not edit. -->"
_WIDTH = 96


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
    from azure.cli.core.mock import DummyCli
    from knack.help_files import helps

    from azext_aigpu.commands import AigpuCommandsLoader

    loader: Any = AigpuCommandsLoader(cli_ctx=DummyCli())
    table = loader.load_command_table(None)
    loader.command_table = table
    for name, command in table.items():
        loader.command_name = name
        command.load_arguments()
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
    for argument in command.arguments.values():
        settings = argument.type.settings
        names = sorted((str(option) for option in settings.get("options_list") or []), key=lambda text: -len(text))
        if not names or settings.get("help") == "==SUPPRESS==":
            continue
        choices = settings.get("choices")
        told = " ".join(str(settings.get("help") or "").split())
        allowed = f" One of: {', '.join(sorted(map(str, choices)))}." if choices else ""
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
