"""A document on standard output, where nobody takes it: in a process of its own, as a shell starts one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LARGE = "x" * 1_000_000
"""More than a pipe holds."""
PRINT = f"""
from azext_aigpu.text_files import print_text
from azext_aigpu.usage import UsageError
try:
    print_text("x" * {len(LARGE)})
except UsageError as error:
    raise SystemExit(str(error))
"""


def run(redirection: str) -> subprocess.CompletedProcess[str]:
    """Run it in a shell whose standard output is redirected so; `stdout` is what came of both streams."""
    command = f'set -o pipefail; "$0" -c "$1" {redirection}'
    given = ["/bin/bash", "-c", command, sys.executable, PRINT]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(given, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_it_comes_whole() -> None:
    done = run("")

    assert (done.returncode, done.stdout, done.stderr) == (0, LARGE, "")


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    done = run("| head -c 10")

    assert (done.returncode, done.stdout, done.stderr) == (0, "x" * 10, "")


@pytest.mark.parametrize(
    ("redirection", "told"),
    [
        pytest.param(">&-", "Standard output is closed.", id="closed"),
        pytest.param(
            "> /dev/full",
            "Standard output cannot be written: No space left on device.",
            id="full",
            marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has"),
        ),
    ],
)
def test_an_output_that_takes_nothing_is_told(redirection: str, told: str) -> None:
    done = run(redirection)

    assert done.returncode == 1
    assert done.stderr.startswith(told)
    assert "Traceback" not in done.stderr
