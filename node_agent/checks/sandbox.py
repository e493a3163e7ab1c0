"""The container's kernel is the node's: in gVisor or Kata nothing that is seen says anything about the node."""

from __future__ import annotations

from typing import Iterator

from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known, Unknown
from node_agent import modes
from node_agent.checks.findings import Words, not_read, passed, unclear
from node_agent.expected import Expected
from node_agent.facts import Facts

ID = "sandbox"
MODES = modes.EVERY_MODE


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Say whether a sandbox stands between the container and the node."""
    del expected
    if isinstance(facts.environment, Unknown):
        yield not_read(ID, "the container's surroundings", facts.environment)
    elif is_sandboxed(facts):
        words = Words(
            "a sandboxed runtime hides the node: devices, driver and PCI bus are its own inventions",
            seen=f"{facts.environment.value.sandbox}",
            wanted="a container on the node's own kernel",
            next_step="take the RuntimeClass out of the pod (spec.runtimeClassName), or prove CUDA with a program",
        )
        yield unclear(ID, "SandboxedRuntime", words)
    else:
        yield passed(ID, "the container runs on the node's kernel")


def is_sandboxed(facts: Facts) -> bool:
    """Return whether the container is known to run on another kernel than the node's."""
    return isinstance(facts.environment, Known) and facts.environment.value.sandbox is not None
