"""Holds a machine that Azure made to the machine that was asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from azext_aigpu.machine.spec import MachineSpec
from azext_aigpu.machine.template import EXTENSION, EXTENSION_PUBLISHER, build_disk, build_image, build_spot

SUCCEEDED = "Succeeded"
NONE = "none"
REGULAR = "Regular"

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """A property in words, what was seen and what was wanted."""

    what: str
    seen: str
    wanted: str


def list_differences(spec: MachineSpec, body: Data, extension: Data) -> tuple[Difference, ...]:
    """Return in what the machine and its driver extension are not what was asked for; what is not told is one too."""
    pairs = (*_machine_pairs(spec, body), *_extension_pairs(spec, extension))
    return tuple(
        Difference(what, _show(seen), _show(wanted)) for what, seen, wanted in pairs if not _same(seen, wanted)
    )


def _machine_pairs(spec: MachineSpec, body: Data) -> Iterator[tuple[str, Any, Any]]:
    yield "size", _at(body, "properties", "hardwareProfile", "vmSize"), spec.size
    yield "state", _at(body, "properties", "provisioningState"), SUCCEEDED
    yield "region", str(body.get("location") or "").replace(" ", ""), spec.location
    if spec.zone:
        yield "zones", body.get("zones"), [spec.zone]
    spot = build_spot(spec)
    yield "priority", _at(body, "properties", "priority") or REGULAR, spot.get("priority", REGULAR)
    for key in ("evictionPolicy", "billingProfile"):
        if key in spot:
            yield key, _at(body, "properties", key), spot[key]
    for key in ("publisher", "offer", "sku"):
        yield f"image {key}", _at(body, "properties", "storageProfile", "imageReference", key), build_image(spec)[key]
    disk = _at(body, "properties", "storageProfile", "osDisk", "diskSizeGB")
    yield "OS disk in GB", disk, build_disk(spec)["diskSizeGB"]
    linux = _at(body, "properties", "osProfile", "linuxConfiguration", "disablePasswordAuthentication")
    yield "password login disabled", linux, True
    for key, value in spec.all_tags.items():
        yield f"tag {key}", _at(body, "tags", key), value


def _extension_pairs(spec: MachineSpec, extension: Data) -> Iterator[tuple[str, Any, Any]]:
    yield f"extension {EXTENSION}", extension.get("provisioningState") or "not there", SUCCEEDED
    if not extension:
        return
    yield "type of the extension", extension.get("type"), EXTENSION
    yield "publisher of the extension", extension.get("publisher"), EXTENSION_PUBLISHER
    if spec.driver_version:
        yield "driver version asked for", _at(extension, "settings", "driverVersion"), spec.driver_version


def _at(data: Any, *path: str) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def _same(seen: Any, wanted: Any) -> bool:
    """Return whether two values are the same; Azure writes names in its own case."""
    if isinstance(seen, str) and isinstance(wanted, str):
        return seen.lower() == wanted.lower()
    return bool(seen == wanted)


def _show(value: Any) -> str:
    return NONE if value in (None, "", [], {}) else str(value)
