"""Holds the pools that run against the specs that ask for them: what `nodepool plan` would do is the drift. Pure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.rendering import printable
from azext_aigpu import inventory
from azext_aigpu.audit import Judged
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.cluster_id import ClusterId
from azext_aigpu.foreign.resources import ForeignPool, Place
from azext_aigpu.plan import CREATE, Change
from azext_aigpu.pool_changes import CHANGEABLE
from azext_aigpu.proposal import BROKEN, Step, inquiry_of, propose
from azext_aigpu.specs.parse import Wanted

DRIFT = "drift"
NO_POOL = "Azure's answer lists no node pool at all, and every cluster has a system pool"
_DRIFTED, _MISSING = "PoolDrifted", "PoolMissing"


@dataclass(frozen=True)
class Drift:
    """What came of the specs: findings by the lower-case resource id of each pool that they name.

    `unnamed` are the pools of these clusters that no spec names; `elsewhere` counts the pools of the specs whose
    clusters were not looked at.
    """

    findings: Mapping[str, tuple[Finding, ...]]
    unnamed: tuple[str, ...] = ()
    elsewhere: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the counts, and the pools that no spec names, as JSON data."""
        return {
            "pools": len(self.findings),
            "asAsked": self._count("Passed"),
            "drifted": self._count(_DRIFTED, "PoolLeftFailed"),
            "missing": self._count(_MISSING),
            "unknown": self._count("PoolsUnknown", "PoolUnreadable"),
            "otherClusters": self.elsewhere,
            "notNamed": list(self.unnamed),
        }

    def line(self) -> str:
        """Return the same in words."""
        data = self.to_json()
        text = (
            f"{data['pools']} named by specs: {data['asAsked']} as asked for, {data['drifted']} drifted, "
            f"{data['missing']} missing, {data['unknown']} not known."
        )
        if self.elsewhere:
            text += f" {self.elsewhere} more in other clusters, not looked at."
        names = ", ".join(_short(address) for address in self.unnamed)
        return text + printable(f" {len(self.unnamed)} named by no spec{': ' if names else ''}{names}.")

    def _count(self, *reasons: str) -> int:
        return sum(any(finding.reason in reasons for finding in each) for each in self.findings.values())


def address_of(cluster: ClusterId, name: str) -> str:
    """Return the resource id of a pool."""
    return f"{cluster}/agentPools/{name}"


def judge_drift(wanted: Sequence[Wanted], clouds: Mapping[str, CloudFacts], review: str, elsewhere: int = 0) -> Drift:
    """Return how the pools of `clouds` (by the key of the cluster) differ from what `wanted` asks for.

    `review` is the command that shows what would put it right.
    """
    findings: dict[str, tuple[Finding, ...]] = {}
    readable = []
    for pool in wanted:
        pools = clouds[pool.cluster.key].pools
        unread = pools.reason if isinstance(pools, Unknown) else "" if pools.value else NO_POOL
        if unread:
            findings[_key(pool)] = (_unknown("PoolsUnknown", unread, _list_pools(pool.cluster)),)
        else:
            readable.append(pool)
    # Quota, sizes and prices are not asked for: rules over them do not tell what differs.
    facts = {inquiry_of(pool): clouds[pool.cluster.key] for pool in readable}
    proposal = propose(readable, facts, replace_failed=True)
    for pool, step in zip(readable, proposal.steps, strict=True):
        findings[_key(pool)] = tuple(_review_step(step, pool, facts[inquiry_of(pool)], review)) or (_passed(),)
    unnamed = tuple(address_of(other.cluster, other.pool.name) for other in proposal.untouched)
    return Drift(findings, unnamed, elsewhere)


def add_drift(judged: Iterable[Judged], drift: Drift, wanted: Sequence[Wanted]) -> tuple[Judged, ...]:
    """Return what was judged with the drift of each pool, and the pools that Azure did not show as further ones."""
    held, shown = [], set()
    for one in judged:
        key = one.item.place.address.lower()
        shown.add(key)
        held.append(dataclasses.replace(one, findings=one.findings + drift.findings.get(key, ())))
    for pool in wanted:
        if _key(pool) not in shown:
            place = Place("", address_of(pool.cluster, pool.spec.name), "", pool.spec.name)
            held.append(Judged(ForeignPool(place, {}), "", "spec", findings=drift.findings[_key(pool)]))
    return tuple(held)


