"""The size must not be retired; one that is soon to be, in preview or of undocumented state is pointed out."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.finding import Finding, Status
from aigpu_contract.rendering import count
from aigpu_contract.skus import Sku
from azext_aigpu.rules.sizes import choose_size, refused_elsewhere, suggest
from azext_aigpu.spec import PoolSpec

ID = "sku-not-retired"
READS: tuple[str, ...] = ("node_vm_size",)
WAIVABLE = False

WARNING_DAYS = 180


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Judge the size by its retirement date and its lifecycle on the day of `spec.limits`."""
    skipped = refused_elsewhere(spec, ID)
    if skipped:
        yield skipped
    elif spec.sku is not None:
        yield from _review_sku(spec, spec.sku)


def _review_sku(spec: PoolSpec, sku: Sku) -> Iterator[Finding]:
    instead = choose_size(suggest(spec, sku.vcpus))
    if sku.is_retired(spec.limits.today):
        yield _retired(sku, instead)
    elif sku.retirement_date is not None:
        days = (sku.retirement_date - spec.limits.today).days
        if days <= WARNING_DAYS:
            yield _retiring(sku, days, instead)
    elif sku.lifecycle == "preview":
        yield _preview(sku)
    elif sku.lifecycle != "ga":
        yield _unknown(sku)


def _retired(sku: Sku, instead: str) -> Finding:
    when = f" on {sku.retirement_date}" if sku.retirement_date else ""
    return Finding(
        ID,
        "SizeRetired",
        Status.FAIL,
        f"{sku.size} was retired{when}: Azure makes no new node of it",
        seen=f"{sku.size}: {sku.describe()}, retired{when}",
        wanted="a size that Azure still offers",
        next_step=instead,
    )


def _retiring(sku: Sku, days: int, instead: str) -> Finding:
    return Finding(
        ID,
        "SizeRetiring",
        Status.WARN,
        f"{sku.size} will be retired in {count(days, 'day')}; its nodes stop then",
        seen=f"{sku.size}: retires on {sku.retirement_date}",
        wanted=f"a size that stays for more than {WARNING_DAYS} days",
        next_step=instead,
    )


def _preview(sku: Sku) -> Finding:
    return Finding(
        ID,
        "PreviewSize",
        Status.WARN,
        f"{sku.size} is in preview: Azure may change or withdraw it, and gives no service level for it",
        seen=f"{sku.size}: lifecycle preview",
        wanted="a size in general availability",
        next_step="go on if your subscription is registered for the preview",
    )


def _unknown(sku: Sku) -> Finding:
    return Finding(
        ID,
        "LifecycleUnknown",
        Status.WARN,
        f"no public page says whether {sku.size} is offered, in preview or retired",
        seen=f"{sku.size}: {sku.describe()}, lifecycle not documented",
        wanted="a size in general availability",
        next_step="ask your Azure contact; Azure itself refuses a size that it no longer offers",
    )
