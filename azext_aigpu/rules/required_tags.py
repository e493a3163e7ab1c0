"""Tags that the local settings require must be there, so that somebody pays for the pool knowingly."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.finding import Finding, Status
from azext_aigpu.spec import PoolSpec

ID = "required-tags"
READS: tuple[str, ...] = ("tags",)
WAIVABLE = True

USUAL_TAG = "cost-center"


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Refuse a missing or empty required tag; with nothing configured only point out a missing cost center."""
    if spec.limits.required_tags is None:
        if not _has(spec, USUAL_TAG):
            yield _no_cost_center()
        return
    missing = [name for name in spec.limits.required_tags if not _has(spec, name)]
    if missing:
        yield _missing(spec, missing)


def _has(spec: PoolSpec, name: str) -> bool:
    # Azure compares the names of tags without case.
    return any(key.lower() == name.lower() and value.strip() for key, value in spec.tags.items())


def _missing(spec: PoolSpec, missing: list[str]) -> Finding:
    given = ", ".join(sorted(spec.tags)) or "none"
    return Finding(
        ID,
        "TagMissing",
        Status.FAIL,
        f"required tag{'s' if len(missing) > 1 else ''} missing or empty: {', '.join(missing)}",
        seen=f"tags given: {given}",
        wanted=f"a value for each of {', '.join(spec.limits.required_tags or ())} (setting required_tags)",
        next_step="--tags " + " ".join(f"{name}=VALUE" for name in missing),
    )


def _no_cost_center() -> Finding:
    return Finding(
        ID,
        "CostCenterMissing",
        Status.WARN,
        "no tag says who pays for it",
        seen=f"no tag {USUAL_TAG}",
        wanted=f"tag {USUAL_TAG}, or your own list of required tags",
        next_step=f"--tags {USUAL_TAG}=VALUE, or once: az config set aigpu.required_tags={USUAL_TAG}",
    )
