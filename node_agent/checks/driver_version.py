"""The driver is at least the one that was asked for."""

from __future__ import annotations

from typing import Iterator, Optional

from aigpu_contract import cuda
from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known
from node_agent import modes
from node_agent.checks import kernel_module, nvml_init, pci_devices
from node_agent.checks.devices import running_nvml
from node_agent.checks.earlier import cause_among
from node_agent.checks.findings import Words, node_fault, not_applicable, not_reached, passed, unclear
from node_agent.checks.next_steps import MORE_FACTS
from node_agent.expected import Expected
from node_agent.facts import Facts

ID = "driver-version"
MODES = modes.EVERY_MODE


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Compare with the kernel side's version: libcuda may be newer than it."""
    if expected.min_driver is None:
        yield not_applicable(ID, "no least driver was asked for")
        return
    version = driver_version(facts)
    if version is not None:
        yield _compare(version, expected.min_driver)
        return
    cause = cause_among([pci_devices, kernel_module, nvml_init], facts, expected)
    yield _unknown(expected.min_driver) if cause is None else not_reached(ID, cause)


def driver_version(facts: Facts) -> Optional[cuda.Version]:
    """Return the version of the driver, from NVML or from the kernel module, or None where neither tells."""
    nvml = running_nvml(facts)
    module = facts.module.value if isinstance(facts.module, Known) else None
    told = (nvml.driver_version if nvml else None, module.version if module else None)
    return next((version for version in map(_parse, told) if version is not None), None)


def _parse(text: Optional[str]) -> Optional[cuda.Version]:
    try:
        return None if text is None else cuda.parse_driver_version(text)
    except ValueError:
        return None


def _compare(version: cuda.Version, least: cuda.Version) -> Finding:
    if version >= least:
        return passed(ID, "the driver is new enough", cuda.render_version(version))
    words = Words(
        "the driver is older than the one asked for",
        seen=cuda.render_version(version),
        wanted=f"{cuda.render_version(least)} or newer",
        next_step="az aks nodepool upgrade -g GROUP --cluster-name CLUSTER -n POOL --node-image-only; or lower the "
        "least driver where the job allows it",
    )
    return node_fault(ID, "DriverTooOld", words)


def _unknown(least: cuda.Version) -> Finding:
    wanted = cuda.render_version(least)
    words = Words("the driver's version is not known", "neither NVML nor the module tells", wanted, MORE_FACTS)
    return unclear(ID, "ReadingUnknown", words)
