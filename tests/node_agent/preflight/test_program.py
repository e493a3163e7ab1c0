"""The two programs as processes of their own, on pretended nodes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from node_agent.preflight.program import COMMANDS
from testbeds.nvidia_stub import StubNode, faults, nodes
from testbeds.nvidia_stub.node import Node

ROOT = Path(__file__).parents[3]
PREFLIGHT, AGENT = "node_agent.preflight", "node_agent"
LABELS = {
    "aigpu.io/sku": "Standard_NC24ads_A100_v4",
    "aigpu.io/gpu-model": "a100-80gb",
    "aigpu.io/gpu-count": "1",
    "node.kubernetes.io/instance-type": "Standard_NC24ads_A100_v4",
}


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.out)
        return data


Run = Callable[..., Ended]


@pytest.fixture
def run(stub: Callable[[Node], StubNode], tmp_path: Path) -> Run:
    """Run a program on a node; no termination log of the test's own machine is touched."""

    def call(
        node: Node, *arguments: str, program: str = PREFLIGHT, text: str = "", environ: dict[str, str] | None = None
    ) -> Ended:
        made = stub(node)
        before = arguments.index("--") if "--" in arguments else len(arguments)
        own = ["--root", str(made.root)] if arguments[:1] and arguments[0] in ("check", "exec", "facts") else []
        command = [sys.executable, "-m", program, *arguments[:before], *own, *arguments[before:]]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={"AIGPU_TERMINATION_LOG": str(tmp_path / "log"), **made.environment(), **(environ or {})},
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return call


def ids(ended: Ended, status: str) -> list[str]:
    return [finding["id"] for finding in ended.json["findings"] if finding["status"] == status]


@pytest.mark.parametrize(("closed", "code"), [("0<&-", 0), ("2>&-", 0), ("1>&-", 70), ("0<&- 1>&- 2>&-", 70)], ids=str)
def test_a_closed_stream_changes_no_verdict_but_one_that_nobody_can_read_is_no_pass(
    stub: Callable[[Node], StubNode], closed: str, code: int
) -> None:
    made = stub(nodes.A100_80GB)
    command = f'exec {closed}; exec "{sys.executable}" -m {PREFLIGHT} check --root "{made.root}"'
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, env=made.environment(), timeout=60, check=False)
    assert done.returncode == code


@pytest.mark.parametrize("node", [nodes.T4, nodes.H100_X8, nodes.A100_80GB_MIG], ids=["T4", "H100_X8", "MIG"])
def test_a_proven_container_ends_with_0_and_names_what_was_proven(node: Node, run: Run) -> None:
    ended = run(node, "check")
    assert ended.code == 0, ended.out
    assert ended.out.startswith("aigpu-preflight ")
    assert "proven" in ended.out
    assert str(node.gpus[0].name).split()[-1] in ended.out
    assert ended.err == ""


BROKEN: list[tuple[str, Node, tuple[str, ...], int, str]] = [
    ("a CPU machine", nodes.CPU, (), 78, "NoPCIDevice"),
    ("not injected", nodes.not_injected(nodes.T4), (), 78, "NoGPUInContainer"),
    ("no driver", nodes.without_driver(nodes.T4), (), 75, "DriverNotLoaded"),
    ("a lost GPU", replace(nodes.H100_X8, faults=faults.gpu_lost(3)), (), 75, "GPULost"),
    ("another model", nodes.T4, ("--expect-model", "h100"), 78, "DeviceModelMismatch"),
    ("no such model", nodes.T4, ("--expect-model", "a101"), 70, "IntentUnreadable"),
    ("too many expected", nodes.T4, ("--expect-gpus", "2"), 75, "PCICountMismatch"),
    ("fabric manager down", nodes.without_fabric_manager(nodes.H100_X8), (), 70, "FabricNotReady"),
    ("held by another", replace(nodes.T4, faults=(faults.answer("cuDevicePrimaryCtxRetain", 2),)), (), 70, "GPUBusy"),
    ("an unheard-of code", replace(nodes.T4, faults=(faults.answer("cuInit", 4242),)), (), 70, "CUDAFailed"),
    ("no GPU expected", nodes.T4, ("--expect-gpus", "0"), 70, "IntentContradictory"),
    ("an unreadable number", nodes.T4, ("--expect-gpus", "two"), 70, "IntentUnreadable"),
    ("no volume to install on", nodes.T4, ("--install", "/nowhere/volume"), 70, "PreflightNotInstalled"),
]


