"""A healthy GPU is proven, by both programs, and what they read is kept."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from node_agent.preflight.install import install
from tests.gpu.conftest import Record

pytestmark = pytest.mark.gpu

ROOT = Path(__file__).parents[2]
QUIET = ["--termination-log", "none"]


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def read(module: str, *arguments: str) -> dict[str, Any]:
    done = run(module, *arguments, "-o", "json", *QUIET)
    data: dict[str, Any] = json.loads(done.stdout)
    assert data["exitCode"] == done.returncode
    return data


def count_of_nvidia_smi() -> int:
    program = str(shutil.which("nvidia-smi"))
    listed = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=60, check=True).stdout
    return sum(line.startswith("GPU ") for line in listed.splitlines())


def test_every_gpu_computes_and_the_container_is_proven(record: Record) -> None:
    data = read("node_agent.preflight", "check")
    record("verdict", {"status": data["status"], "findings": data["findings"]})
    record("facts", data["facts"])
    assert data["status"] in ("PASS", "WARN")
    assert [device["proof"] for device in data["facts"]["cuda"]["devices"]] == ["kernel"] * count_of_nvidia_smi()


def test_the_number_of_nvidia_smi_is_ours_and_one_more_is_a_failure() -> None:
    count = count_of_nvidia_smi()
    assert read("node_agent.preflight", "check", "--expect-gpus", str(count))["exitCode"] == 0
    assert read("node_agent.preflight", "check", "--expect-gpus", str(count + 1))["exitCode"] in (75, 78)


def test_the_agent_proves_the_node(record: Record) -> None:
    data = read("node_agent", "check", "--expect-gpus", str(count_of_nvidia_smi()), "--metadata", "none")
    record("verdict of the agent", [one for one in data["findings"] if one["status"] not in ("PASS", "SKIPPED")])
    assert data["exitCode"] == 0


@pytest.mark.parametrize("value", ["", "-1", "GPU-00000000"], ids=["empty", "minus one", "no such GPU"])
def test_a_hidden_gpu_is_no_pass(value: str, monkeypatch: pytest.MonkeyPatch, record: Record) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    data = read("node_agent.preflight", "check")
    record(
        f"CUDA_VISIBLE_DEVICES={value!r}",
        {"status": data["status"], "initError": data["facts"]["cuda"].get("initError")},
    )
    assert data["exitCode"] == 78


def test_how_long_it_takes_beside_nvidia_smi(record: Record, tmp_path: Path) -> None:
    pyz = install(str(tmp_path))
    commands = {
        "nvidia-smi": [str(shutil.which("nvidia-smi"))],
        "check, installed": [sys.executable, "-m", "node_agent.preflight", "check", *QUIET],
        "check, pyz": [sys.executable, "-I", "-S", pyz, "check", *QUIET],
        "torch.cuda.is_available": [sys.executable, "-c", "import torch; torch.cuda.is_available()"],
    }
    seconds = {name: median_of_seven(command) for name, command in commands.items()}
    record("seconds", seconds)
    assert seconds["nvidia-smi"] is not None


def median_of_seven(command: list[str]) -> float | None:
    taken = []
    for _ in range(7):
        began = time.monotonic()
        if subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=False).returncode:
            return None
        taken.append(time.monotonic() - began)
    return round(statistics.median(taken), 4)
