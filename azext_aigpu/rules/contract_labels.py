"""The user's labels add to the contract's; they must not contradict it, and must be ones that Kubernetes takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation

from aigpu_contract import labels
from aigpu_contract.cuda import parse_driver_version
from aigpu_contract.finding import Finding, Status
from azext_aigpu import body
from azext_aigpu.rules.reserved import is_aks_own, is_reserved_for_labels
from azext_aigpu.rules.sizes import Standing, standing
from azext_aigpu.spec import PoolSpec

ID = "contract-labels"
READS: tuple[str, ...] = (
    "labels",
    "node_vm_size",
    "gpu_model",
    "gpu_count",
    "gpu_instance_profile",
    "managed_dranet",
)
WAIVABLE = False

_INTENT = (labels.SKU, labels.GPU_MODEL, labels.GPU_COUNT)
_SYNTAX = "at most 63 letters, digits, '-', '_' and '.'; a key may have a domain before a '/'"
_SAYS_GPU = (labels.HARDWARE, labels.GPU_TYPE)


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Judge each label by itself, then whether the labels say GPU about a size that has none."""
    expected = _expected(spec)
    for key, value in spec.labels.items():
        finding = _review_label(spec, key, value, expected)
        if finding:
            yield finding
    if standing(spec) in (Standing.CPU, Standing.NOT_CUDA):
        yield from _review_no_gpu(spec)
    elif standing(spec) is Standing.UNKNOWN:
        yield from _review_half_intent(spec)


def _expected(spec: PoolSpec) -> dict[str, str]:
    """Return the labels that the pool gets by itself, those apart that may rightly differ from today's settings."""
    # The catalogue's own count: that of an existing pool's spec was read from the very label that is judged here.
    count = spec.sku.gpu_count if spec.sku and spec.sku.gpu_count else spec.gpu_count
    contract = body.build_labels(dataclasses.replace(spec, labels={}, gpu_count=count))
    return {key: value for key, value in contract.items() if key != labels.MIN_DRIVER}


def _review_label(spec: PoolSpec, key: str, value: str, expected: dict[str, str]) -> Finding | None:
    if not labels.is_qualified_name(key) or not labels.is_label_value(value):
        return _invalid(key, value, _SYNTAX)
    if is_reserved_for_labels(key):
        return None if is_aks_own(spec, key, value) else _reserved(key, value)
    if key == labels.DRIVER:
        return _agents_own(key, value)
    if key in expected:
        return None if _same(key, value, expected[key]) else _contradicted(key, value, expected[key])
    if key == labels.MIG_PROFILE and value != spec.gpu_instance_profile:
        return _contradicted(key, value, "the value of --gpu-instance-profile")
    return _review_free_value(spec, key, value)


def _review_free_value(spec: PoolSpec, key: str, value: str) -> Finding | None:
    """Judge the contract's labels whose value is the user's to say."""
    form = _FORMS.get(key)
    if form is not None and not form[0](value):
        return _invalid(key, value, form[1])
    if key in labels.CONTRACT_LABELS and not value:
        return _invalid(key, value, "a value: an agent cannot tell what an empty one asks for")
    if key == labels.RESOURCE_COUNT and int(value) == 0 and spec.labels.get(labels.RESOURCE) != labels.NO_RESOURCE:
        return _invalid(key, value, f"1 or more; 0 only beside {labels.RESOURCE}={labels.NO_RESOURCE}")
    least = spec.limits.min_driver
    if key == labels.MIN_DRIVER and least is not None and value != least:
        return _other_driver(key, value, least)
    return None


def _review_no_gpu(spec: PoolSpec) -> Iterator[Finding]:
    given = [f"{key}={value}" for key, value in spec.labels.items() if key in (*_SAYS_GPU, *_INTENT)]
    if given:
        yield Finding(
            ID,
            "GpuLabelWithoutGpu",
            Status.FAIL,
            f"labels would send GPU jobs to {spec.node_vm_size}, on which CUDA does not run",
            seen=", ".join(given),
            wanted="no such label on this size",
            next_step="take these labels away",
        )


def _review_half_intent(spec: PoolSpec) -> Iterator[Finding]:
    missing = [key for key in (labels.SKU, labels.GPU_COUNT) if key not in spec.labels]
    if len(missing) == 1:
        yield Finding(
            ID,
            "ContractLabelMissing",
            Status.FAIL,
            "the pool's labels say only half of what it is meant to be",
            seen=f"no label {missing[0]}",
            wanted=f"both {labels.SKU} and {labels.GPU_COUNT}",
            next_step=f"--labels {missing[0]}=VALUE with the other labels",
        )


def _same(key: str, value: str, expected: str) -> bool:
    return value == expected or (key == labels.SKU and value.lower() == expected.lower())


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) >= 1


def _is_count_or_zero(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _is_driver(text: str) -> bool:
    try:
        parse_driver_version(text)
    except ValueError:
        return False
    return True


def _is_price(text: str) -> bool:
    try:
        return Decimal(text) > 0
    except InvalidOperation:
        return False


def _is_resource(text: str) -> bool:
    return text in ("gpu", "gpu.shared", labels.NO_RESOURCE) or text.startswith("mig-")


_FORMS: dict[str, tuple[Callable[[str], bool], str]] = {
    labels.GPU_COUNT: (_is_count, "a number of GPUs, 1 or more"),
    labels.RESOURCE_COUNT: (_is_count_or_zero, "a number"),
    labels.RESOURCE: (_is_resource, f"gpu, gpu.shared, {labels.NO_RESOURCE} or a name that starts with mig-"),
    labels.MIN_DRIVER: (_is_driver, "a driver version such as 580.159.04"),
    labels.PRICE_HOUR: (_is_price, "USD an hour such as 3.673"),
}


def _invalid(key: str, value: str, wanted: str) -> Finding:
    return Finding(
        ID,
        "LabelInvalid",
        Status.FAIL,
        f"the label {key} is not in a form that can be used",
        seen=f"{key}={value}",
        wanted=wanted,
        next_step=f"correct or leave out {key} in --labels",
    )


def _reserved(key: str, value: str) -> Finding:
    return Finding(
        ID,
        "LabelReserved",
        Status.FAIL,
        f"the label {key} is in a namespace that Kubernetes and AKS keep for themselves; AKS refuses it",
        seen=f"{key}={value}",
        wanted="a domain of your own, or none",
        next_step=f"leave {key} out of --labels",
    )


def _agents_own(key: str, value: str) -> Finding:
    return Finding(
        ID,
        "AgentLabelByHand",
        Status.FAIL,
        f"the label {key} is the agent's: it says which driver was seen on a node, not which one is wished",
        seen=f"{key}={value}",
        wanted=f"{labels.MIN_DRIVER} for the least driver",
        next_step=f"leave {key} out of --labels",
    )


def _contradicted(key: str, value: str, expected: str) -> Finding:
    return Finding(
        ID,
        "ContractLabelContradicted",
        Status.FAIL,
        f"the label {key} contradicts what the pool is",
        seen=f"{key}={value}",
        wanted=expected if " " in expected else f"{key}={expected}, which the pool gets by itself",
        next_step=f"leave {key} out of --labels",
    )


def _other_driver(key: str, value: str, least: str) -> Finding:
    return Finding(
        ID,
        "MinDriverDiffers",
        Status.WARN,
        "the pool's least driver is not that of your settings",
        seen=f"{key}={value}",
        wanted=f"{least}, the setting min_driver",
        next_step=f"leave {key} out of --labels to take the setting's value",
    )
