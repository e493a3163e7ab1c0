"""One round of probes, in the order that keeps one from disturbing the next.

What only reads files comes first. The device nodes are opened before any library of NVIDIA is loaded anywhere, since
the libraries create nodes. This process loads none: NVML and CUDA are asked in child processes, side by side, and the
kernel runs only when NVML has said that nobody else holds the device.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, Callable, Dict, Mapping, Optional, Tuple, Union

from aigpu_contract.frozen import dataclass
from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.facts import Facts, Nvml
from node_agent.modes import IN_A_JOB
from node_agent.probes import cuda, nvml
from node_agent.probes.child import Child, Deadline, start
from node_agent.probes.driver_files import read_boot_id, read_module
from node_agent.probes.environment import read_environment
from node_agent.probes.pci import read_pci
from node_agent.probes.spawn import CUDA, NVML, Spawned, probe_command

Started = Union[Child, Unknown]
INTERPRETER = "interpreter"
NO_KERNEL = "no kernel was asked for"
CUDA_NOT_ASKED = Unknown("the CUDA driver was not asked in this round")


@dataclass(frozen=True)
class Deadlines:
    """How long each probe may take.

    One call of a driver may need 45 s before it fails, and the first start of a GPU without persistence mode takes
    seconds a device, so a hang is called one late.
    """

    nvml: Deadline = Deadline(50.0, 60.0)
    cuda: Deadline = Deadline(100.0, 120.0)
    interpreter: Deadline = Deadline(5.0, 6.0)
    metadata_s: float = 1.0


@dataclass(frozen=True)
class ProbeRequest:
    """What a round looks at.

    `root` stands before every path in /sys, /proc and /dev. `cuda` false leaves libcuda alone; `kernel` false asks it
    but computes nothing. `command` is the job whose interpreter is looked at. `vm_size_label` is the node's instance
    type where the caller has it; `metadata_host` names the metadata service where it is to be asked. The libraries
    are found by the dynamic linker unless a path is given.
    """

    mode: str
    root: str = "/"
    cuda: bool = True
    kernel: bool = True
    command: Tuple[str, ...] = ()
    vm_size_label: Optional[str] = None
    metadata_host: Optional[str] = None
    nvml_library: Optional[str] = None
    cuda_library: Optional[str] = None
    deadlines: Deadlines = Deadlines()


def read_facts(
    request: ProbeRequest,
    environ: Optional[Mapping[str, str]] = None,
    early: Optional[Mapping[str, Spawned]] = None,
) -> Facts:
    """Look at the machine. Nothing that fails raises: it is Unknown in the facts.

    `early` are children that `spawn.start_early` has started; all of them end here, asked or not.
    """
    surroundings = os.environ if environ is None else environ
    started: Dict[str, Started] = {}
    readings: Dict[str, Any] = {
        "environment": read_environment(request.root, surroundings),
        "pci": read_pci(request.root),
        "module": read_module(request.root),
        "boot_id": read_boot_id(request.root),
    }
    try:
        _start_children(request, surroundings, early or {}, started)
        readings.update(_ask_children(request, started, surroundings))
    finally:
        for child in started.values():
            if isinstance(child, Child):
                child.close()
    return Facts(**readings)


def _start_children(
    request: ProbeRequest, environ: Mapping[str, str], early: Mapping[str, Spawned], started: Dict[str, Started]
) -> None:
    limits = request.deadlines
    started[NVML] = start(NVML, probe_command(NVML), limits.nvml, environ, early.get(NVML))
    if request.cuda or CUDA in early:
        started[CUDA] = start(CUDA, probe_command(CUDA), limits.cuda, environ, early.get(CUDA))
    if request.command:
        started[INTERPRETER] = _start_interpreter(request, environ)


def _start_interpreter(request: ProbeRequest, environ: Mapping[str, str]) -> Started:
    from node_agent.probes import interpreter  # noqa: PLC0415 (only a wrapped command needs it)

    path = interpreter.resolve(request.command, environ)
    if isinstance(path, Unknown):
        return path
    return start(INTERPRETER, interpreter.command(path.value), request.deadlines.interpreter, environ)


def _ask_children(request: ProbeRequest, started: Mapping[str, Started], environ: Mapping[str, str]) -> Dict[str, Any]:
    began = time.monotonic()
    cuda_child = started[CUDA] if request.cuda else CUDA_NOT_ASKED
    readings = _read_nodes(request, started[NVML], cuda_child)
    readings.update(_read_vm_size(request))
    readings["nvml"] = _read(started[NVML], nvml.read_nvml)
    durations = {"nvml": time.monotonic() - began}
    readings["cuda"] = _read_cuda(request, cuda_child, readings)
    durations["cuda"] = time.monotonic() - began
    if INTERPRETER in started:
        from node_agent.probes import interpreter  # noqa: PLC0415

        readings[INTERPRETER] = _read(started[INTERPRETER], lambda child: interpreter.read_interpreter(child, environ))
    return dict(readings, durations=durations)


def _read(child: Started, read: Callable[[Child], Reading[Any]]) -> Reading[Any]:
    return child if isinstance(child, Unknown) else read(child)


def _read_nodes(request: ProbeRequest, nvml_child: Started, cuda_child: Started) -> Dict[str, Any]:
    """Wait for the device nodes and only then let the CUDA library be loaded."""
    if isinstance(nvml_child, Unknown):
        return {"device_nodes": nvml_child, "nvml_library": nvml_child}
    nvml_child.send(json.dumps({"root": request.root, "library": request.nvml_library}))
    nodes = nvml.read_device_nodes(nvml_child)
    if isinstance(nodes, Known) and isinstance(cuda_child, Child):
        cuda.allow_load(cuda_child, request.cuda_library)
        if request.mode in IN_A_JOB:
            # The devices are the job's own: no need to wait for NVML's word on who holds them.
            cuda.allow_kernel(cuda_child, {}, None if request.kernel else NO_KERNEL)
    return {"device_nodes": nodes, "nvml_library": nvml.read_library(nvml_child)}


def _read_vm_size(request: ProbeRequest) -> Dict[str, Any]:
    label = request.vm_size_label
    readings: Dict[str, Any] = {
        "vm_size_label": Known(label) if label else Unknown("no instance type of the node was given"),
    }
    if request.metadata_host:
        # An HTTP client takes longer to import than all of the rest; most rounds need none.
        from node_agent.probes.vm_size import read_vm_size_metadata  # noqa: PLC0415

        readings["vm_size_metadata"] = read_vm_size_metadata(request.metadata_host, request.deadlines.metadata_s)
    return readings


def _read_cuda(request: ProbeRequest, child: Started, readings: Mapping[str, Any]) -> Reading[Any]:
    if isinstance(child, Unknown):
        return child
    if isinstance(readings["device_nodes"], Unknown):
        return Unknown("the CUDA driver was not asked: " + readings["device_nodes"].reason)
    said: Reading[Nvml] = readings["nvml"]
    if request.mode not in IN_A_JOB:
        held = {} if isinstance(said, Unknown) else cuda.held_devices(said.value, child.process)
        cuda.allow_kernel(child, held, _skip_kernel(request, said))
    return cuda.read_cuda(child, said)


def _skip_kernel(request: ProbeRequest, said: Reading[Nvml]) -> Optional[str]:
    """Return why no kernel is to run on any device of a node, None where it may: the devices are others'."""
    if not request.kernel:
        return NO_KERNEL
    if isinstance(said, Unknown):
        return "NVML could not say whether another process holds the device: " + said.reason
    if isinstance(said.value.processes, Unknown):
        return "NVML could not say whether another process holds the device: " + said.value.processes.reason
    return None
