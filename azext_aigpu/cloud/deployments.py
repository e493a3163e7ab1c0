"""Deployments of a template into a resource group, and what of a virtual machine is read back after one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract.reading import Reading
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.error_table import Kind
from azext_aigpu.cloud.errors import CallFailed, NotFound
from azext_aigpu.cloud.outcomes import Waiting
from azext_aigpu.cloud.readings import take_reading
from azext_aigpu.cloud.shape import as_object, as_text

API_VERSION = "2024-03-01"
COMPUTE_VERSION = "2024-11-01"
GROUPS_VERSION = "2021-04-01"
GROUP_PERMISSION = "Microsoft.Resources/subscriptions/resourceGroups/read"
MACHINE_PERMISSION = "Microsoft.Compute/virtualMachines/read"
REPORT_SECONDS = 5.0
ACCEPTED = "accepted"


class LostSight(CallFailed):
    """Azure has taken a deployment, and how far it is cannot be asked for any more."""


@dataclass(frozen=True)
class DeploymentPlace:
    """Where a deployment goes: resource group and its own name there."""

    group: str
    name: str

    def path(self, arm: Arm) -> str:
        """Return the path of the deployment."""
        return f"{group_path(arm, self.group)}/providers/Microsoft.Resources/deployments/{self.name}"


@dataclass(frozen=True)
class MadeMachine:
    """A machine as Azure made it: its body, and the driver extension's properties (empty where there is none)."""

    body: Mapping[str, Any]
    extension: Mapping[str, Any]

    @property
    def driver_state(self) -> str:
        """Return the state of the driver extension, empty where there is none."""
        return str(self.extension.get("provisioningState") or "")

    @property
    def size(self) -> str:
        """Return the VM size, empty where the answer names none."""
        properties = self.body.get("properties") or {}
        return str((properties.get("hardwareProfile") or {}).get("vmSize") or "")

    @property
    def state(self) -> str:
        """Return the provisioning state."""
        return str((self.body.get("properties") or {}).get("provisioningState") or "")


def group_path(arm: Arm, group: str) -> str:
    """Return the path of a resource group."""
    return f"/subscriptions/{arm.subscription}/resourceGroups/{group}"


def read_group_location(arm: Arm, group: str) -> Reading[str]:
    """Return the region of a resource group. Raises NotFound where there is no such group."""
    return take_reading(
        lambda: as_text(
            as_object(arm.get_json(group_path(arm, group), GROUPS_VERSION), "it").get("location"), "location"
        ),
        f"resource group '{group}'",
        GROUP_PERMISSION,
        must_exist=True,
    )


def machine_exists(arm: Arm, group: str, name: str) -> Reading[bool]:
    """Return whether there is a machine of that name: a deployment would change it."""

    def look() -> bool:
        try:
            arm.get_json(_machine_path(arm, group, name), COMPUTE_VERSION)
        except NotFound:
            return False
        return True

    return take_reading(look, f"virtual machine '{name}'", MACHINE_PERMISSION)


def validate(arm: Arm, place: DeploymentPlace, template: Mapping[str, Any]) -> None:
    """Have Azure judge a deployment before it starts. Raises CallFailed."""
    operation = arm.begin("POST", f"{place.path(arm)}/validate", API_VERSION, _body(template))
    while not operation.wait(REPORT_SECONDS):
        pass


def deploy(arm: Arm, place: DeploymentPlace, template: Mapping[str, Any]) -> Iterator[Waiting]:
    """Deploy; yield first when Azure has taken the request, and then the progress until it has ended.

    Raises CallFailed; after the first yield LostSight, where it was not the deployment that failed but asking for it.
    """
    operation = arm.begin("PUT", place.path(arm), API_VERSION, _body(template))
    began = time.monotonic()
    yield Waiting(0.0, ACCEPTED)
    try:
        while not operation.wait(REPORT_SECONDS):
            yield Waiting(time.monotonic() - began, operation.state)
    except CallFailed as error:
        # 200: the poll went well and told of a failure. Anything else says that the poll failed, not the deployment.
        if error.problem.status == 200 and error.problem.kind is not Kind.UNREADABLE:
            raise
        raise LostSight(error.problem) from error


def read_machine(arm: Arm, group: str, name: str, extension: str) -> Reading[MadeMachine]:
    """Return the machine and the state of its driver extension."""

    def read() -> MadeMachine:
        path = _machine_path(arm, group, name)
        body = as_object(arm.get_json(path, COMPUTE_VERSION), "the machine")
        try:
            found = as_object(arm.get_json(f"{path}/extensions/{extension}", COMPUTE_VERSION), "the extension")
        except NotFound:
            return MadeMachine(body, {})
        properties = as_object(found.get("properties"), "properties of the extension")
        as_text(properties.get("provisioningState"), "provisioningState")
        return MadeMachine(body, properties)

    return take_reading(read, f"virtual machine '{name}'", MACHINE_PERMISSION)


def _machine_path(arm: Arm, group: str, name: str) -> str:
    return f"{group_path(arm, group)}/providers/Microsoft.Compute/virtualMachines/{name}"


def _body(template: Mapping[str, Any]) -> dict[str, Any]:
    return {"properties": {"mode": "Incremental", "template": dict(template)}}
