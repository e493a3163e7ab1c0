"""What somebody does on the first day: name the cloud, sign in, install the wheel, make a pool; and the demo."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from testbeds import demo
from testbeds.local_azure import LocalAzure
from testbeds.local_azure.environment import build_variables, write_version_check
from tests.e2e.az import CLUSTER, LOOPBACK, T4, Az

pytestmark = pytest.mark.az

README = Path(__file__).parents[2] / "README.md"


def test_from_signing_in_to_the_first_pool(azure: LocalAzure, wheel: Path, tmp_path: Path) -> None:
    write_version_check(tmp_path / "azure")
    variables = {**build_variables(azure, tmp_path), "PIP_NO_INDEX": "1"}
    az = Az.watched({**azure.environment(tmp_path / "unused"), **variables}, tmp_path)

    for command in (
        ("cloud", "register", "-n", "Here", "--endpoint-resource-manager", azure.url),
        ("cloud", "set", "-n", "Here"),
        ("login", "--identity"),
        ("extension", "add", "--source", str(wheel), "--yes"),
    ):
        done = az.run(*command)
        assert done.returncode == 0, done.stderr
    made = az.read("aigpu", "nodepool", "add", *CLUSTER, "-n", "gpu", "--node-vm-size", T4, "--node-count", "1")

    assert made["provisioningState"] == "Succeeded"
    assert az.hosts() <= LOOPBACK


def test_the_demo_plays_to_its_end(tmp_path: Path) -> None:
    said: list[str] = []

    assert demo.play(tmp_path, pause=0, write=said.append) == 0, "\n".join(said)
    assert said[-1] == demo.END
    assert without_the_day("\n".join(said)) in without_the_day(README.read_text(encoding="utf-8"))


def without_the_day(text: str) -> str:
    """Return `text` without what differs from run to run: the port, the day of the price, blanks at line ends."""
    text = re.sub(r"localhost:\d+", "localhost:PORT", text)
    text = re.sub(r"price feed, \d{4}-\d\d-\d\d", "price feed, TODAY", text)
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


def test_a_step_of_the_demo_that_goes_wrong_stops_it(azure: LocalAzure, tmp_path: Path) -> None:
    step = demo.Step("", "az version", exit_code=1)

    wrong = demo.run_step(1, step, azure.environment(tmp_path), lambda _: None)

    assert wrong == "exit code 0, 1 was to come"


def test_whom_az_talks_to_is_really_written_down(az: Az) -> None:
    az.read("aigpu", "nodepool", "list", *CLUSTER)
    assert az.hosts() & {"localhost", "127.0.0.1"}


def test_a_host_outside_would_be_written_down(tmp_path: Path) -> None:
    az = Az.watched({}, tmp_path)
    program = "import socket\ntry:\n    socket.getaddrinfo('outside.invalid', 443)\nexcept OSError:\n    pass"

    subprocess.run([sys.executable, "-c", program], env=dict(az.environment), check=True, timeout=60)

    assert az.hosts() - LOOPBACK == {"outside.invalid"}
