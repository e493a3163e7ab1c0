"""Every example of `--help` runs as it stands: a local Azure with a GPU pool, a mistyped one and enough quota."""

from __future__ import annotations

import shlex

import pytest
import yaml

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import load_command, run

pytestmark = pytest.mark.core

COMMANDS = {
    "aigpu nodepool add": 5,
    "aigpu nodepool delete": 2,
    "aigpu nodepool list": 2,
    "aigpu nodepool show": 2,
    "aigpu nodepool update": 3,
    "aigpu nodepool wait": 2,
    "aigpu sku list": 3,
    "aigpu sku show": 2,
}
"""Command and number of its examples."""
QUOTAS = ("StandardNCADSA100v4Family", "StandardNVADSA10v5Family")


def example(command: str, number: int) -> list[str]:
    from knack.help_files import helps

    load_command("aigpu nodepool add")
    texts = [item["text"] for item in yaml.safe_load(helps[command])["examples"]]
    assert len(texts) == COMMANDS[command]
    program, *words = shlex.split(texts[number])
    assert program == "az"
    return words


@pytest.mark.parametrize(
    ("command", "number"),
    [
        pytest.param(command, number, id=f"{command.replace(' ', '-')}-{number + 1}")
        for command, count in COMMANDS.items()
        for number in range(count)
    ],
)
def test_an_example_runs_as_it_stands(azure: LocalAzure, command: str, number: int) -> None:
    azure.world.add_pool("gpu", vmSize="Standard_NC4as_T4_v3", count=1, nodeTaints=["sku=gpu:NoSchedule"])
    azure.world.add_pool("typo", vmSize="Standard_D16s_v5", count=1, nodeLabels={"hardware": "gpu"})
    for family in QUOTAS:
        azure.world.subscription.set_quota("eastus", family, limit=400)

    result = run(azure, *example(command, number))

    assert result.exit_code == 0, result.stderr
    if not command.endswith((" delete", " wait")):
        assert result.stdout.strip()
