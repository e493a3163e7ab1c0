"""`docs/how-to/from-pull-request-to-pool.md`, followed command by command with the real `az`."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from testbeds.local_azure import LocalAzure
from tests.docs.pages import ROOT, read_steps
from tests.e2e.az import PROGRAM, Az

pytestmark = pytest.mark.az

PAGE = ROOT / "docs" / "how-to" / "from-pull-request-to-pool.md"
WRITTEN = ("aigpu-gate.sh", "aigpu.yaml", "aigpu-pipelines.yaml")


def commands() -> list[str]:
    """Return the commands of the page in its order."""
    return [step.command for step in read_steps(PAGE)]


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

    assert len(commands()) == 7
    assert all((az.directory / name).stat().st_size for name in WRITTEN)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert azure.world.pool("train").properties["maxCount"] == 4
    assert azure.world.pool("serve").properties["count"] == 2
    assert "2 named by specs: 2 as asked for, 0 drifted, 0 missing, 0 not known." in done.stderr


def test_on_the_local_azure_the_specs_fit_as_the_page_says(az: Az) -> None:
    old, new = 'maxSurge: "1"', ('maxSurge: "0"', 'maxUnavailable: "1"')
    text = (ROOT / "examples" / "pools.yaml").read_text("utf-8")
    assert text.count(old) == 1
    assert all(f"`{words}`" in PAGE.read_text("utf-8") for words in (old, *new))
    (az.directory / "pools.yaml").write_text(text.replace(old, "\n  ".join(new)), "utf-8")
    shutil.copy(ROOT / "examples" / "prod.yaml", az.directory)

    refused = az.run("aigpu", "nodepool", "plan", "--file", str(ROOT / "examples" / "pools.yaml"))
    planned = az.run("aigpu", "nodepool", "plan", "--file", "pools.yaml", "--overlay", "prod.yaml")

    assert (refused.returncode, planned.returncode) == (1, 0), planned.stderr
