"""What `add` goes down: the size asked for, then `--try-sizes`, each in the zones asked for or to try. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from aigpu_contract.finding import Finding, Status
from azext_aigpu import review
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.plan import Plan, propose
from azext_aigpu.spec import PoolSpec


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One size in one place, judged: `stops` are the findings that keep it from being sent."""

    plan: Plan
    stops: tuple[Finding, ...]

    @property
    def title(self) -> str:
        """Return the attempt in words: `Standard_NC24ads_A100_v4 in zone 2`."""
        zones = self.plan.spec.zones
        return f"{self.plan.spec.node_vm_size}" + (f" in zone {', '.join(zones)}" if zones else "")


def build_attempts(spec: PoolSpec, sizes: Sequence[str], zones: Sequence[str]) -> tuple[PoolSpec, ...]:
    """Return the specs to try, in order: every zone of the first size, then of the next.

    Each zone of `zones` stands alone, because a pool over several zones fails when one of them is full.
    """
    places: list[tuple[str, ...] | None] = [(zone,) for zone in zones] or [spec.zones]
    every_size = [spec.node_vm_size, *(size for size in sizes if size != spec.node_vm_size)]
    return tuple(dataclasses.replace(spec, node_vm_size=size, zones=place) for size in every_size for place in places)


def review_offline(specs: Sequence[PoolSpec], strict: bool) -> tuple[tuple[Finding, ...], ...]:
    """Return, for each spec, the findings of the rules that need no network and that stop it."""
    return tuple(review.stopping(review.review_spec(spec), strict) for spec in specs)


def judge_attempt(spec: PoolSpec, cloud: CloudFacts, strict: bool, headers: Mapping[str, str] | None = None) -> Attempt:
    """Return `spec` judged by every rule, with the plan that would create it."""
    findings = review.review_spec(spec) + review.review_cloud(spec, cloud)
    told = tuple(finding for finding in findings if finding.status is not Status.PASS)
    return Attempt(propose(spec, cloud, told, headers), review.stopping(findings, strict))