@pytest.mark.parametrize(
    ("node", "options", "code", "reason"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_container_ends_with_the_code_of_whom_it_blames(
    node: Node, options: tuple[str, ...], code: int, reason: str, run: Run
) -> None:
    ended = run(node, "check", "-o", "json", *options)
    assert ended.code == ended.json["exitCode"] == code
    worst = [finding for finding in ended.json["findings"] if finding["status"] == ended.json["status"]]
    assert reason in {finding["reason"] for finding in worst}


def test_the_first_cause_is_told_whole_and_the_rest_in_a_line(run: Run) -> None:
    lines = run(nodes.CPU, "check").out.splitlines()
    assert "FAIL" in lines[0]
    assert lines[1].split()[:2] == ["FAIL", "pci-devices:"]
    assert [line.split()[0] for line in lines[2:5]] == ["seen", "wanted", "next"]
    assert sum(line.startswith("  FAIL") for line in lines) == 1
    assert any("not looked at, because of the above" in line for line in lines)


def test_a_state_that_no_check_knows_comes_with_the_facts(run: Run) -> None:
    ended = run(replace(nodes.T4, faults=(faults.answer("cuInit", 4242),)), "check")
    assert '"initError":4242' in ended.out


@pytest.mark.parametrize(("node", "status"), [(nodes.T4, "PASS"), (nodes.CPU, "FAIL")], ids=["proven", "a CPU machine"])
def test_the_termination_message_is_one_line_of_json(node: Node, status: str, run: Run, tmp_path: Path) -> None:
    ended = run(node, "check")
    text = (tmp_path / "log").read_text("ascii")
    assert "\n" not in text
    assert len(text) < 4096
    said = json.loads(text)
    assert (said["status"], said["exitCode"]) == (status, ended.code)


def test_a_termination_message_that_cannot_be_written_changes_no_verdict(run: Run, tmp_path: Path) -> None:
    ended = run(nodes.T4, "check", "--termination-log", str(tmp_path / "gone" / "log"))
    assert ended.code == 0
    assert "could not be written" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["chekc"],
        ["check", "--expect-gpu", "2"],
        ["check", "--output", "yaml"],
        ["check", "stray"],
        ["check", "--", "python3"],
        ["exec"],
        ["exec", "--"],
        ["exec", "python3", "train.py"],
        ["exec", "--gpu-deadline", "soon", "--", "true"],
        ["exec", "--gpu-deadline", "30", "--", "true"],
        ["exec", "--on-fallback", "panic", "--", "true"],
        ["explain", "NoSuchReason"],
    ],
    ids=" ".join,
)
def test_a_command_line_that_cannot_be_understood_is_64_and_runs_nothing(arguments: list[str], run: Run) -> None:
    ended = run(nodes.T4, *arguments)
    assert (ended.code, ended.out) == (64, "")
    assert ended.err.startswith("aigpu-preflight: ")
    assert "--help" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=str)
def test_help_is_on_stdout(command: list[str], run: Run) -> None:
    ended = run(nodes.CPU, *command, "--help")
    assert ended.code == 0
    assert ended.out.startswith("usage: aigpu-preflight")


def test_a_labels_file_that_is_not_there_is_named_with_the_form_that_is_wanted(run: Run) -> None:
    ended = run(nodes.A100_80GB, "check", "--labels", "nope.json", "-o", "json", program=AGENT)
    (intent,) = (finding for finding in ended.json["findings"] if finding["id"] == "intent")
    assert ended.code == 70
    assert "nope.json" in intent["seen"]
    assert intent["nextStep"].startswith("give --labels a file of labels: one JSON object")


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        (json.dumps(LABELS), 0, "PASS"),
        ("".join(f'{key}="{value}"\n' for key, value in LABELS.items()), 0, "PASS"),
        (json.dumps({**LABELS, "node.kubernetes.io/instance-type": "Standard_D16s_v5"}), 75, "FAIL"),
        (json.dumps({**LABELS, "aigpu.io/gpu-count": "2"}), 70, "UNKNOWN"),
        (json.dumps({"kubernetes.io/os": "linux"}), 70, "UNKNOWN"),
        ("nonsense", 70, "UNKNOWN"),
        ("", 70, "UNKNOWN"),
    ],
    ids=["JSON", "downward API", "a CPU size", "contradictory", "no intent", "unreadable", "empty"],
)
def test_the_agent_holds_a_node_to_the_labels_of_its_pool(text: str, code: int, status: str, run: Run) -> None:
    ended = run(nodes.A100_80GB, "check", "--labels", "-", "-o", "json", program=AGENT, text=text)
    assert (ended.code, ended.json["status"]) == (code, status), ended.out
    assert ended.json["program"] == "aigpu-agent"


