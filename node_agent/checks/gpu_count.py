"""NVML shows the GPUs that were intended, and can talk to each of them."""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from aigpu_contract.finding import Blame, Finding
from aigpu_contract.reading import Known
from aigpu_contract.rendering import count
from node_agent import modes
from node_agent.checks import nvml_init
from node_agent.checks.devices import blame_for_missing, running_nvml, wanted_gpus
from node_agent.checks.driver_codes import nvml_meaning
from node_agent.checks.findings import Words, fault, node_fault, not_reached, passed, unclear
from node_agent.checks.next_steps import ASK_FOR_GPU, MORE_FACTS, REBOOT_OR_REPLACE, look_at_node
from node_agent.expected import Expected
from node_agent.facts import Facts, Nvml, NvmlDevice

ID = "gpu-count"
MODES = modes.EVERY_MODE


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Count the devices that answer, and name the layer that lost the others."""
    nvml = running_nvml(facts)
    if nvml is None:
        yield not_reached(ID, nvml_init.ID)
    elif nvml.count is None:
        yield _not_counted(nvml, expected)
    else:
        yield (
            _unreachable(nvml, facts, expected)
            or _wrong_count(nvml, facts, expected)
            or _contradictory(nvml)
            or passed(ID, f"NVML shows {count(nvml.count, 'GPU')}", _names(_answering(nvml)))
        )


def _not_counted(nvml: Nvml, expected: Expected) -> Finding:
    meaning = nvml_meaning(nvml.count_error or 0)
    words = Words(
        "NVML does not say how many GPUs there are",
        seen=f"nvmlDeviceGetCount gave {meaning}" if nvml.count_error else "neither a number nor an error",
        wanted="a number",
        next_step=look_at_node(expected),
    )
    return node_fault(ID, meaning.reason, words) if meaning.is_fault else unclear(ID, meaning.reason, words)


def _answering(nvml: Nvml) -> List[NvmlDevice]:
    return [device for device in nvml.devices if device.error is None]


def _unreachable(nvml: Nvml, facts: Facts, expected: Expected) -> Optional[Finding]:
    silent = [(device.index, nvml_meaning(device.error)) for device in nvml.devices if device.error is not None]
    # NVML also counts GPUs that belong to other containers, and gives no handle for them.
    theirs = not expected.on_the_node and wanted_gpus(facts, expected).hold(len(_answering(nvml)))
    broken = [(index, meaning) for index, meaning in silent if meaning.is_fault]
    told = broken or ([] if theirs else silent)
    if not told:
        return None
    words = Words(
        "NVML cannot talk to a GPU",
        seen=", ".join(f"GPU {index}: {meaning}" for index, meaning in told),
        wanted="a handle for every GPU",
        next_step=f"{look_at_node(expected)}; {REBOOT_OR_REPLACE}" if broken else look_at_node(expected),
    )
    reason = told[0][1].reason
    return node_fault(ID, reason, words) if broken else unclear(ID, reason, words)


def _wrong_count(nvml: Nvml, facts: Facts, expected: Expected) -> Optional[Finding]:
    bounds, shown = wanted_gpus(facts, expected), len(_answering(nvml))
    if bounds.hold(shown):
        return None
    blame = blame_for_missing(facts, expected, shown)
    words = Words(
        f"NVML shows {count(shown, 'GPU')}, not {bounds}" if shown else "NVML works and shows no GPU",
        seen=", ".join(f"{layer}: {number}" for layer, number in _layers(shown, facts)),
        wanted=f"{bounds.of('GPU')} by {expected.declared_by or 'the default'}",
        next_step=ASK_FOR_GPU if blame is Blame.JOB else f"{look_at_node(expected)}; {REBOOT_OR_REPLACE}",
    )
    return fault(ID, "DeviceCountMismatch" if shown else "NoDevices", blame, words)


def _layers(shown: int, facts: Facts) -> Tuple[Tuple[str, int], ...]:
    on_the_bus = (("on the PCI bus", len(facts.pci.value)),) if isinstance(facts.pci, Known) else ()
    return (*on_the_bus, ("from NVML", shown))


def _contradictory(nvml: Nvml) -> Optional[Finding]:
    uuids = [device.uuid for device in nvml.devices if device.uuid is not None]
    indices = {device.index for device in nvml.devices}
    if len(indices) == len(nvml.devices) == nvml.count and len(set(uuids)) == len(uuids):
        return None
    words = Words(
        "NVML contradicts itself about its GPUs",
        seen=f"a count of {nvml.count}, {len(nvml.devices)} devices, {len(set(uuids))} different UUIDs",
        wanted="one device and one UUID for each that is counted",
        next_step=MORE_FACTS,
    )
    return unclear(ID, "NVMLFailed", words)


def _names(devices: List[NvmlDevice]) -> str:
    names = [device.name or "without a name" for device in devices]
    return ", ".join(f"{names.count(name)}x {name}" for name in dict.fromkeys(names))
