"""For a size that the catalogue does not know, Azure's own answer decides; for one it knows, it is a second witness."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Unknown
from aigpu_contract.skus import Sku
from azext_aigpu.cloud.facts import CloudFacts, SkuOffer
from azext_aigpu.rules.offer import offer_of, region_of
from azext_aigpu.rules.sizes import Standing, refused_elsewhere, standing
from azext_aigpu.spec import PoolSpec

ID = "sku-offered"
READS: tuple[str, ...] = ("node_vm_size", "gpu_model", "gpu_count")
WAIVABLE = False
ARM_ENFORCES = False


def review(spec: PoolSpec, cloud: CloudFacts) -> Iterator[Finding]:
    """Judge an unknown size by what Azure says about it, and compare the GPU count of a known one."""
    stands = standing(spec)
    offer = offer_of(spec, cloud)
    if stands in (Standing.DECLARED, Standing.UNKNOWN):
        if isinstance(offer, Unknown):
            yield _not_asked(spec, offer.reason)
        else:
            yield _review_new(spec, cloud, offer.value, stands is Standing.DECLARED)
    elif stands is Standing.CUDA:
        if not isinstance(offer, Unknown) and spec.sku and offer.value:
            yield from _compare(spec.sku, offer.value)
    else:
        skipped = refused_elsewhere(spec, ID)
        if skipped:
            yield skipped


def _review_new(spec: PoolSpec, cloud: CloudFacts, offer: SkuOffer | None, declared: bool) -> Finding:
    if offer is None:
        return _nobody_knows(spec, cloud)
    if not offer.gpus:
        return _gpus_unconfirmed(spec, cloud) if declared else _no_gpus(spec, cloud)
    if not declared:
        return _intent_needed(offer)
    if offer.gpus != spec.gpu_count:
        return _other_count(spec, offer)
    return Finding(
        ID,
        "SizeNotInCatalogue",
        Status.WARN,
        f"{offer.size} is known to Azure only: {offer.gpus} GPUs, of a maker that Azure's answer does not name",
        seen=f"{offer.size}: GPUs {offer.gpus}, family {offer.family or 'unknown'}",
        wanted="a size of the catalogue",
        next_step="make sure that these are NVIDIA GPUs: Azure's count includes AMD GPUs and FPGAs",
    )


def _compare(sku: Sku, offer: SkuOffer) -> Iterator[Finding]:
    if offer.gpus and sku.gpu_count and offer.gpus != sku.gpu_count:
        yield Finding(
            ID,
            "GpuCountDisagrees",
            Status.WARN,
            f"Azure and the catalogue do not agree on the number of GPUs of {sku.size}",
            seen=f"Azure says {offer.gpus}, the catalogue {sku.gpu_count} ({sku.source.split(';')[0]})",
            wanted="one number",
            next_step=f"count with nvidia-smi on the first node; nodes will be held to {sku.gpu_count}",
        )


def _not_asked(spec: PoolSpec, reason: str) -> Finding:
    return Finding(
        ID,
        "OfferUnknown",
        Status.UNKNOWN,
        f"neither the catalogue nor Azure could say what {spec.node_vm_size} is",
        seen=reason,
        wanted="Azure's answer about this size, or a size of the catalogue",
        next_step="try again, with the permission Microsoft.Compute/skus/read on the subscription, or take a size of "
        "the catalogue",
    )


def _nobody_knows(spec: PoolSpec, cloud: CloudFacts) -> Finding:
    return Finding(
        ID,
        "SizeUnknown",
        Status.FAIL,
        f"neither the catalogue nor Azure in {region_of(cloud)} knows a size {spec.node_vm_size!r}",
        seen=f"{spec.node_vm_size!r}: not offered in {region_of(cloud)}",
        wanted="the name of an NVIDIA GPU size as Azure writes it",
        next_step=f"az aigpu sku list -l {region_of(cloud)} shows what there is",
    )


def _no_gpus(spec: PoolSpec, cloud: CloudFacts) -> Finding:
    return Finding(
        ID,
        "SizeUnknown",
        Status.FAIL,
        f"the catalogue does not know {spec.node_vm_size}, and Azure names no GPU for it",
        seen=f"{spec.node_vm_size}: offered in {region_of(cloud)} without the capability GPUs",
        wanted="an NVIDIA GPU size",
        next_step=f"az aigpu sku list -l {region_of(cloud)} shows what there is",
    )


def _gpus_unconfirmed(spec: PoolSpec, cloud: CloudFacts) -> Finding:
    return Finding(
        ID,
        "GpuNotConfirmed",
        Status.UNKNOWN,
        f"nothing confirms that {spec.node_vm_size} has a GPU: Azure names none, as for CPU sizes and a few new ones",
        seen=f"{spec.node_vm_size}: offered in {region_of(cloud)} without the capability GPUs",
        wanted=f"{spec.gpu_count}x {spec.gpu_model}, as --gpu-count and --gpu-model say",
        next_step="take a size of the catalogue, or a release of aigpu whose catalogue has this size",
    )


def _intent_needed(offer: SkuOffer) -> Finding:
    return Finding(
        ID,
        "IntentNeeded",
        Status.FAIL,
        f"the catalogue does not know {offer.size}, so you must say which GPUs it is meant to have",
        seen=f"{offer.size}: GPUs {offer.gpus} by Azure, family {offer.family or 'unknown'}",
        wanted="the model and the number of GPUs in your own words",
        next_step=f"--gpu-model MODEL --gpu-count {offer.gpus}",
    )


def _other_count(spec: PoolSpec, offer: SkuOffer) -> Finding:
    return Finding(
        ID,
        "GpuCountMismatch",
        Status.FAIL,
        f"Azure offers {offer.size} with another number of GPUs than was asked for",
        seen=f"{offer.size}: GPUs {offer.gpus} by Azure",
        wanted=f"--gpu-count {spec.gpu_count}",
        next_step=f"--gpu-count {offer.gpus}, if the size is right",
    )
