"""Writes the state file that the stub libraries read, whole and at once."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from testbeds.nvidia_stub.node import RECOVERY_ACTION, Gpu, Node, Refused

STATE_NAME = "nvidia-stub.state"
_PTX_VERSIONS = {11040: "7.4", 12000: "8.0", 12020: "8.2", 12040: "8.4", 12060: "8.5", 12080: "8.7", 12090: "8.8"}
_RECOVERY_ACTION_SINCE = 565

Values = Mapping[str, object]


def write_state(path: Path, node: Node, own: Values) -> None:
    """Replace the state file. `own` are the places that the node's owner chose: `devices`, `run`, `log`, `counts`."""
    text = "\n\n".join(_section(title, values) for title, values in _sections(node, own)) + "\n"
    handle, written = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(written).chmod(0o644)
    Path(written).replace(path)


def _section(title: str, values: Values) -> str:
    lines = (line for key, value in values.items() for line in _lines(key, value))
    return "\n".join((f"[{title}]", *lines))


def _lines(key: str, value: object) -> Iterable[str]:
    if isinstance(value, Mapping):
        for index, one in value.items():
            yield from _lines(f"{key}.{index}", one)
    elif isinstance(value, Refused):
        yield f"{key} = !{value.code}"
    elif isinstance(value, tuple):
        yield f"{key} = {' '.join(map(str, value))}"
    elif value is not None:
        yield f"{key} = {int(value) if isinstance(value, bool) else value}"


def _sections(node: Node, own: Values) -> Iterable[tuple[str, Values]]:
    yield "node", {**_node_values(node), **own}
    yield "open", node.device_errors
    for index, gpu in enumerate(node.gpus):
        yield f"gpu {index}", _gpu_values(gpu, node.branch)
        for mig in gpu.mig_devices:
            yield f"mig {index} {mig.slot}", dataclasses.asdict(mig)
    for kind, things in (("process", node.processes), ("event", node.events), ("fault", node.faults)):
        for index, thing in enumerate(things):
            yield f"{kind} {index}", _plain_values(thing)


def _node_values(node: Node) -> Values:
    return {
        # The driver's version is the kernel module's: NVML asks it, and knows its own version besides.
        "driver": node.module or node.driver,
        "library": node.driver,
        "module": node.module,
        "cuda": node.cuda,
        "ptx": ptx_version(node.cuda),
        "jit": node.has_jit,
        "count": node.claimed_count,
        "mps": node.is_mps_client,
        "fabric_manager": node.fabric_manager or not node.needs_fabric_manager,
        "makes_control_node": node.makes_control_node,
        "compat_cuda": node.compat_cuda,
        "compat_code": node.compat_code,
    }


def ptx_version(cuda: int) -> str:
    """The newest version of PTX that a driver of this CUDA version compiles: 9.0 came with CUDA 13.0."""
    return _PTX_VERSIONS.get(cuda, f"{cuda // 1000 - 4}.{cuda % 1000 // 10}")


def _gpu_values(gpu: Gpu, branch: int) -> Values:
    values = {field.name: getattr(gpu, field.name) for field in dataclasses.fields(gpu) if field.name != "mig_devices"}
    if branch < _RECOVERY_ACTION_SINCE:
        values["field_values"] = {id_: value for id_, value in gpu.field_values.items() if id_ != RECOVERY_ACTION}
    return values


def _plain_values(thing: object) -> Values:
    values = dataclasses.asdict(thing)  # type: ignore[call-overload]
    if "after" in values:
        values["skip"] = values.pop("after")
        # The mere presence of the key says it.
        values["shared"] = values["shared"] or None
    return dict(values)