def _list_pools(cluster: ClusterId) -> str:
    where = f"-g {cluster.resource_group} --cluster-name {cluster.name} --subscription {cluster.subscription}"
    return f"see whether they can be listed: az aks nodepool list {where}; then try again"


def is_missing(judged: Judged) -> bool:
    """Return whether what was judged is a pool that a spec asks for and that Azure has not got."""
    return any((finding.id, finding.reason) == (DRIFT, _MISSING) for finding in judged.findings)


def _key(pool: Wanted) -> str:
    return address_of(pool.cluster, pool.spec.name).lower()


def _review_step(step: Step, wanted: Wanted, cloud: CloudFacts, review: str) -> Iterator[Finding]:
    pool = step.before
    if step.leftover is not None:
        problem = "the pool is Failed and has no node"
        yield _fail("PoolLeftFailed", problem, "Failed, 0 nodes", str(wanted.place), f"{review} --replace-failed")
        return
    if step.plan.action == CREATE or pool is None:
        yield _fail(_MISSING, "a spec asks for this pool, and Azure has none", _absence(wanted, cloud), "", review)
        return
    unread = _why_unreadable(step)
    if unread is not None:
        yield _unknown("PoolUnreadable", unread, "az aks nodepool show")
        return
    changes = list(step.plan.changes)
    if pool.provisioning_state in BROKEN:
        changes.append(Change("provisioningState", pool.provisioning_state, "Succeeded"))
    for change in changes:
        yield _describe(change, wanted, review)


def _absence(wanted: Wanted, cloud: CloudFacts) -> str:
    pools = cloud.pools.value if isinstance(cloud.pools, Known) else ()
    going = any(pool.name == wanted.spec.name for pool in pools)
    return "it is being deleted" if going else f"pools: {', '.join(pool.name for pool in pools) or 'none'}"


def _why_unreadable(step: Step) -> str | None:
    """Return why the pool of a step cannot be compared: a value that is absent must not pass for a 0."""
    pool, spec = step.before, step.plan.spec
    if pool is None or pool.properties.get("count") is None:
        return "Azure's answer has no count"
    read = inventory.spec_of(pool, spec.resource_group, spec.cluster_name, spec.limits)
    return read.reason if isinstance(read, Unknown) else None


def _describe(change: Change, wanted: Wanted, review: str) -> Finding:
    fixed = change.path not in CHANGEABLE and change.path != "provisioningState"
    problem = f"{change.path} is not as the spec says" + (", and no pool can change it" if fixed else "")
    seen, asked = _differing(change.before, change.after)
    return _fail(_DRIFTED, problem, _say(seen), f"{_say(asked)} ({wanted.place})", review)


def _differing(before: Any, after: Any) -> tuple[Any, Any]:
    """Return of two mappings only what differs, and anything else whole."""
    if not isinstance(before or {}, Mapping) or not isinstance(after or {}, Mapping):
        return before, after
    one, other = dict(before or {}), dict(after or {})
    keys = sorted(key for key in {*one, *other} if one.get(key) != other.get(key))
    return {key: one[key] for key in keys if key in one}, {key: other[key] for key in keys if key in other}


def _say(value: Any) -> str:
    return "none" if value is None or value in ({}, []) else json.dumps(value, ensure_ascii=False)


def _fail(reason: str, problem: str, seen: str, wanted: str, step: str) -> Finding:
    return Finding(DRIFT, reason, Status.FAIL, problem, seen=seen, wanted=wanted, next_step=step)


def _unknown(reason: str, seen: str, step: str) -> Finding:
    problem = "this pool could not be held against its spec"
    return Finding(DRIFT, reason, Status.UNKNOWN, problem, seen=seen, next_step=step)


def _passed() -> Finding:
    return Finding(DRIFT, "Passed", Status.PASS, "")


def _short(address: str) -> str:
    parts = address.split("/")
    return f"{parts[-3]}/{parts[-1]}"
