"""A plan is applied by the real `az`; Ctrl-C in the middle leaves a true account of what goes on."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.specs.given import a_document, as_text, cluster
from tests.e2e.az import Az

pytestmark = pytest.mark.az


def plan(az: Az, *documents: object) -> tuple[str, str]:
    """Plan documents; return the options of `apply`."""
    spec, file = az.directory / "pools.yaml", az.directory / "plan.json"
    Path(spec).write_text(as_text(*documents), encoding="utf-8")
    made = az.read("aigpu", "nodepool", "plan", "-f", str(spec), "--plan-file", str(file))
    return str(file), made["digest"]


def test_ctrl_c_starts_nothing_more_and_says_what_goes_on(azure: LocalAzure, az: Az) -> None:
    file, digest = plan(az, a_document("a"), a_document("b"), a_document("c", cluster=cluster("aks-west")))
    azure.world.operation_seconds = 300

    with az.start("aigpu", "nodepool", "apply", "--plan-file", file, "--digest", digest, "-o", "json") as process:
        try:
            ends = time.monotonic() + 60
            while len({request.path for request in azure.recorded(route="operation")}) < 2:
                assert time.monotonic() < ends
                time.sleep(0.05)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=30)
        finally:
            process.kill()

    assert process.returncode == 1
    assert "Traceback" not in stderr
    assert {row["name"]: row["outcome"] for row in json.loads(stdout)} == {
        "a": "running",
        "b": "not-started",
        "c": "running",
    }
    assert "Nothing was cancelled, and nothing more is started." in stderr
    assert "Azure goes on to create node pool 'a', nothing was cancelled." in stderr
    assert "az aigpu nodepool wait -g rg-train --cluster-name aks-west -n c --subscription" in stderr
    assert sorted(request.path.rpartition("/")[2] for request in azure.recorded(method="PUT")) == ["a", "c"]
