"""Every GPU is of the model that was intended."""

from __future__ import annotations

import re
from typing import FrozenSet, Iterator, Optional, Sequence, Tuple

from aigpu_contract import skus
from aigpu_contract.finding import Finding
from node_agent import modes
from node_agent.checks import gpu_count, nvml_init
from node_agent.checks.devices import nvml_devices, running_nvml
from node_agent.checks.findings import (
    Words,
    job_fault,
    node_fault,
    not_applicable,
    not_reached,
    passed,
    unclear,
)
from node_agent.checks.next_steps import RECREATE_POOL
from node_agent.checks.per_device import describe
from node_agent.expected import Expected
from node_agent.facts import Facts, NvmlDevice

ID = "gpu-model"
MODES = modes.EVERY_MODE

_WORD = re.compile(r"[a-z0-9]+")


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Compare NVML's product names with the model; `a100` takes any A100, `a100-80gb` that one."""
    devices = nvml_devices(facts)
    if expected.model is None:
        yield not_applicable(ID, "no GPU model was asked for")
    elif running_nvml(facts) is None:
        yield not_reached(ID, nvml_init.ID)
    elif not devices:
        yield not_reached(ID, gpu_count.ID)
    else:
        yield _judge(devices, expected, expected.model)


def _judge(devices: Tuple[NvmlDevice, ...], expected: Expected, model: str) -> Finding:
    verdicts = [(device, is_of_model(device.name, model)) for device in devices]
    unlike = [device for device, fits in verdicts if not fits and device.name]
    if unlike and not skus.is_known_model(model):
        return _no_such_model(unlike, expected, model)
    wrong = [device for device, fits in verdicts if fits is False]
    if wrong:
        return _another_model(wrong, expected, model)
    if any(fits is None for _, fits in verdicts):
        words = Words(
            "NVML gives no product name that can be compared with the model",
            seen=", ".join(f"{describe(device)}: {device.name}" for device, fits in verdicts if fits is None),
            wanted=model,
            next_step=f"nvidia-smi -L; models known by name: {', '.join(skus.models())}",
        )
        return unclear(ID, "DeviceModelUnknown", words)
    return passed(ID, f"every GPU is of model {model}", f"{devices[0].name}")


def _another_model(wrong: Sequence[NvmlDevice], expected: Expected, model: str) -> Finding:
    seen = ", ".join(f"{describe(device)}: {device.name}" for device in wrong)
    if expected.on_the_node:
        words = Words("the node has another GPU than was intended", seen, model, RECREATE_POOL)
        return node_fault(ID, "DeviceModelMismatch", words)
    select = f"select the pool in the pod: nodeSelector aigpu.io/gpu-model: {model}"
    words = Words("the job runs on another GPU than it asks for", seen, model, select)
    return job_fault(expected, ID, "DeviceModelMismatch", words)


def _no_such_model(unlike: Sequence[NvmlDevice], expected: Expected, model: str) -> Finding:
    """Return that nobody can tell what was meant: a mistyped model blames no machine."""
    near = skus.models_like(model)
    words = Words(
        f"no GPU model {model!r} is known, and no product name has these words: the expectation cannot be read",
        seen=", ".join(f"{describe(device)}: {device.name}" for device in unlike),
        wanted=f"one of {', '.join(near or skus.models())}, or a model that NVML's product name spells so",
        next_step=f"correct the model that is declared by {expected.declared_by}",
    )
    return unclear(ID, "IntentUnreadable", words)


def is_of_model(name: Optional[str], model: str) -> Optional[bool]:
    """Return whether NVML's product `name` is the model; None where neither the catalogue nor the words can tell.

    A MIG device's name starts with that of its GPU.
    """
    if not name:
        return None
    # The words first: the catalogue takes time to load, and seldom is needed.
    words = _words(model)
    if words and words <= _words(name):
        return True
    names = _names_of(model)
    if any(name == known or name.startswith(known + " ") for known in names):
        return True
    return False if names or _is_catalogued(name) else None


def _names_of(model: str) -> FrozenSet[str]:
    rows = (sku for sku in skus.all_skus() if skus.is_model(sku.model_id, model))
    return frozenset(name for sku in rows for name in sku.nvml_names)


def _is_catalogued(name: str) -> bool:
    return any(name in sku.nvml_names for sku in skus.all_skus())


def _words(text: str) -> FrozenSet[str]:
    return frozenset(_WORD.findall(text.lower()))
