"""Runs Terraform on the golden configurations with the stand-ins, and gives the plans as JSON."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "foreign" / "terraform"
CONFIGURATIONS = ("azurerm3", "azurerm4", "module", "azapi", "changes")
PROVIDERS = (("hashicorp", "azurerm", "3.117.0"), ("hashicorp", "azurerm", "4.50.0"), ("azure", "azapi", "2.7.0"))
LIMIT_SECONDS = 120


def make_plan(name: str, directory: Path) -> Any:
    """The plan of the golden configuration `name`; everything that Terraform writes lies under `directory`."""
    work = directory / name
    shutil.copytree(GOLDEN / name, work)
    environment = _environment(directory)
    quiet = ("-no-color", "-input=false")
    _terraform(work, environment, "init", *quiet)
    step: tuple[str, ...] = ()
    if name == "changes":
        _terraform(work, environment, "apply", *quiet, "-auto-approve", "-var=step=1")
        step = ("-var=step=2",)
    _terraform(work, environment, "plan", *quiet, "-out=tfplan", *step)
    return json.loads(_terraform(work, environment, "show", "-json", "tfplan"))


def _terraform(work: Path, environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [_program(), *words],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"terraform {words[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def _environment(directory: Path) -> dict[str, str]:
    """Terraform's environment: a mirror of the stand-ins, and no registry to ask."""
    mirror = directory / "mirror"
    for namespace, name, version in PROVIDERS:
        program = mirror / "registry.terraform.io" / namespace / name / version / _platform()
        program.mkdir(parents=True, exist_ok=True)
        words = (sys.executable, "-m", "testbeds.terraform_providers.provider", name, version.partition(".")[0])
        path = program / f"terraform-provider-{name}_v{version}"
        path.write_text(f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.join(words)}\n", encoding="utf-8")
        path.chmod(0o755)
    configuration = directory / "terraform.rc"
    configuration.write_text(
        "disable_checkpoint = true\n"
        f"provider_installation {{\n  filesystem_mirror {{ path = {json.dumps(str(mirror))} }}\n}}\n",
        encoding="utf-8",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return {**kept, "TF_CLI_CONFIG_FILE": str(configuration), "HOME": str(directory), "TF_IN_AUTOMATION": "1"}


def _program() -> str:
    found = shutil.which("terraform")
    if found is None:
        raise RuntimeError("terraform is not on PATH")
    return found


def _platform() -> str:
    done = subprocess.run([_program(), "version", "-json"], capture_output=True, text=True, timeout=60, check=True)
    return str(json.loads(done.stdout)["platform"])


def main() -> None:
    """Write the golden plans anew."""
    for name in CONFIGURATIONS:
        with tempfile.TemporaryDirectory() as directory:
            plan = make_plan(name, Path(directory))
        (GOLDEN / f"{name}.json").write_text(json.dumps(plan, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(f"{name}.json")


if __name__ == "__main__":
    main()
