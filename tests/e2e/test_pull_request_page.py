"""`docs/how-to/from-pull-request-to-pool.md`, followed command by command with the real `az`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from testbeds.local_azure import LocalAzure
from tests.e2e.az import PROGRAM, Az

pytestmark = pytest.mark.az

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "from-pull-request-to-pool.md"
OURS = ("az aigpu nodepool plan", "az aigpu nodepool apply", "az aigpu nodepool check")


def commands() -> list[str]:
    """Return the commands about plans and drift of the page in its order."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if any(command in line for command in OURS)]


def test_the_commands_of_the_page_lead_from_specs_to_pools_without_drift(az: Az, azure: LocalAzure) -> None:
    azure.world.subscription.set_quota("eastus", "StandardNCADSA100v4Family", limit=400)
    for spec in (ROOT / "examples").glob("*.yaml"):
        shutil.copy(spec, az.directory)
    programs = az.directory / "bin"
    programs.mkdir()
    (programs / "az").symlink_to(PROGRAM)
    environment = {**az.environment, "PATH": os.pathsep.join([str(programs), az.environment["PATH"]])}

    done = subprocess.run(
        ["/bin/bash", "-e", "-c", "\n".join(commands())],
        env=environment,
        cwd=az.directory,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert len(commands()) >= 4
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert azure.world.pool("train").properties["maxCount"] == 4
    assert azure.world.pool("serve").properties["count"] == 2
    assert "2 named by specs: 2 as asked for, 0 drifted, 0 missing, 0 not known." in done.stderr
