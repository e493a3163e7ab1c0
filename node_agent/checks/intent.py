"""The intent is declared, readable and free of contradictions: without it there is nothing to hold a machine to."""

from __future__ import annotations

from typing import Iterator, Optional

from aigpu_contract import labels, skus
from aigpu_contract.cpu_sizes import parse_cpu_size
from aigpu_contract.finding import Finding
from aigpu_contract.rendering import count
from node_agent import modes
from node_agent.checks.findings import Words, passed, unclear
from node_agent.expected import Expected
from node_agent.facts import Facts

ID = "intent"
MODES = modes.EVERY_MODE


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Say what the machine is held to, or why it is held to nothing."""
    del facts  # intent is never taken from the machine
    if expected.problem:
        wanted = "labels, flags and AIGPU_ variables that can be read"
        words = Words("what was declared cannot be read", expected.problem, wanted, expected.remedy)
        yield unclear(ID, "IntentUnreadable", words)
    elif expected.on_the_node and (not expected.declared_by or expected.gpus is None):
        yield _missing(expected)
    else:
        contradiction = _contradiction(expected)
        yield _held_to(expected) if contradiction is None else _contradictory(contradiction, expected)


def is_sound(expected: Expected) -> bool:
    """Return whether what was declared can be read and agrees with itself; nothing declared is sound."""
    return not expected.problem and _contradiction(expected) is None


def _missing(expected: Expected) -> Finding:
    words = Words(
        "nobody declared what this node is meant to be, so it can be compared with nothing",
        seen=f"no number of GPUs from {expected.declared_by or 'any label, flag or ConfigMap'}",
        wanted=f"labels {labels.SKU}, {labels.GPU_MODEL} and {labels.GPU_COUNT}, written before the node existed",
        next_step="az aigpu nodepool adopt -g GROUP --cluster-name CLUSTER -n POOL, or make the pool with az aigpu "
        "nodepool add",
    )
    return unclear(ID, "IntentMissing", words)


def _contradictory(contradiction: str, expected: Expected) -> Finding:
    next_step = f"correct {expected.declared_by}"
    if any(label in expected.declared_by for label in labels.CONTRACT_LABELS):
        next_step += "; az aigpu nodepool show -g GROUP --cluster-name CLUSTER -n POOL shows the labels"
    words = Words("what was declared contradicts itself", contradiction, "declarations that agree", next_step)
    return unclear(ID, "IntentContradictory", words)


def _held_to(expected: Expected) -> Finding:
    devices = "at least one usable CUDA device" if expected.gpus is None else count(expected.gpus, "GPU")
    model = f" of model {expected.model}" if expected.model else ""
    return passed(ID, f"held to {devices}{model}", f"declared by {expected.declared_by or 'nobody: the default'}")


def _contradiction(expected: Expected) -> Optional[str]:
    if expected.gpus is not None and expected.gpus < 1:
        return f"{expected.gpus} GPUs: an intent of no GPU is no intent, wanted is 1 or more"
    if expected.vm_size is None:
        return None
    size = skus.lookup(expected.vm_size)
    if size is None:
        cpu = parse_cpu_size(expected.vm_size)
        return None if cpu is None else f"{expected.vm_size} is a {cpu.description} size, and GPUs are expected of it"
    return _contradiction_with(size, expected)


def _contradiction_with(size: skus.Sku, expected: Expected) -> Optional[str]:
    if not size.is_cuda_gpu:
        return f"{size.size} has {size.describe()}, on which CUDA does not run"
    if expected.model and skus.is_model(size.model_id, expected.model) is False:
        return f"{size.size} has {size.describe()}, and the model expected is {expected.model}"
    if expected.mig_profile and size.mig is False:
        return f"{size.size} has no MIG, and the profile expected is {expected.mig_profile}"
    if expected.gpus is None or size.gpu_count is None:
        return None
    # A container may hold fewer GPUs than its node has.
    if expected.on_the_node and expected.gpus != size.gpu_count:
        return f"{size.size} has {size.describe()}, and {expected.gpus} are expected"
    return None
