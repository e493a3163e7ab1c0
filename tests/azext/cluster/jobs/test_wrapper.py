from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aigpu_contract.verdict import EXIT_USAGE
from azext_aigpu.cluster.jobs.guard import Wanted
from azext_aigpu.cluster.jobs.wrapper import Wrapped, build_check, build_wrapped, is_wrapped, parse_wrapped
from tests.azext.cluster.jobs.given import IMAGE, a_container, a_job, a_pod, guard_one

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param(Wrapped({}, (), ("python", "train.py")), id="bare"),
        pytest.param(Wrapped({"--expect-gpus": "2", "--on-fallback": "stop"}, (), ("x",)), id="options"),
        pytest.param(Wrapped({"--gpu-deadline": "0"}, ("--framework", "torch", "--min-cuda=12"), ("x",)), id="added"),
        pytest.param(Wrapped({}, (), ("sh", "-c", "a -- b", "--", "x")), id="command-with-two-dashes"),
    ],
)
def test_a_wrapped_command_is_read_back_as_it_was_written(wrapped: Wrapped) -> None:
    assert parse_wrapped(build_wrapped(wrapped)) == wrapped


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["python", "train.py"], id="plain"),
        pytest.param(["python3", "/aigpu/aigpu-preflight.pyz", "check"], id="another-verb"),
        pytest.param(["python3", "/aigpu/aigpu-preflight.pyz", "exec", "train.py"], id="no-end-of-options"),
        pytest.param(["aigpu-preflight", "exec", "--", "train.py"], id="by-hand"),
        pytest.param([], id="nothing"),
    ],
)
def test_another_command_is_not_taken_for_ours(command: list[str]) -> None:
    assert parse_wrapped(command) is None


def test_a_command_that_was_wrapped_by_hand_counts_as_wrapped() -> None:
    assert is_wrapped({"command": ["aigpu-preflight", "exec", "--"], "args": ["train.py"]})
    assert is_wrapped({"args": ["/opt/aigpu-preflight.pyz", "exec", "--", "x"]})
    assert not is_wrapped({"command": ["aigpu-preflight", "check"]})


def test_what_somebody_added_to_the_init_container_stays() -> None:
    before = ["aigpu-preflight", "check", "--install", "/aigpu", "--expect-gpus", "1", "--min-driver", "570"]

    assert build_check(2, before)[-4:] == ["--expect-gpus", "2", "--min-driver", "570"]
    assert build_check(None, before)[-2:] == ["--min-driver", "570"]


@pytest.mark.parametrize("container", ["initContainers", "containers"])
def test_the_preflight_understands_the_commands_that_are_written(container: str, tmp_path: Path) -> None:
    options = Wanted(image=IMAGE, gpus=1, gpu_deadline="45m", on_fallback="stop")
    job = guard_one(a_job(a_pod(a_container(command=[sys.executable, "-c", ""]))), options)
    (guarded,) = job["spec"]["template"]["spec"][container]
    words = guarded["command"][1:] if container == "initContainers" else guarded["command"][2:]
    done = subprocess.run(
        [sys.executable, "-m", "node_agent.preflight", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode in (0, 70, 75, 78), done.stderr
    assert done.returncode != EXIT_USAGE
    assert "usage:" not in done.stderr
