"""`docs/how-to/gate-terraform-pull-requests.md`, followed command by command with the real `az`.

`terraform` is played by a script that gives out a plan which Terraform made: the page is about what comes after it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from testbeds.local_azure import LocalAzure
from tests.e2e.az import PROGRAM, Az

pytestmark = pytest.mark.az

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "gate-terraform-pull-requests.md"
FOREIGN = ROOT / "tests" / "golden" / "foreign"
DOCUMENTS = {
    "golden.json": "terraform/azurerm4.json",
    "main.json": "arm/pools.json",
    "main.parameters.json": "arm/pools.parameters.json",
    "what-if.json": "what_if/pools.json",
}
TERRAFORM = """#!/bin/sh
case "$1" in
  plan) touch tfplan ;;
  show) test -f tfplan && cat golden.json ;;
esac
"""
FOUND = 4


def commands() -> list[str]:
    """Return the commands of the page in its order."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


@pytest.fixture
def shell(az: Az, azure: LocalAzure) -> dict[str, str]:
    """The environment of somebody who follows the page, in a folder with his files."""
    for name, origin in DOCUMENTS.items():
        shutil.copy(FOREIGN / origin, az.directory / name)
    programs = az.directory / "bin"
    programs.mkdir()
    (programs / "terraform").write_text(TERRAFORM, encoding="utf-8")
    (programs / "terraform").chmod(0o755)
    (programs / "az").symlink_to(PROGRAM)
    azure.world.add_pool("typo", vmSize="Standard_D16s_v5", count=1, nodeLabels={"hardware": "gpu"})
    return {**az.environment, "PATH": os.pathsep.join([str(programs), az.environment["PATH"]])}


def test_every_command_of_the_page_does_what_it_says(az: Az, shell: dict[str, str]) -> None:
    assert len(commands()) >= 8
    for command in commands():
        done = subprocess.run(
            ["/bin/bash", "-c", command],
            env=shell,
            cwd=az.directory,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == (FOUND if command.startswith("az ") else 0), (command, done.stderr)
        if command.startswith("az "):
            assert "Standard_D16s_v5 has no GPU" in done.stderr


def test_the_pipeline_runs_the_commands_that_the_page_explains() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    steps = yaml.safe_load(block)["jobs"]["gpu-pools"]["steps"]
    run = [step["run"] for step in steps if "run" in step]

    assert commands()[:2] == [command for command in run if command in commands()]
    assert "az aigpu check --tfplan plan.json --sarif aigpu.sarif -o table" in run
