"""The script of `pipeline show`, played as a code host plays it: plan, approve, apply; with the real `az`."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from testbeds.local_azure import LocalAzure
from tests.e2e.az import PROGRAM, T4, Az

pytestmark = pytest.mark.az

ROOT = Path(__file__).parents[2]
SCRIPT = "aigpu-gate.sh"
TRAIN = "/subscriptions/a16b0000-0000-4000-8000-000000000001/resourceGroups/rg-train/providers"
SPEC = f"""\
apiVersion: aigpu.io/v1alpha1
kind: GpuNodePool
metadata:
  name: gate
spec:
  cluster: {TRAIN}/Microsoft.ContainerService/managedClusters/aks-train
  nodeVmSize: {T4}
  nodeCount: 1
  tags:
    cost-center: ml
    note: "```` ` evil $(touch x)"
"""


@pytest.fixture
def shell(az: Az) -> dict[str, str]:
    """The environment of a job, in a folder with the script as the command writes it and a spec."""
    done = az.run("aigpu", "pipeline", "show", "--format", "script", "--file", SCRIPT)
    assert done.returncode == 0, done.stderr
    (az.directory / "gate.yaml").write_text(SPEC, "utf-8")
    programs = az.directory / "bin"
    programs.mkdir()
    (programs / "az").symlink_to(PROGRAM)
    return {
        **az.environment,
        "PATH": os.pathsep.join([str(programs), az.environment["PATH"]]),
        "AIGPU_SPECS": "gate.yaml",
        "GITHUB_OUTPUT": str(az.directory / "outputs"),
    }


def play(az: Az, verb: str, shell: Mapping[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", SCRIPT, *verb.split()],
        env={**shell, **more},
        cwd=az.directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def outputs(az: Az) -> dict[str, str]:
    lines = (az.directory / "outputs").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


def comment(az: Az) -> str:
    return (az.directory / "aigpu-plan" / "comment.md").read_text("utf-8")


def test_what_was_planned_and_approved_is_what_is_made(az: Az, azure: LocalAzure, shell: dict[str, str]) -> None:
    planned = play(az, "plan", shell)

    assert planned.returncode == 0, planned.stderr
    assert outputs(az)["changes"] == "true"
    digest = outputs(az)["digest"]
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
    assert f"Digest: `{digest}`" in comment(az)
    assert T4 in comment(az)
    assert "gate" not in azure.world.subscription.clusters[0].pools

    applied = play(az, "apply", shell, AIGPU_DIGEST=digest)

    assert applied.returncode == 0, applied.stderr
    pool = azure.world.subscription.clusters[0].pools["gate"]
    assert (pool.state, pool.properties["vmSize"]) == ("Succeeded", T4)

    again = play(az, "plan", shell)

    assert again.returncode == 0, again.stderr
    assert outputs(az)["changes"] == "false"
    assert "no changes" in comment(az)


def test_what_was_not_approved_is_not_made(az: Az, azure: LocalAzure, shell: dict[str, str]) -> None:
    assert play(az, "plan", shell).returncode == 0
    path = az.directory / "aigpu-plan" / "plan.json"
    digest = json.loads(path.read_text("utf-8"))["digest"]

    refused = [
        play(az, "apply", shell),
        play(az, "apply", shell, AIGPU_DIGEST="sha256:" + "0" * 64),
    ]
    path.write_text(path.read_text("utf-8").replace('"count": 1', '"count": 9'), "utf-8")
    refused.append(play(az, "apply", shell, AIGPU_DIGEST=digest))

    assert [done.returncode for done in refused] == [2, 1, 1]
    assert "set AIGPU_DIGEST" in refused[0].stderr
    assert "gate" not in azure.world.subscription.clusters[0].pools


def test_a_refused_plan_says_so_in_the_comment(az: Az, azure: LocalAzure, shell: dict[str, str]) -> None:
    (az.directory / "gate.yaml").write_text(SPEC.replace(T4, "Standard_D16s_v5"), "utf-8")

    done = play(az, "plan", shell)

    assert done.returncode == 1
    assert "refused" in comment(az)
    assert "Standard_D16s_v5" in comment(az)
    assert not (az.directory / "outputs").exists()
    assert not (az.directory / "aigpu-plan" / "plan.json").exists()
    assert not [request for request in azure.requests if request.method == "PUT"]


def test_what_stands_in_a_spec_is_neither_run_nor_markdown(az: Az, shell: dict[str, str]) -> None:
    assert play(az, "plan", shell).returncode == 0

    head, _, rest = comment(az).partition("`\n\n")
    assert head.startswith("### GPU node pools")
    assert all(line.startswith("    ") or not line for line in rest.splitlines())
    assert not (az.directory / "x").exists()


def test_a_terraform_plan_is_checked_too(az: Az, shell: dict[str, str]) -> None:
    shutil.copy(ROOT / "tests" / "golden" / "foreign" / "terraform" / "azurerm4.json", az.directory / "tf.json")

    done = play(az, "check", shell, AIGPU_TFPLANS="tf.json")

    assert done.returncode == 4, done.stderr
    assert "Standard_D16s_v5 has no GPU" in done.stderr


class TestInstall:
    def test_only_the_wheel_with_the_right_digest_is_installed(
        self, az: Az, shell: dict[str, str], wheel: Path
    ) -> None:
        folder = az.directory / "fresh"
        own = {**shell, "AZURE_EXTENSION_DIR": str(folder), "AIGPU_WHEEL": str(wheel)}

        wrong = play(az, "install", own, AIGPU_WHEEL_SHA256="0" * 64)
        assert wrong.returncode != 0
        assert not folder.exists()

        right = play(az, "install", own, AIGPU_WHEEL_SHA256=hashlib.sha256(wheel.read_bytes()).hexdigest())

        assert right.returncode == 0, right.stderr
        assert (folder / "aigpu").is_dir()

    @pytest.mark.parametrize("missing", ["AIGPU_WHEEL", "AIGPU_WHEEL_SHA256"])
    def test_what_is_not_set_is_named(self, az: Az, shell: dict[str, str], missing: str) -> None:
        given = {name: "x.whl" for name in ("AIGPU_WHEEL", "AIGPU_WHEEL_SHA256") if name != missing}

        done = play(az, "install", {**shell, **given})

        assert done.returncode == 2
        assert f"set {missing} " in done.stderr


@pytest.mark.parametrize("verb", ["", "destroy"], ids=["none", "unknown"])
def test_another_verb_is_bad_usage(az: Az, shell: dict[str, str], verb: str) -> None:
    done = play(az, verb, shell)

    assert done.returncode == 2
    assert "wanted is one of install, check, plan, apply" in done.stderr
