"""Creates a machine in the tests of this folder, and has it come out otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.fault_effects import Effect, Fault
from testbeds.local_azure.faults import Injected
from testbeds.local_azure.providers import deployments
from testbeds.local_azure.world import Machine, Subscription
from tests.azext.core.harness import Result, run
from tests.azext.handlers.commands import T4

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfalseKeyOfATestThatNobodyHas somebody"
VM = ("aigpu", "vm", "create", "-g", "rg-train", "-n", "gpu1", "--ssh-key-values", KEY)


def create(azure: LocalAzure, *arguments: str, size: str = T4) -> Result:
    """Run `az aigpu vm create` for machine gpu1."""
    return run(azure, *VM, "--size", size, *arguments)


def deployed(azure: LocalAzure) -> list[str]:
    """Return the requests about deployments by route, in order."""
    return [request.route for request in azure.recorded() if request.route.startswith("deployment")]


def strike(azure: LocalAzure, route: str, effect: Effect, times: int | None = None) -> None:
    """Have `effect` happen on a route."""
    azure.faults.injected.append(Injected(Fault(route, (route,), effect, route), effect, times))


def make_before_failing(monkeypatch: pytest.MonkeyPatch, change: Callable[[Machine], None]) -> None:
    """Have a deployment make the machine whether or not it fails then; `change` is what came out otherwise."""
    finisher, make = deployments._finisher, deployments._make

    def make_otherwise(subscription: Subscription, group: str, made: Any) -> None:
        make(subscription, group, made)
        change(subscription.machines[-1])

    def finish_by_halves(subscription: Any, group: str, deployment: Any, made: Any) -> Callable[[], None]:
        end = finisher(subscription, group, deployment, made)

        def finish() -> None:
            end()
            if deployment.error is not None:
                make_otherwise(subscription, group, made)

        return finish

    monkeypatch.setattr(deployments, "_make", make_otherwise)
    monkeypatch.setattr(deployments, "_finisher", finish_by_halves)


def extension(**properties: Any) -> Callable[[Machine], None]:
    """A change of the driver extension's properties."""
    return lambda machine: machine.extensions["NvidiaGpuDriverLinux"]["properties"].update(properties)


def says_how_to_go_on(below: str) -> bool:
    """Whether what there may be, its cost, how to look and how to delete it are said."""
    wanted = ("$0.53/h", "az vm show -g rg-train -n gpu1", "az vm delete -g rg-train -n gpu1 --yes")
    return all(part in below for part in wanted)
