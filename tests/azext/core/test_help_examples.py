"""Every example of `--help` runs as it stands: a local Azure with a GPU pool, a mistyped one and enough quota."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import load_command, run

pytestmark = pytest.mark.core

COMMANDS = {
    "aigpu agent show": 2,
    "aigpu check": 4,
    "aigpu job check": 2,
    "aigpu job inject": 3,
    "aigpu nodepool add": 5,
    "aigpu nodepool apply": 2,
    "aigpu nodepool adopt": 3,
    "aigpu nodepool check": 4,
    "aigpu nodepool delete": 2,
    "aigpu nodepool export": 4,
    "aigpu nodepool list": 2,
    "aigpu nodepool plan": 2,
    "aigpu nodepool show": 2,
    "aigpu nodepool update": 3,
    "aigpu nodepool wait": 2,
    "aigpu policy create": 3,
    "aigpu policy delete": 2,
    "aigpu policy list": 2,
    "aigpu policy show": 2,
    "aigpu sku find": 2,
    "aigpu pipeline show": 3,
    "aigpu sku list": 3,
    "aigpu sku show": 2,
    "aigpu vm create": 2,
}
"""Command and number of its examples."""
ON_A_CLUSTER = {
    "aigpu agent install": "cluster/test_agent_help.py",
    "aigpu agent status": "cluster/test_agent_help.py",
    "aigpu agent uninstall": "cluster/test_agent_help.py",
    "aigpu node list": "azext/handlers/test_node.py",
    "aigpu node show": "azext/handlers/test_node.py",
    "aigpu scan": "azext/handlers/test_node.py",
}
"""Commands whose examples are run by another test below the folder tests."""
FINDINGS = {"aigpu check": 4, "aigpu nodepool check": 4}
"""Exit codes of commands whose examples find the mistyped pool."""
FOUND = 4
JOB = Path(__file__).parents[2] / "golden" / "jobs" / "job.before.yaml"
EXAMPLES = Path(__file__).parents[3] / "examples"
FOREIGN = Path(__file__).parents[2] / "golden" / "foreign"
DOCUMENTS = {
    "plan.json": "terraform/azurerm4.json",
    "main.json": "arm/pools.json",
    "main.parameters.json": "arm/pools.parameters.json",
    "what-if.json": "what_if/pools.json",
}
QUOTAS = ("StandardNCADSA100v4Family", "StandardNVADSA10v5Family")


def test_no_example_is_forgotten() -> None:
    from knack.help_files import helps

    load_command("aigpu nodepool add")
    ours = {name: yaml.safe_load(text) for name, text in helps.items() if name.startswith("aigpu ")}

    assert {name for name, one in ours.items() if one["type"] == "command"} == {*COMMANDS, *ON_A_CLUSTER}
    for name, test in ON_A_CLUSTER.items():
        text = (Path(__file__).parents[2] / test).read_text("utf-8")
        assert f'"{name}"' in text or f'"{name.rpartition(" ")[2]}":' in text


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
def test_an_example_runs_as_it_stands(
    azure: LocalAzure, command: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(JOB, tmp_path / "train.yaml")
    (tmp_path / "id_ed25519.pub").write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfalse somebody\n", "utf-8")
    for name, origin in DOCUMENTS.items():
        shutil.copy(FOREIGN / origin, tmp_path / name)
    azure.world.management_groups["ml"] = (azure.world.subscription.id,)
    monkeypatch.chdir(tmp_path)
    azure.world.add_pool("gpu", vmSize="Standard_NC4as_T4_v3", count=1, nodeTaints=["sku=gpu:NoSchedule"])
    azure.world.add_pool("typo", vmSize="Standard_D16s_v5", count=1, nodeLabels={"hardware": "gpu"})
    for family in QUOTAS:
        azure.world.subscription.set_quota("eastus", family, limit=400)

    shutil.copytree(EXAMPLES, tmp_path / "examples")
    words = example(command, number)
    if "$DIGEST" in words:
        made = run(azure, *example("aigpu nodepool plan", 1))
        words = [made.data["digest"] if word == "$DIGEST" else word for word in words]
    result = run(azure, *words)

    wanted = FOUND if "--exit-code" in words else FINDINGS.get(command, 0)
    assert result.exit_code == wanted, result.stderr
    if not command.endswith((" delete", " wait")) and not {"--output-file", "--file"} & {*words}:
        assert result.stdout.strip()
