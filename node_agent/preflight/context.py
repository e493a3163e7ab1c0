"""Does a process of this container have a context on a GPU? NVML's lists, held against our own PID namespace.

Current drivers give the caller's own process numbers and leave out processes that it cannot see. Older ones give the
host's numbers, which mean nothing here, and may by chance be those of a process of ours. A process with a context
always has a device file open, so a number is believed only together with one.
"""

from __future__ import annotations

from typing import List, Mapping, Optional, Tuple

from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.facts import Nvml

LEAST_CONTEXT_MIB = 64
"""MiB. The smallest context is larger: about 100 MiB on a T4. An idle GPU shows a few, the driver's own part left
out."""
_SHOWN = 3


def listed_pids(said: Reading[Nvml]) -> Tuple[int, ...]:
    """Return the process numbers that NVML names, on any device and of any kind, each once."""
    if isinstance(said, Unknown) or isinstance(said.value.processes, Unknown):
        return ()
    return tuple(sorted({process.pid for process in said.value.processes.value}))


def find_context(said: Reading[Nvml], held: Mapping[int, Reading[bool]]) -> Reading[Optional[int]]:
    """Return a process of this container that has a context, None where none has; Unknown where NVML cannot tell.

    `held` says of each process of this container that NVML names whether it has a device file open; a number that is
    missing there is no process of this container.
    """
    if isinstance(said, Unknown):
        return said
    nvml = said.value
    refusal = _refusal(nvml)
    if refusal is not None:
        return Unknown(refusal)
    listed = listed_pids(said)
    sure = [pid for pid in listed if held.get(pid) == Known(True)]
    foreign = [pid for pid in listed if pid not in held or held[pid] == Known(False)]
    likely = [pid for pid in listed if isinstance(held.get(pid), Unknown)]
    if sure:
        return Known(sure[0])
    if foreign:
        return Unknown(f"NVML names processes that are not of this container ({_some(foreign)})")
    if likely:
        return Known(likely[0])
    return _nobody(nvml)


def _refusal(nvml: Nvml) -> Optional[str]:
    """Return why NVML's lists say nothing, None where they do."""
    if nvml.init_error is not None:
        text = f": {nvml.init_error_text}" if nvml.init_error_text else ""
        return f"NVML does not start (error {nvml.init_error}{text})"
    if not nvml.count:
        return "NVML shows no device"
    return nvml.processes.reason if isinstance(nvml.processes, Unknown) else None


def _nobody(nvml: Nvml) -> Reading[Optional[int]]:
    """Believe an empty list, unless the memory in use says that somebody whom it does not name has a context.

    In MIG mode the memory is also that of other containers' parts, and the lists are those of our part alone.
    """
    read = [device.memory_used_mib for device in nvml.devices if not device.mig_enabled]
    used: List[int] = [mib for mib in read if mib is not None]
    if len(used) < len(read):
        return Unknown("NVML names no process, and does not tell how much of a GPU's memory is in use")
    if max(used, default=0) >= LEAST_CONTEXT_MIB:
        return Unknown(f"NVML names no process, and {max(used)} MiB of a GPU's memory are in use")
    return Known(None)


def _some(pids: List[int]) -> str:
    shown = ", ".join(map(str, pids[:_SHOWN]))
    return shown + (f" and {len(pids) - _SHOWN} more" if len(pids) > _SHOWN else "")
