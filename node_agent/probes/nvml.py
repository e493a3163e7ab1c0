"""NVML's answers, and the readings that come from the same child process: device nodes and NVML's library."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Tuple, Union

from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.facts import BindingUnusable, ComputeProcess, DeviceNode, Library, Nvml, NvmlDevice
from node_agent.probes.child import Child


def read_device_nodes(child: Child) -> Reading[Tuple[DeviceNode, ...]]:
    """Wait until the child has opened the device nodes; after that, other libraries may be loaded."""
    reading = child.reading("device_nodes")
    if isinstance(reading, Unknown):
        return reading
    if isinstance(reading.value, str):
        return Unknown("the device nodes could not be listed: " + reading.value)
    return Known(tuple(DeviceNode(**node) for node in reading.value))


def read_library(child: Child) -> Reading[Library]:
    """Wait until the child has loaded NVML's library, or failed to."""
    reading = child.reading("library")
    return reading if isinstance(reading, Unknown) else Known(Library(**reading.value))


def read_nvml(child: Child) -> Reading[Nvml]:
    """Wait for the end of the child and return what NVML said.

    A child that does not end well gives Unknown even when it had answered: the driver did not let go of it.
    """
    failure = child.finish()
    if failure is not None:
        return failure
    reading = child.reading("nvml")
    if isinstance(reading, Known):
        return Known(build_nvml(reading.value))
    problem = child.reading("binding")
    return BindingUnusable(str(problem.value)) if isinstance(problem, Known) else reading


def build_nvml(data: Mapping[str, Any]) -> Nvml:
    """Return the child's data as facts."""
    values: Dict[str, Any] = dict(data)
    values["devices"] = tuple(build_device(device) for device in values.get("devices", ()))
    values["errors"] = _pairs(values.get("errors", ()))
    values["processes"] = build_processes(values.get("processes", "NVML could not be asked for processes"))
    return Nvml(**values)


def build_device(data: Mapping[str, Any]) -> NvmlDevice:
    """Return one device of the child's data as facts."""
    values: Dict[str, Any] = dict(data)
    capability = values.get("compute_capability")
    values["compute_capability"] = None if capability is None else (capability[0], capability[1])
    values["mig_uuids"] = tuple(values.get("mig_uuids", ()))
    values["errors"] = _pairs(values.get("errors", ()))
    return NvmlDevice(**values)


def build_processes(data: Union[str, List[Mapping[str, Any]]]) -> Reading[Tuple[ComputeProcess, ...]]:
    """Return the processes, or Unknown where the child says in words why it could not list them."""
    if isinstance(data, str):
        return Unknown(data)
    return Known(tuple(ComputeProcess(**process) for process in data))


def _pairs(rows: Any) -> Tuple[Tuple[str, int], ...]:
    return tuple((str(name), int(code)) for name, code in rows)
