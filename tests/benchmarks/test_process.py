"""What the benchmarks say of a process, on processes of which it is known."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks.process import Used, compiled, median, run_measured

BURN = "import time\nuntil = time.process_time() + 0.2\nwhile time.process_time() < until: pass\n"
CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {!r}])"


def measure(folder: Path, program: str) -> Used:
    return run_measured([sys.executable, "-I", "-S", "-c", program], os.environ, folder)[0]


@pytest.mark.parametrize("program", [BURN, CHILD.format(BURN)], ids=["itself", "a child"])
def test_processor_time_is_that_of_the_process_and_its_children(tmp_path: Path, program: str) -> None:
    used = measure(tmp_path, program)

    assert used.cpu_s >= 0.2
    assert used.seconds >= 0.2


def test_waiting_takes_no_processor_time(tmp_path: Path) -> None:
    used = measure(tmp_path, "import time; time.sleep(0.5)")

    assert used.seconds >= 0.5
    assert used.cpu_s < 0.5


@pytest.mark.parametrize(
    "program", ["x = b'x' * (64 << 20)", CHILD.format("x = b'x' * (64 << 20)")], ids=["own", "child"]
)
def test_memory_is_that_of_the_largest_process_and_not_of_ours(tmp_path: Path, program: str) -> None:
    ours = b"x" * (300 << 20)

    peak = measure(tmp_path, program).peak_mib

    assert 64 <= peak < len(ours) >> 20


def test_what_it_prints_is_returned(tmp_path: Path) -> None:
    assert run_measured(["echo", "x"], os.environ, tmp_path)[1] == b"x\n"


def test_another_exit_code_is_no_measurement(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo gone >&2; exit 4"]

    run_measured(command, os.environ, tmp_path, exit_codes=(0, 4))
    with pytest.raises(RuntimeError, match="ended with 4: gone"):
        run_measured(command, os.environ, tmp_path)


def test_what_is_compiled_once_is_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("", encoding="utf-8")
    environment = compiled({**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tmp_path)}, tmp_path)

    run_measured([sys.executable, "-c", "import module"], environment, tmp_path)

    (kept,) = tmp_path.rglob("module.*.pyc")
    assert tmp_path / "pycache" in kept.parents


def test_each_figure_has_a_median_of_its_own() -> None:
    assert median([Used(1, 9, 5), Used(2, 8, 5), Used(3, 1, 6)]) == Used(2, 8, 5)
