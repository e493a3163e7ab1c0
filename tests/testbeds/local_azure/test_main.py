from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from testbeds.local_azure.__main__ import build_parser, main

ROOT = Path(__file__).resolve().parents[3]


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "testbeds.local_azure", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_it_prints_what_to_paste_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    process = start("--directory", str(tmp_path / "state"))
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while not lines[-1].startswith("# Ctrl-C"):
            assert lines[-1], process.stderr.read() if process.stderr else ""
            lines.append(process.stdout.readline())
        process.send_signal(number)
        rest, errors = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, rest, errors) == (0, "local azure: stopped\n", "")
    pasted = "".join(lines)
    assert f"export AZURE_CONFIG_DIR={tmp_path / 'state' / 'azure'}\n" in pasted
    assert "export IDENTITY_ENDPOINT=https://localhost:" in pasted
    assert "az login" not in pasted
    assert (tmp_path / "state" / "azure" / "azureProfile.json").exists()


def test_faults_are_taken_from_the_command_line() -> None:
    options = build_parser().parse_args(["--fault", "forbidden-skus", "--fault", "allocation-failed,times=1"])
    assert [injected.fault.name for injected in options.faults.injected] == ["forbidden-skus", "allocation-failed"]


def test_a_fault_that_there_is_not_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--fault", "nope"])
    assert ended.value.code == 2
    assert "--fault: there is no fault 'nope'" in capsys.readouterr().err


def test_the_faults_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-faults"]) == 0
    assert "allocation-failed " in capsys.readouterr().out


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = start("--port", port, "--directory", str(tmp_path / "state"))
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors.count("\n") == 1
    assert f"cannot listen on port {port}" in errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.az
def test_what_is_to_be_pasted_makes_a_pool_for_whoever_has_no_az_of_his_own(tmp_path: Path) -> None:
    process = start("--directory", str(tmp_path / "state"), "--operation-seconds", "0.2")
    try:
        assert process.stdout is not None
        lines = list(iter(process.stdout.readline, "# Ctrl-C here ends it.\n"))
        done = subprocess.run(
            ["/bin/bash", "-e", "-c", "".join(lines)],
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        process.kill()
        process.communicate()

    assert done.returncode == 0, done.stderr
    assert "Standard_NC4as_T4_v3" in done.stdout
