"""`az aigpu job` as a user runs it: in a pipe, with nobody signed in, byte for byte."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e.az import PROGRAM, Az

pytestmark = pytest.mark.az

GOLDEN = Path(__file__).parents[1] / "golden" / "jobs"
IMAGE = ("--image", "registry.example.com/aigpu-agent:0.1.0")


def pipe(az: Az, content: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run `az` with `content` on its standard input."""
    return subprocess.run(
        [PROGRAM, *arguments],
        env=dict(az.environment),
        cwd=az.directory,
        input=content,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"], ids=["unix", "windows"])
def test_a_manifest_is_guarded_in_a_pipe_and_then_checked(az: Az, newline: bytes) -> None:
    before, after = ((GOLDEN / f"job.{part}.yaml").read_bytes().replace(b"\n", newline) for part in ("before", "after"))

    guarded = pipe(az, before, "aigpu", "job", "inject", "-f", "-", *IMAGE)
    assert guarded.returncode == 0, guarded.stderr
    assert guarded.stdout == after

    checked = pipe(az, guarded.stdout, "aigpu", "job", "check", "-f", "-", "--query", "verdict", "-o", "tsv")
    assert (checked.returncode, checked.stdout.strip()) == (0, b"PASS")
    assert az.hosts() == set()


def test_a_finding_ends_with_4_after_the_result_is_printed(az: Az) -> None:
    job = (GOLDEN / "job.before.yaml").read_bytes().replace(b"nvidia.com/gpu: 1", b"cpu: 1")
    founding = job.replace(
        b"      restartPolicy: Never\n", b"      restartPolicy: Never\n      nodeSelector: {hardware: gpu}\n"
    )
    done = pipe(az, founding, "aigpu", "job", "check", "-f", "-", "--query", "verdict", "-o", "tsv")

    assert (done.returncode, done.stdout.strip()) == (4, b"FAIL")
    assert b"Traceback" not in done.stderr
