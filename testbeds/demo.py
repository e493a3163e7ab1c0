"""Plays the founding story with the real Azure CLI, our extension and an Azure on loopback.

    python -m testbeds.demo            play it
    python -m testbeds.demo --quick    without the pauses for reading

It exits with 1 when a command does not do what the story says, so it is a test too.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from testbeds.extension import install_wheel
from testbeds.local_azure import LocalAzure, World
from tools.wheel import build_wheel

PAUSE_SECONDS = 1.2
_CLUSTER = "-g rg-train --cluster-name aks-train"


@dataclass(frozen=True)
class Step:
    """One command of the story: what is said before it, its words, the exit code and texts that must come."""

    say: str
    command: str
    exit_code: int = 0
    shows: tuple[str, ...] = ()


STORY = (
    Step(
        "A pool was meant to be Standard_NC6s_v3 (a GPU size) and was typed Standard_D16s_v5 (a CPU size).\n"
        "Azure's own command takes it, label and taint and all: nothing fails, so nobody looks.",
        f"az aks nodepool add {_CLUSTER} -n gpu1 --node-count 1 --node-vm-size Standard_D16s_v5 "
        "--labels hardware=gpu --node-taints sku=gpu:NoSchedule --query '{name:name,vmSize:vmSize}' -o table",
        shows=("Standard_D16s_v5",),
    ),
    Step(
        "Three days later the training is still running, on the CPU. Our list sees it at a glance:",
        f"az aigpu nodepool list {_CLUSTER} -o table",
        shows=("gpu1", "FAIL"),
    ),
    Step(
        "The same typo, given to us instead. It is refused before anything is sent:",
        f"az aigpu nodepool add {_CLUSTER} -n gpu2 --node-count 1 --node-vm-size Standard_D16s_v5",
        exit_code=1,
        shows=("sku-is-cuda-gpu", "Standard_NC16as_T4_v3"),
    ),
    Step(
        "And the size that was meant? It was retired on 2025-09-30, which Azure's size list does not say:",
        f"az aigpu nodepool add {_CLUSTER} -n gpu2 --node-count 1 --node-vm-size Standard_NC6s_v3",
        exit_code=1,
        shows=("sku-not-retired", "2025-09-30"),
    ),
    Step(
        "Say what is needed instead of a size. It is found, and the vCPU quota of the region is looked at:",
        f"az aigpu nodepool add {_CLUSTER} -n gpu2 --gpu-model a100 --gpu-count 1 --tags cost-center=ml",
        exit_code=1,
        shows=("Standard_NC24ads_A100_v4", "quota", "--max-surge 0"),
    ),
    Step(
        "Do as it says; see the plan and its cost first, send nothing:",
        f"az aigpu nodepool add {_CLUSTER} -n gpu2 --gpu-model a100 --gpu-count 1 --tags cost-center=ml "
        "--max-count 1 --max-surge 0 --max-unavailable 1 --dry-run -o table",
        shows=("Standard_NC24ads_A100_v4", "at most 1 x", "Dry run"),
    ),
    Step(
        "Now for real. Azure's answer is read back and compared with what was asked:",
        f"az aigpu nodepool add {_CLUSTER} -n gpu2 --node-count 1 --node-vm-size Standard_NC4as_T4_v3 "
        "--tags cost-center=ml -o table",
        shows=("Standard_NC4as_T4_v3", "PASS"),
    ),
    Step(
        "The pool of the story goes, the right one stays:",
        f"az aigpu nodepool delete {_CLUSTER} -n gpu1 --yes",
    ),
    Step("", f"az aigpu nodepool list {_CLUSTER} -o table", shows=("gpu2", "PASS")),
)

END = """\
That was the unmodified Azure CLI against an Azure Resource Manager on this machine; nothing left it.

What next:
  .venv/bin/python -m testbeds.local_azure    try any command yourself, without an account
  docs/how-to/first-pool.md                   your first GPU pool on a real subscription
  make test                                   run the tests
"""


def main(arguments: list[str] | None = None) -> int:
    """Play the story and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m testbeds.demo", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="no pauses for reading")
    pause = 0.0 if parser.parse_args(arguments).quick else PAUSE_SECONDS
    with tempfile.TemporaryDirectory(prefix="aigpu-demo-") as directory:
        return play(Path(directory), pause)


def play(directory: Path, pause: float, write: Callable[[str], object] = print) -> int:
    """Run every step against a fresh local Azure whose state lies in `directory`; stop at the first that fails."""
    write("Building the extension and starting a local Azure Resource Manager (about 5 s) ...")
    extensions = install_wheel(build_wheel(directory / "dist"), directory / "extensions")
    with LocalAzure(World.default()) as azure:
        environment = azure.environment(directory, extension_dir=extensions)
        write(f"Azure Resource Manager: {azure.url} (loopback), extension: {extensions.name}/aigpu\n")
        for number, step in enumerate(STORY, start=1):
            wrong = run_step(number, step, environment, write)
            if wrong:
                write(f"\nThe demo stopped: {wrong}. This is a defect, please report it.")
                return 1
            time.sleep(pause)
    write(END)
    return 0


def run_step(number: int, step: Step, environment: Mapping[str, str], write: Callable[[str], object]) -> str | None:
    """Run one step, print it, and return what is wrong with its outcome, or None."""
    if step.say:
        write(f"{'-' * 100}\n{number}. {step.say}\n")
    write(f"$ {step.command}")
    done = subprocess.run(
        ["/bin/sh", "-c", step.command],
        env=_with_az(environment),
        cwd=environment["AZURE_CONFIG_DIR"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    write(done.stdout)
    if done.returncode != step.exit_code:
        return f"exit code {done.returncode}, {step.exit_code} was to come"
    missing = [text for text in step.shows if text not in done.stdout]
    return f"the output lacks {', '.join(missing)}" if missing else None


def _with_az(environment: Mapping[str, str]) -> dict[str, str]:
    """Put the `az` of this Python first on the path: no activated environment is needed."""
    programs = str(Path(sys.executable).parent)
    return {**environment, "PATH": programs + os.pathsep + environment.get("PATH", "")}


if __name__ == "__main__":
    sys.exit(main())
