"""The GPU model must be among those that the local settings allow."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract import skus
from aigpu_contract.finding import Finding, Status
from azext_aigpu.rules.sizes import refused_elsewhere
from azext_aigpu.spec import PoolSpec

ID = "allowed-models"
READS: tuple[str, ...] = ("node_vm_size", "gpu_model")
WAIVABLE = True


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Compare the model with the setting `allowed_models`; without the setting there is nothing to say."""
    if spec.limits.allowed_models is None:
        return
    skipped = refused_elsewhere(spec, ID)
    if skipped:
        yield skipped
        return
    model = (spec.sku.model_id if spec.sku else None) or spec.gpu_model
    if model is None:
        yield _unknown(spec)
    elif not any(skus.is_model(model.strip().lower(), allowed) for allowed in spec.limits.allowed_models):
        yield _not_allowed(spec, model)


def _not_allowed(spec: PoolSpec, model: str) -> Finding:
    return Finding(
        ID,
        "ModelNotAllowed",
        Status.FAIL,
        f"the setting allowed_models does not allow {model}",
        seen=f"{spec.node_vm_size}: {model}",
        wanted=_allowed(spec),
        next_step=f"take an allowed model, or --waive {ID}='who agreed to it'",
    )


def _unknown(spec: PoolSpec) -> Finding:
    return Finding(
        ID,
        "GpuModelUndocumented",
        Status.UNKNOWN,
        f"the GPU model of {spec.node_vm_size} is not documented, so it cannot be compared with allowed_models",
        seen=f"{spec.node_vm_size}: model unknown",
        wanted=_allowed(spec),
        next_step="--gpu-model MODEL",
    )


def _allowed(spec: PoolSpec) -> str:
    return f"one of {', '.join(spec.limits.allowed_models or ()) or '(none: the setting is empty)'}"
