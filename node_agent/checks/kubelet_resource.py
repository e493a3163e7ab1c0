"""The kubelet offers the GPUs that were intended; if not, the message names the layer that lost them."""

from __future__ import annotations

from typing import Iterator, List, Mapping, Tuple

from aigpu_contract.finding import Finding
from aigpu_contract.labels import NO_RESOURCE
from aigpu_contract.reading import Known, Unknown
from node_agent import modes
from node_agent.checks import gpu_count, kernel_module, nvml_init, pci_devices
from node_agent.checks.devices import nvml_devices, running_nvml
from node_agent.checks.earlier import cause_among
from node_agent.checks.findings import Words, node_fault, not_applicable, not_read, passed
from node_agent.expected import Expected
from node_agent.facts import Facts

ID = "kubelet-resource"
MODES: Tuple[str, ...] = (modes.LOOP,)


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Compare allocatable with the intent; with DRA there is no counted resource."""
    if expected.resource is None or expected.resource == NO_RESOURCE or expected.resource_count is None:
        yield not_applicable(ID, "no counted resource was intended")
    elif isinstance(facts.kubelet_resources, Unknown):
        yield not_read(ID, "what the kubelet offers", facts.kubelet_resources)
    else:
        yield _compare(facts.kubelet_resources.value, expected.resource, expected.resource_count, facts, expected)


def _compare(offered: Mapping[str, int], resource: str, wanted: int, facts: Facts, expected: Expected) -> Finding:
    count = offered.get(resource, 0)
    if count == wanted:
        return passed(ID, f"the kubelet offers {count} {resource}")
    below = cause_among([pci_devices, kernel_module, nvml_init, gpu_count], facts, expected)
    words = Words(
        f"the kubelet offers {count} {resource}, not {wanted}: "
        + ("the device plugin lost or multiplied them" if below is None else f"{below} already says why"),
        seen=", ".join(_layers(count, resource, facts)),
        wanted=f"{wanted} {resource}",
        next_step=f"settle first what {below} says"
        if below is not None
        else "kubectl get pods -A --field-selector spec.nodeName=NODE | grep -i device-plugin, and its logs; the "
        "plugin needs a toleration for the pool's taint",
    )
    return node_fault(ID, "PluginCountMismatch", words)


def _layers(count: int, resource: str, facts: Facts) -> List[str]:
    layers = [f"PCI bus {len(facts.pci.value)}"] if isinstance(facts.pci, Known) else []
    if running_nvml(facts) is not None:
        layers.append(f"NVML {len(nvml_devices(facts))}")
    return [*layers, f"kubelet {count} {resource}"]
