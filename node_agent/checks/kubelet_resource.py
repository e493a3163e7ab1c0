"""The kubelet offers the GPUs that were intended; if not, the message names the layer that lost them."""

from __future__ import annotations

from typing import Iterator, List, Mapping, Tuple

from aigpu_contract.expectation import Offer
from aigpu_contract.finding import Finding
from aigpu_contract.labels import RESOURCE, RESOURCE_COUNT
from aigpu_contract.reading import Known, Unknown
from node_agent import modes
from node_agent.checks import gpu_count, kernel_module, nvml_init, pci_devices
from node_agent.checks.devices import nvml_devices, running_nvml
from node_agent.checks.earlier import cause_among
from node_agent.checks.findings import Words, node_fault, not_applicable, not_read, passed, unclear
from node_agent.expected import Expected
from node_agent.facts import Facts

ID = "kubelet-resource"
MODES: Tuple[str, ...] = (modes.LOOP,)

_PLUGIN = (
    "kubectl get pods -A --field-selector spec.nodeName=NODE | grep -i device-plugin, and its logs; the plugin needs a "
    "toleration for the pool's taint"
)
_DECLARE = "az aigpu nodepool update --labels, with the pool's other labels, or az aigpu nodepool adopt"


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Compare allocatable with the intent; GPUs that come by claims (DRA) are not counted there."""
    offer = expected.offer
    if offer.is_uncounted:
        yield not_applicable(ID, "the GPUs come by claims, and the kubelet counts none")
    elif expected.gpus is None and not offer.is_declared:
        yield not_applicable(ID, "no number of GPUs was intended")
    elif offer.resource is None or offer.number is None:
        yield _left_open(offer, expected)
    elif isinstance(facts.kubelet_resources, Unknown):
        yield not_read(ID, "what the kubelet offers", facts.kubelet_resources)
    else:
        yield _compare(facts.kubelet_resources.value, offer.resource, offer.number, facts, expected)


def _left_open(offer: Offer, expected: Expected) -> Finding:
    what = f"parts of GPUs ({expected.mig_profile})" if expected.mig_profile else offer.resource
    words = Words(
        f"nobody declared what the kubelet must offer; with {what} the number of GPUs does not say it",
        seen=f"no label {RESOURCE if offer.resource is None else RESOURCE_COUNT}",
        wanted=f"the labels {RESOURCE} and {RESOURCE_COUNT}",
        next_step=_DECLARE,
    )
    return unclear(ID, "IntentMissing", words)


def _compare(offered: Mapping[str, int], resource: str, wanted: int, facts: Facts, expected: Expected) -> Finding:
    count = offered.get(resource, 0)
    if count == wanted:
        return passed(ID, f"the kubelet offers {count} {resource}")
    below = cause_among([pci_devices, kernel_module, nvml_init, gpu_count], facts, expected)
    problem, seen = f"the kubelet offers {count} {resource}, not {wanted}", ", ".join(_layers(count, resource, facts))
    step = _PLUGIN if below is None else f"settle first what {below} says"
    if not expected.offer.is_declared:
        missing = RESOURCE if expected.resource is None else RESOURCE_COUNT
        return _unlike_assumed(problem, f"{seen}; no label {missing}", f"{wanted} {resource}", step)
    problem += ": the device plugin lost or multiplied them" if below is None else f": {below} already says why"
    return node_fault(ID, "PluginCountMismatch", Words(problem, seen, f"{wanted} {resource}", step))


def _unlike_assumed(problem: str, seen: str, assumed: str, step: str) -> Finding:
    """Return a doubt: claims, shares and other names of the resource look alike, and nobody said that it is none."""
    words = Words(
        f"{problem}, and nobody declared whether the GPUs are shared or come by claims",
        seen=seen,
        wanted=f"{assumed}, one for each GPU, or labels that say otherwise",
        next_step=f"{step}; or declare it: {_DECLARE}",
    )
    return unclear(ID, "PluginCountMismatch", words)


def _layers(count: int, resource: str, facts: Facts) -> List[str]:
    layers = [f"PCI bus {len(facts.pci.value)}"] if isinstance(facts.pci, Known) else []
    if running_nvml(facts) is not None:
        layers.append(f"NVML {len(nvml_devices(facts))}")
    return [*layers, f"kubelet {count} {resource}"]
