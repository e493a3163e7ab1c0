"""Judges the things of a document one by one, each as the earlier ones leave quota and reservations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from azext_aigpu.audit.intent import gpu_sizes
from azext_aigpu.audit.judged import Judged
from azext_aigpu.audit.machines import judge_machine, machine_specs
from azext_aigpu.audit.policy import Policy
from azext_aigpu.audit.pools import build_spec, judge_pool
from azext_aigpu.audit.regions import cloud_of
from azext_aigpu.audit.unseen import unknown
from azext_aigpu.claims import Claims
from azext_aigpu.foreign.resources import (
    EXISTS,
    UNCHANGED,
    ForeignMachine,
    ForeignPlan,
    ForeignPool,
    Item,
    Place,
    Unread,
)
from azext_aigpu.spec import PoolSpec


def judge_items(items: Sequence[Item], policy: Policy) -> tuple[Judged, ...]:
    """Return the things of one document, judged in their order; what one takes is no longer there for the next.

    What has no GPU size takes of the region's quota too, and is counted first, as nobody judges it by its quota.
    """
    claims = NOTHING_BEFORE
    for item in items:
        if not _is_gpu(item):
            claims = _claim(item, policy, claims)
    judged = []
    for item in items:
        judged.append(judge_item(item, policy, claims))
        if _is_gpu(item):
            claims = _claim(item, policy, claims)
    return tuple(judged)


NOTHING_BEFORE = Claims()


def judge_item(item: Item, policy: Policy, claims: Claims = NOTHING_BEFORE) -> Judged:
    """Return one thing, judged; `claims` are what the earlier ones of its document take."""
    if isinstance(item, ForeignPool):
        return judge_pool(item, policy, claims)
    if isinstance(item, ForeignMachine):
        return judge_machine(item, policy, claims)
    problem = "this part could not be looked into, and pools may be in it"
    step = _READ_IT if item.place.action == EXISTS else _SHOW_IT
    return Judged(item, "", findings=(unknown("part-readable", "PartUnreadable", problem, item.reason, step),))


_SHOW_IT = "put it into the file that is checked, or check it by itself"
_READ_IT = "see what Azure says of it (az aks nodepool list), then check again"


def _is_gpu(item: Item) -> bool:
    return isinstance(item, (ForeignPool, ForeignMachine)) and bool(gpu_sizes(item))


def _claim(item: Item, policy: Policy, claims: Claims) -> Claims:
    """Return the claims with those of one thing; what runs already, and stays as it is, is in Azure's own count."""
    if item.place.action in (EXISTS, UNCHANGED):
        return claims
    for spec in _specs_of(item, policy):
        cloud = cloud_of(item.place, policy)
        if cloud is not None:
            claims = claims.add(spec, claims.leave(cloud, spec))
    return claims


def _specs_of(item: Item, policy: Policy) -> tuple[PoolSpec, ...]:
    if isinstance(item, ForeignPool):
        return (build_spec(item, policy),)
    return machine_specs(item, policy) if isinstance(item, ForeignMachine) else ()


def missing_names(items: Iterable[Item], names: Collection[str]) -> tuple[str, ...]:
    """Return the `names` that nothing among `items` has."""
    listed = list(items)
    return tuple(name for name in names if not any(item.place.is_called(name) for item in listed))


def judge_missing(plans: Sequence[ForeignPlan], name: str) -> Judged:
    """Return what is said about a name of `--gpu-pools` that nothing has: what it stands for was not looked at."""
    gone = any(name.lower() == one.lower() for plan in plans for one in plan.deleted)
    problem = f"--gpu-pools names {name!r}, and " + ("it is deleted" if gone else "nothing of that name is there")
    seen = f"{sum(len(plan.items) for plan in plans)} pools, machines and parts"
    finding = unknown("intent", "NamedPoolMissing", problem, seen, "correct the name, or leave it out")
    file = plans[0].file if len(plans) == 1 else ""
    return Judged(Unread(Place(file, f"--gpu-pools {name}", "", name), problem), "", findings=(finding,))
