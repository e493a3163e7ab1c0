"""Ctrl-C while something goes on: it cancels nothing, and says how to follow."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from testbeds.local_azure import LocalAzure
from tests.e2e.az import CLUSTER, T4, Az

pytestmark = pytest.mark.az

POOL = (*CLUSTER, "-n", "gpu")
ADD = ("add", *POOL, "--node-vm-size", T4, "--node-count", "1")


def interrupt(az: Az, arguments: tuple[str, ...], ready: Callable[[], bool]) -> tuple[int, str]:
    """Run the command, send SIGINT when `ready`, and return the exit code and what stood on stderr."""
    with az.start("aigpu", "nodepool", *arguments) as process:
        try:
            _wait_until(ready)
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=30)
        finally:
            process.kill()
    assert stdout == ""
    assert "Traceback" not in stderr
    return process.returncode, stderr.partition("ERROR: ")[2]


def _wait_until(ready: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < ends
        time.sleep(0.05)
    time.sleep(0.3)


@pytest.fixture
def azure(azure: LocalAzure) -> LocalAzure:
    """An Azure whose operations do not end while the test runs."""
    azure.world.operation_seconds = 300
    return azure


def test_a_create_goes_on(azure: LocalAzure, az: Az) -> None:
    code, told = interrupt(az, ADD, lambda: bool(azure.recorded(route="operation")))

    assert code == 1
    assert azure.world.pool("gpu").state == "Creating"
    assert azure.recorded(method="DELETE") == []
    assert told.splitlines() == [
        "Stopped watching; Azure goes on to create node pool 'gpu', nothing was cancelled.",
        "Follow it: az aigpu nodepool wait -g rg-train --cluster-name aks-train -n gpu --created",
        "Look at it: az aigpu nodepool show -g rg-train --cluster-name aks-train -n gpu",
        "Undo it: az aigpu nodepool delete -g rg-train --cluster-name aks-train -n gpu",
    ]


def test_before_azure_has_answered_nothing_is_promised(azure: LocalAzure, az: Az) -> None:
    azure.faults.inject("slow-pool-put", seconds=60)
    code, told = interrupt(az, ADD, lambda: bool(azure.recorded(method="PUT")))

    assert code == 1
    assert told.startswith("Stopped; whether Azure took the request to create node pool 'gpu' is not known.")
    assert "az aigpu nodepool show" in told


def test_an_update_is_not_answered_with_a_way_to_delete(azure: LocalAzure, az: Az) -> None:
    azure.world.add_pool("gpu", vmSize=T4, nodeLabels={"hardware": "gpu"})
    update = ("update", *POOL, "--drain-timeout", "120")
    code, told = interrupt(az, update, lambda: bool(azure.recorded(route="operation")))

    assert code == 1
    assert "Azure goes on to update node pool 'gpu'" in told
    assert "--updated" in told
    assert "delete" not in told


def test_a_delete_goes_on(azure: LocalAzure, az: Az) -> None:
    azure.world.add_pool("gpu", vmSize=T4)
    code, told = interrupt(az, ("delete", *POOL, "--yes"), lambda: bool(azure.recorded(route="operation")))

    assert code == 1
    assert azure.world.pool("gpu").state == "Deleting"
    assert "Azure goes on to delete node pool 'gpu'" in told
    assert "--deleted" in told


def test_a_wait_ends_and_says_how_far_it_is(azure: LocalAzure, az: Az) -> None:
    azure.world.add_pool("gpu", vmSize=T4, state="Creating")
    code, told = interrupt(az, ("wait", *POOL, "--created"), lambda: bool(azure.recorded(route="pool")))

    assert code == 1
    assert told.startswith("Node pool 'gpu' is 'Creating' when the wait was stopped; nothing was cancelled.")
