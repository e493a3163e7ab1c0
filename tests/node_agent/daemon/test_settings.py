"""Options and variables of `aigpu-agent run`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from node_agent.daemon.command import RUN
from node_agent.daemon.settings import Settings, parse_settings
from node_agent.preflight.command import UsageError

ROOT = Path(__file__).parents[3]


def settings(*arguments: str, **environ: str) -> Settings:
    parser = argparse.ArgumentParser()
    RUN.add_options(parser)
    return parse_settings(parser.parse_args(["--node-name", "gpu-0", *arguments]), environ)


def test_the_defaults() -> None:
    made = settings()
    assert (made.mode, made.interval_s, made.namespace) == ("condition", 60, "aigpu-system")
    assert made.metrics == ("0.0.0.0", 9437)  # noqa: S104 (Prometheus comes from another node)
    assert (made.heartbeat_s, made.lease_s) == (300, 480)
    assert not made.watch_pods
    assert not made.watch_xids


@pytest.mark.parametrize(
    ("environ", "field", "value"),
    [
        ({"AIGPU_MODE": "taint"}, "mode", "taint"),
        ({"AIGPU_INTERVAL": "10s"}, "interval_s", 10),
        ({"AIGPU_INTERVAL": "10s"}, "heartbeat_s", 50),
        ({"AIGPU_HEARTBEAT": "1m"}, "heartbeat_s", 60),
        ({"AIGPU_WATCH_PODS": "true"}, "watch_pods", True),
        ({"AIGPU_WATCH_XIDS": "1"}, "watch_xids", True),
        ({"AIGPU_WATCH_PODS": "false"}, "watch_pods", False),
        ({"AIGPU_METRICS_ADDRESS": "none"}, "metrics", None),
        ({"AIGPU_METRICS_ADDRESS": "[::1]:80"}, "metrics", ("::1", 80)),
        ({"AIGPU_GPU_DEADLINE": "0"}, "gpu_deadline_s", 0),
        ({"HOSTNAME": "agent-x"}, "holder", "agent-x"),
    ],
)
def test_each_option_is_a_variable_too(environ: dict[str, str], field: str, value: object) -> None:
    assert getattr(settings(**environ), field) == value


@pytest.mark.parametrize(
    ("arguments", "environ", "says"),
    [
        (["--mode", "drain"], {}, "not one of observe, condition, taint"),
        (["--mode", "taint"], {"AIGPU_MODE": "observe"}, "leave one of them out"),
        (["--interval", "60"], {}, "is not a duration"),
        (["--interval", "0"], {}, "at least 1 s"),
        (["--metrics-address", "9437"], {}, "HOST:PORT"),
        (["--metrics-address", "0.0.0.0:99999"], {}, "HOST:PORT"),
        (["--node-name", ""], {}, "--node-name is missing"),
        ([], {"AIGPU_WATCH_PODS": "maybe"}, "neither true nor false"),
    ],
    ids=str,
)
def test_what_cannot_be_understood_is_refused_in_a_sentence(
    arguments: list[str], environ: Mapping[str, str], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        settings(*arguments, **environ)


def run(*arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_without_the_extra_it_says_what_to_install() -> None:
    without = "import sys; sys.modules['lightkube'] = None; sys.argv[1:] = ['run', '--node-name', 'n']; "
    done = run("-c", without + "from node_agent.program import main; main()")
    assert done.returncode == 70
    assert "pip install 'aigpu[agent]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--kubeconfig", "/nowhere/config"], 70, "no API server by /nowhere/config"),
        ([], 70, "no API server by the service account of this pod"),
        (["--xid-classes", "/nowhere/classes"], 64, "--xid-classes /nowhere/classes: No such file"),
        (["--mode", "drain"], 64, "not one of observe"),
    ],
    ids=["kubeconfig", "no pod", "classes", "mode"],
)
def test_what_a_user_can_cause_ends_without_a_traceback(arguments: list[str], code: int, says: str) -> None:
    done = run("-m", "node_agent", "run", "--node-name", "n", *arguments)
    assert (done.returncode, says in done.stderr, "Traceback" in done.stderr) == (code, True, False), done.stderr