def test_the_agent_holds_a_machine_to_a_size_and_what_the_catalogue_says_of_it(run: Run) -> None:
    size = "Standard_NC48ads_A100_v4"
    ended = run(nodes.A100_80GB, "check", "--metadata", "none", "--expect-vm-size", size, "-o", "json", program=AGENT)
    assert ended.code == 75
    assert ended.json["expected"]["gpus"] == 2
    assert "pci-devices" in ids(ended, "FAIL")


def test_facts_are_json_without_a_judgement_and_without_secrets(run: Run) -> None:
    ended = run(nodes.CPU, "facts", environ={"AWS_SECRET_ACCESS_KEY": "hunter2"})
    assert ended.code == 0
    assert ended.json["facts"]["pci"] == []
    assert ended.json["facts"]["nvml"]["initError"] == 12
    assert "hunter2" not in ended.out
    assert "findings" not in ended.json


def test_facts_of_a_command_name_its_python(run: Run) -> None:
    ended = run(nodes.T4, "facts", "--", sys.executable, "train.py")
    assert ended.json["facts"]["interpreter"]["version"].startswith("3.")


def test_explain_says_what_a_reason_means_whatever_its_capitals(run: Run) -> None:
    ended = run(nodes.CPU, "explain", "nogpuincontainer")
    assert ended.code == 0
    assert ended.out.startswith("NoGPUInContainer\n  meaning")
    assert "next" in ended.out


def test_what_breaks_inside_is_unknown_and_no_traceback(run: Run) -> None:
    ended = run(nodes.T4, "check", environ={"PYTHONIOENCODING": "no-such-codec"})
    assert ended.code != 0
    broken = run(nodes.T4, "facts", "--termination-log", "x")
    assert broken.code == 64


def test_a_reader_that_is_gone_is_no_pass(stub: Callable[[Node], StubNode]) -> None:
    node = stub(nodes.T4)
    command = [sys.executable, "-m", PREFLIGHT, "check", "--root", str(node.root), "--termination-log", "none"]
    with subprocess.Popen(
        command, cwd=ROOT, env=node.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(60) == 70


def test_sigterm_ends_it_while_it_looks_even_as_the_first_process_of_a_container(
    stub: Callable[[Node], StubNode],
) -> None:
    unshare = shutil.which("unshare")
    if unshare is None or os.geteuid() != 0:
        pytest.skip("needs unshare (util-linux) and root, to be process 1 of a PID namespace")
    node = stub(replace(nodes.T4, faults=(faults.hang("nvmlInitWithFlags"),)))
    program = [sys.executable, "-m", PREFLIGHT, "check", "--root", str(node.root), "--termination-log", "none"]
    command = [unshare, "--pid", "--fork", "--kill-child", "--mount-proc", *program]
    with subprocess.Popen(command, cwd=ROOT, env=node.environment(), start_new_session=True) as process:
        wait_for(lambda: any(call.name == "nvmlInitWithFlags" for call in node.calls()))
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
        os.kill(int(children[0]), signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("output", ["/dev/full", "closed"])
def test_a_verdict_that_could_not_be_written_is_no_pass_in_a_buffered_python_either(
    output: str, stub: Callable[[Node], StubNode]
) -> None:
    node = stub(nodes.T4)
    environ = {name: value for name, value in node.environment().items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-m", PREFLIGHT, "check", "--root", str(node.root), "--termination-log", "none"]
    if output == "closed":
        reading, writing = os.pipe()
        os.close(reading)
    else:
        writing = os.open(output, os.O_WRONLY)
    done = subprocess.run(command, cwd=ROOT, env=environ, stdout=writing, stderr=subprocess.DEVNULL, check=False)
    os.close(writing)
    assert done.returncode == 70
