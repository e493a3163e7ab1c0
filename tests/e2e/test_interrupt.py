"""Ctrl-C while something goes on: it cancels nothing, and says how to follow."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.fault_effects import Delay, Fault
from testbeds.local_azure.faults import Injected
from tests.e2e.az import CLUSTER, T4, Az

pytestmark = pytest.mark.az

POOL = (*CLUSTER, "-n", "gpu")
ADD = ("add", *POOL, "--node-vm-size", T4, "--node-count", "1")


CREATE = (
    *("create", "-g", "rg-train", "-n", "gpu1", "--size", T4),
    *("--ssh-key-values", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfalse somebody"),
)


def interrupt(
    az: Az, arguments: tuple[str, ...], ready: Callable[[], bool], group: str = "nodepool"
) -> tuple[int, str]:
    """Run the command, send SIGINT when `ready`, and return the exit code and what stood on stderr."""
    with az.start("aigpu", group, *arguments) as process:
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
    wait = ("wait", *POOL, "--created", "--interval", "1")
    code, told = interrupt(az, wait, lambda: len(azure.recorded(route="pool")) > 1)

    assert code == 1
    assert told.startswith("Node pool 'gpu' is 'Creating' when the wait was stopped; nothing was cancelled.")


def test_a_machine_goes_on_and_its_cost_and_its_end_are_said(azure: LocalAzure, az: Az) -> None:
    code, told = interrupt(az, CREATE, lambda: bool(azure.recorded(route="deployment-status")), "vm")

    assert code == 1
    assert azure.recorded(method="DELETE") == []
    assert told.splitlines() == [
        "Stopped watching; Azure goes on to create virtual machine 'gpu1', nothing was cancelled.",
        "The machine 'gpu1' may be there; it would cost $0.53/h, and its disk, until it is deleted.",
        "Look: az vm show -g rg-train -n gpu1",
        "      az deployment group show -g rg-train -n aigpu-gpu1",
        "Stop it: az deployment group cancel -g rg-train -n aigpu-gpu1",
        "Delete it: az vm delete -g rg-train -n gpu1 --yes   (disk, network interface and public address go with it)",
        "Without a machine: az network nic delete -g rg-train -n gpu1-nic",
    ]


def test_before_azure_has_taken_a_machine_nothing_is_promised(azure: LocalAzure, az: Az) -> None:
    delay = Delay(60)
    azure.faults.injected.append(Injected(Fault("slow", ("deployment-put",), delay, "slow"), delay))
    code, told = interrupt(az, CREATE, lambda: bool(azure.recorded(route="deployment-put")), "vm")

    assert code == 1
    assert told.startswith("Stopped; whether Azure took the request to create virtual machine 'gpu1' is not known.")
    assert "az vm delete -g rg-train -n gpu1 --yes" in told


def test_a_machine_that_azure_only_judges_leaves_nothing(azure: LocalAzure, az: Az) -> None:
    delay = Delay(60)
    azure.faults.injected.append(Injected(Fault("slow", ("deployment-validate",), delay, "slow"), delay))
    code, told = interrupt(az, CREATE, lambda: bool(azure.recorded(route="deployment-validate")), "vm")

    assert code == 1
    assert told == "Stopped; Azure was only asked to judge it, and nothing of virtual machine 'gpu1' was made.\n"
