"""The one file on every Python that a training image may have, isolated from all that is installed for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testbeds.nvidia_stub import nodes
from testbeds.nvidia_stub.node import Node
from testbeds.pythons import PORTABLE, find_python
from tests.compat.conftest import Make

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CHANGES = ("time", "durations", "bootId")


@pytest.fixture(params=PORTABLE)
def python(request: pytest.FixtureRequest) -> Path:
    found = find_python(request.param)
    if found is None:
        pytest.skip(f"Python {request.param} is not on the path or below PYENV_ROOT")
    return found


@pytest.fixture
def run(python: Path, pyz: Path, stub: Make, tmp_path: Path) -> Run:
    """Run the file on a node. Every warning of the Python is an error, so that the next one does not break it."""

    def call(node: Node, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        made = stub(node)
        own = ["--root", str(made.root)] if name in ("check", "exec", "facts") else []
        options = ["-I", "-S", "-X", "dev", "-W", "error"]
        return subprocess.run(
            [str(python), *options, str(pyz), name, *own, *arguments],
            cwd=tmp_path,
            env={**made.environment(), "AIGPU_TERMINATION_LOG": str(tmp_path / "log")},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return call


def without_changes(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: without_changes(value) for name, value in data.items() if name not in CHANGES}
    return [without_changes(value) for value in data] if isinstance(data, list) else data


def test_help_names_every_command(run: Run) -> None:
    done = run(nodes.CPU, "--help")
    assert done.returncode == 0, done.stderr
    assert all(f"\n  {name} " in done.stdout for name in ("  check", "  exec", "  explain", "  facts"))
    assert done.stderr == ""


def test_a_healthy_node_passes_with_a_kernel_on_each_gpu(run: Run) -> None:
    done = run(nodes.H100_X8, "check", "--output", "json", "--expect-gpus", "8")
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert said["status"] == "PASS"
    assert [device["proof"] for device in said["facts"]["cuda"]["devices"]] == ["kernel"] * 8
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("node", "exit_code"),
    [(nodes.CPU, 78), (nodes.without_driver(nodes.T4), 75), (nodes.without_fabric_manager(nodes.H100_X8), 70)],
    ids=["CPU", "no driver", "fabric in progress"],
)
def test_what_is_no_pass_gives_its_exit_code_and_the_same_words_as_here(
    node: Node, exit_code: int, run: Run, pyz: Path, stub: Make
) -> None:
    done = run(node, "check", "--output", "json")
    assert done.returncode == exit_code, done.stdout + done.stderr
    made = stub(node)
    command = [sys.executable, str(pyz), "check", "--output", "json", "--root", str(made.root)]
    here = subprocess.run(command, env=made.environment(), capture_output=True, timeout=60, check=False)
    assert without_changes(json.loads(done.stdout)) == without_changes(json.loads(here.stdout))


def test_facts_are_data(run: Run) -> None:
    done = run(nodes.A100_80GB_MIG, "facts")
    assert done.returncode == 0, done.stderr
    assert "A100" in json.dumps(json.loads(done.stdout))


def test_a_reason_is_explained(run: Run) -> None:
    done = run(nodes.CPU, "explain", "DriverNotLoaded")
    assert done.returncode == 0, done.stderr
    assert "not loaded" in done.stdout


@pytest.mark.parametrize("arguments", [("check", "--nonsense"), ("exec", "--"), ("nonsense",)], ids=" ".join)
def test_a_command_line_that_cannot_be_understood_ends_with_64(arguments: tuple[str, ...], run: Run) -> None:
    done = run(nodes.CPU, *arguments)
    assert done.returncode == 64
    assert "Traceback" not in done.stderr


def test_the_wrapped_command_runs_after_a_pass_and_its_exit_code_is_passed_on(run: Run) -> None:
    done = run(nodes.T4, "exec", "--gpu-deadline", "1m", "--", "sh", "-c", "echo it ran; exit 3")
    assert (done.returncode, done.stdout) == (3, "it ran\n"), done.stderr
    assert "Traceback" not in done.stderr


def test_the_wrapped_command_is_watched(run: Run, tmp_path: Path) -> None:
    done = run(nodes.T4, "exec", "--gpu-deadline", "1s", "--", "sleep", "4")
    assert done.returncode == 0, done.stderr
    assert [one["reason"] for one in json.loads((tmp_path / "log").read_text())["findings"]] == ["GPUNotOpened"]


def test_the_wrapped_command_does_not_run_after_a_fault(run: Run) -> None:
    done = run(nodes.CPU, "exec", "--", "echo", "it ran")
    assert (done.returncode, done.stdout) == (78, "")
