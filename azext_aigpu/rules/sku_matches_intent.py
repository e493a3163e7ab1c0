"""The size must have the GPUs that were asked for, and a size that hides them needs the user's own word."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from aigpu_contract import skus
from aigpu_contract.finding import Finding, Status
from aigpu_contract.labels import is_label_value
from aigpu_contract.rendering import count
from aigpu_contract.skus import Sku
from azext_aigpu.rules.sizes import SUGGESTED, Standing, choose_size, offered_models, refused_elsewhere, standing
from azext_aigpu.spec import PoolSpec

ID = "sku-matches-intent"
READS: tuple[str, ...] = ("node_vm_size", "gpu_model", "gpu_count")
WAIVABLE = False


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Hold `--gpu-model` and `--gpu-count` against each other, the list of models and the size."""
    yield from _review_words(spec)
    skipped = refused_elsewhere(spec, ID)
    if skipped:
        yield skipped
    elif spec.sku is not None:
        yield from _review_model(spec, spec.sku)
        yield from _review_count(spec, spec.sku)


def _review_words(spec: PoolSpec) -> Iterator[Finding]:
    if spec.gpu_count is not None and spec.gpu_count < 1:
        yield _count_invalid(spec.gpu_count)
    if spec.gpu_model is not None and not skus.is_known_model(spec.gpu_model):
        judged = _model_new if _may_be_new(spec, spec.gpu_model) else _model_unknown
        yield judged(spec.gpu_model, spec.limits.today)


def _may_be_new(spec: PoolSpec, model: str) -> bool:
    """A size that the catalogue does not know may carry a GPU that it does not know either, but no AMD one."""
    other = {sku.model_id for sku in skus.all_skus() if not sku.is_cuda_gpu}
    named = model.strip().lower()
    return standing(spec) is Standing.DECLARED and bool(named) and is_label_value(model) and named not in other


def _count_invalid(count: int) -> Finding:
    return Finding(
        ID,
        "GpuCountInvalid",
        Status.FAIL,
        "a GPU pool needs at least one GPU a node",
        seen=f"--gpu-count {count}",
        wanted="1 or more",
        next_step="--gpu-count 1",
    )


def _model_unknown(model: str, today: datetime.date) -> Finding:
    near = skus.models_like(model, 2)
    return Finding(
        ID,
        "GpuModelUnknown",
        Status.FAIL,
        f"{model!r} is no NVIDIA GPU of the catalogue",
        seen=f"--gpu-model {model}",
        wanted=f"one of {offered_models(today)}, or the start of one such as a100",
        next_step=" or ".join(f"--gpu-model {name}" for name in near) or "--gpu-model MODEL",
    )


def _model_new(model: str, today: datetime.date) -> Finding:
    return Finding(
        ID,
        "IntentUnverified",
        Status.WARN,
        f"the catalogue knows no GPU model {model!r}, so nothing here can confirm it",
        seen=f"--gpu-model {model}",
        wanted=f"one of {offered_models(today)}",
        next_step="check the spelling: nodes are held to this model",
    )


def _review_model(spec: PoolSpec, sku: Sku) -> Iterator[Finding]:
    if sku.model_id is None:
        yield _model_undocumented(sku) if spec.gpu_model is None else _unverified(sku, f"--gpu-model {spec.gpu_model}")
    elif spec.gpu_model and skus.is_known_model(spec.gpu_model) and not skus.is_model(sku.model_id, spec.gpu_model):
        yield Finding(
            ID,
            "GpuModelMismatch",
            Status.FAIL,
            f"{sku.size} does not have the GPU model that was asked for",
            seen=f"{sku.size}: {sku.describe()} ({sku.model_id})",
            wanted=f"--gpu-model {spec.gpu_model}",
            next_step=_agree(spec, sku, f"--gpu-model {sku.model_id}"),
        )


def _review_count(spec: PoolSpec, sku: Sku) -> Iterator[Finding]:
    if sku.gpu_count is None:
        yield _count_undocumented(sku) if spec.gpu_count is None else _unverified(sku, f"--gpu-count {spec.gpu_count}")
    elif spec.gpu_count is not None and spec.gpu_count != sku.gpu_count:
        yield Finding(
            ID,
            "GpuCountMismatch",
            Status.FAIL,
            f"{sku.size} does not have the number of GPUs that was asked for",
            seen=f"{sku.size}: {sku.describe()}, {count(sku.gpu_count, 'GPU device')} a node",
            wanted=f"--gpu-count {spec.gpu_count}",
            next_step=_agree(spec, sku, f"--gpu-count {sku.gpu_count}"),
        )


def _agree(spec: PoolSpec, sku: Sku, option: str) -> str:
    """Two ways out: a size that fits the words, or words that fit the size."""
    model = spec.gpu_model or sku.model_id
    fitting = skus.sizes_with(model, spec.gpu_count, spec.limits.today)[:SUGGESTED] if model else ()
    return (
        f"{choose_size(fitting)}; or, if the size is right, {option}" if fitting else f"if the size is right, {option}"
    )


def _model_undocumented(sku: Sku) -> Finding:
    return Finding(
        ID,
        "GpuModelUndocumented",
        Status.FAIL,
        f"no public source says which GPU {sku.size} has, so nothing could be expected of its nodes",
        seen=f"{sku.size}: model unknown",
        wanted="the model, in your own words",
        next_step="--gpu-model MODEL",
    )


def _count_undocumented(sku: Sku) -> Finding:
    return Finding(
        ID,
        "GpuCountUnknown",
        Status.FAIL,
        f"no public source says how many GPUs {sku.size} has, so a missing one could not be noticed",
        seen=f"{sku.size}: {sku.describe()}",
        wanted="the number of GPUs a node, in your own words",
        next_step="--gpu-count N",
    )


def _unverified(sku: Sku, option: str) -> Finding:
    return Finding(
        ID,
        "IntentUnverified",
        Status.WARN,
        f"the catalogue cannot confirm {option} for {sku.size}; nodes will be held to your word",
        seen=f"{sku.size}: {sku.describe()}",
        wanted="a documented size",
        next_step="compare with nvidia-smi on the first node",
    )
