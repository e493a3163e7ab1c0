"""Runs kubectl inside a private cluster, where AKS does it: no line of sight to the API server is needed."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.shape import as_object

PERMISSION = "Microsoft.ContainerService/managedClusters/runcommand/action"

ENTRA_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""The application id of AKS's API servers in Microsoft Entra ID, the same in every tenant."""

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class CommandResult:
    """How a command ended, and what it wrote: standard output and standard error in one text."""

    exit_code: int
    logs: str


def build_request(command: str, files: Mapping[str, str], token: str | None) -> dict[str, str]:
    """Return the body: `files` lie beside the command as it runs; `token` signs in where the cluster uses Entra ID."""
    body = {"command": command, "context": _zip(files) if files else ""}
    return {**body, "clusterToken": token} if token else body


def parse_result(data: Any) -> CommandResult:
    """Return the result. Raises ValueError where the command did not run to its end."""
    result = as_object(data, "the result")
    properties = as_object(result.get("properties"), "properties")
    state, code = properties.get("provisioningState"), properties.get("exitCode")
    if state != "Succeeded" or not isinstance(code, int) or isinstance(code, bool):
        reason = properties.get("reason") or "no reason was given"
        raise ValueError(f"the command did not run to its end ({state or 'no state'}): {reason}")
    logs = properties.get("logs")
    return CommandResult(code, logs if isinstance(logs, str) else "")


def uses_entra(cluster: Any) -> bool:
    """Return whether the API server of a managed cluster signs people in by Microsoft Entra ID."""
    properties = as_object(as_object(cluster, "the cluster").get("properties"), "properties")
    profile = properties.get("aadProfile")
    return isinstance(profile, dict) and bool(profile.get("managed"))


def run_command(
    arm: Arm, group: str, cluster: str, command: str, files: Mapping[str, str], token: str | None, seconds: float
) -> CommandResult:
    """Run `command` and wait for it. Raises CallFailed, TimeoutError, and ValueError for an answer without a result."""
    return parse_result(arm.run_command(group, cluster, build_request(command, files, token), seconds))


def _zip(files: Mapping[str, str]) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), text, zipfile.ZIP_DEFLATED)
    return base64.b64encode(packed.getvalue()).decode()
