"""The CUDA version that the driver offers here is at least the one that was asked for."""

from __future__ import annotations

from typing import Iterator

from aigpu_contract.cuda import Version, parse_cuda_version, render_version
from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known
from node_agent import modes
from node_agent.checks import cuda_init, driver_library
from node_agent.checks.findings import Words, node_fault, not_applicable, not_reached, passed, unclear
from node_agent.checks.next_steps import MORE_FACTS
from node_agent.expected import Expected
from node_agent.facts import Facts

ID = "cuda-version"
MODES = modes.EVERY_MODE


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Compare what the loaded libcuda says; a compat one says more than the driver's own."""
    if expected.min_cuda is None:
        yield not_applicable(ID, "no least CUDA version was asked for")
    elif not isinstance(facts.cuda, Known):
        yield not_reached(ID, cuda_init.ID)
    elif facts.cuda.value.library.error is not None:
        yield not_reached(ID, driver_library.ID)
    elif not facts.cuda.value.driver_version:
        wanted = f"{render_version(expected.min_cuda)} or newer"
        words = Words("libcuda tells no CUDA version", "no answer", wanted, MORE_FACTS)
        yield unclear(ID, "ReadingUnknown", words)
    else:
        yield _compare(parse_cuda_version(facts.cuda.value.driver_version), expected.min_cuda)


def _compare(version: Version, least: Version) -> Finding:
    if version >= least:
        return passed(ID, "the driver offers a new enough CUDA", render_version(version))
    words = Words(
        "the driver offers an older CUDA than the one asked for",
        seen=render_version(version),
        wanted=f"{render_version(least)} or newer",
        next_step="az aks nodepool upgrade -g GROUP --cluster-name CLUSTER -n POOL --node-image-only; or a cuda-compat "
        "package in the image (data center GPUs)",
    )
    return node_fault(ID, "CUDAVersionTooLow", words)
