"""The first nodes and their surge must fit the vCPU quotas that the subscription has left in the region."""

from __future__ import annotations

from collections.abc import Iterator

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Unknown
from aigpu_contract.rendering import count
from azext_aigpu.cloud.facts import CloudFacts, Usage
from azext_aigpu.rules.capacity import Room, read_room, surge_nodes, unread_relief
from azext_aigpu.rules.offer import region_of, step_to_read
from azext_aigpu.rules.sizes import refused_elsewhere
from azext_aigpu.spec import PoolSpec

ID = "quota"
READS: tuple[str, ...] = (
    "node_vm_size",
    "node_count",
    "min_count",
    "max_count",
    "enable_cluster_autoscaler",
    "priority",
    "crg_id",
    "max_surge",
)
WAIVABLE = False
ARM_ENFORCES = True


def review(spec: PoolSpec, cloud: CloudFacts) -> Iterator[Finding]:
    """Refuse a pool whose first nodes do not fit; point out where its largest size would not."""
    skipped = refused_elsewhere(spec, ID)
    if skipped:
        yield skipped
        return
    room = read_room(spec, cloud)
    surge = surge_nodes(spec, spec.first_nodes)
    if isinstance(room, Unknown):
        yield _unknown(spec, "the quota could not be compared", room.reason, step_to_read(cloud, _PERMISSION))
    elif surge is None:
        seen = f"--max-surge {spec.max_surge}"
        yield _unknown(spec, "the number of surge nodes is not readable", seen, "--max-surge 1, or a percentage")
    else:
        yield from _review_room(spec, cloud, room.value, surge)


def _review_room(spec: PoolSpec, cloud: CloudFacts, room: Room, surge: int) -> Iterator[Finding]:
    # A pool that does not grow takes nothing more, whatever the quota has become since.
    grows = spec.first_nodes > room.covered
    nodes = spec.first_nodes + surge if grows else room.covered
    most = spec.most_nodes
    if room.too_small(nodes):
        unread = list(unread_relief(spec, cloud))
        if room.exceeds_limit(spec.first_nodes):
            yield _exceeded(spec, cloud, room, surge)
        elif unread:
            step = "try again, with the right to read pools and reservations, or let Azure decide"
            yield _unknown(spec, "nodes that need no quota could not be counted", "; ".join(unread), step)
        elif not room.too_small_at_best(nodes):
            why = "what stands before it may take vCPUs, and how many of them it has already is not told"
            step = f"look at it when they are there, or {_ask(room.too_small(nodes), cloud)}"
            yield _unknown(spec, why, describe_usages(room.too_small(nodes)), step)
        else:
            yield _exceeded(spec, cloud, room, surge)
    elif most is None:
        yield _unknown(spec, "nobody says how many nodes there may be", "no number of nodes", "say the number of nodes")
    elif room.too_small(most):
        yield _too_small_for_most(cloud, room, most)


def _exceeded(spec: PoolSpec, cloud: CloudFacts, room: Room, surge: int) -> Finding:
    nodes = spec.first_nodes + surge
    return Finding(
        ID,
        "QuotaExceeded",
        Status.FAIL,
        f"{_nodes(spec.first_nodes, surge)} of {spec.node_vm_size} do not fit the vCPU quota in {region_of(cloud)}",
        seen=describe_usages(room.too_small(nodes)),
        wanted=f"{room.needed(nodes)} vCPUs free: {_sum(room, nodes)}",
        next_step=_ways_out(spec, room, surge) + _ask(room.too_small(nodes), cloud),
    )


def _too_small_for_most(cloud: CloudFacts, room: Room, most: int) -> Finding:
    return Finding(
        ID,
        "QuotaTooSmallForMost",
        Status.WARN,
        f"the pool cannot grow to its {most} nodes: the vCPU quota in {region_of(cloud)} ends before",
        seen=f"{describe_usages(room.too_small(most))}; room for {count(room.most_nodes(), 'node')}",
        wanted=f"{room.needed(most)} vCPUs free: {_sum(room, most)}",
        next_step=f"--max-count {max(room.most_nodes(), 1)}, or {_ask(room.too_small(most), cloud)}",
    )


def describe_usages(usages: tuple[Usage, ...]) -> str:
    """Return quotas in words: `cores: 90 of 100 vCPUs used, 4 for what stands before it, 6 left`."""
    return "; ".join(_describe_usage(item) for item in usages)


def _describe_usage(usage: Usage) -> str:
    claimed = f", {usage.claimed} for what stands before it" if usage.claimed else ""
    perhaps = f", perhaps {usage.perhaps} for what stands before it" if usage.perhaps else ""
    return f"{usage.name}: {usage.current} of {usage.limit} vCPUs used{claimed}{perhaps}, {usage.left} left"


def _nodes(first: int, surge: int) -> str:
    nodes = count(first, "node")
    return nodes if not surge else f"{nodes} and {count(surge, 'surge node')}"


def _sum(room: Room, nodes: int) -> str:
    parts = [f"{count(nodes, 'node')} x {room.vcpus} vCPUs"]
    parts += [f"less {room.covered} that exist"] if room.covered else []
    parts += [f"less {room.reserved} reserved"] if room.reserved else []
    return ", ".join(parts)


def _ways_out(spec: PoolSpec, room: Room, surge: int) -> str:
    if surge and not room.too_small(spec.first_nodes):
        return "--max-surge 0 --max-unavailable 1 (upgrades without surge nodes), or "
    left = room.most_nodes() - surge
    return f"--node-count {left}, or " if left >= 1 and spec.node_count and left < spec.node_count else ""


def _ask(usages: tuple[Usage, ...], cloud: CloudFacts) -> str:
    names = " and ".join(usage.name for usage in usages)
    return f"ask for more of {names} in {region_of(cloud)} (Azure portal: Quotas), or try another size or region"


_PERMISSION = "Microsoft.Compute/locations/usages/read"


def _unknown(spec: PoolSpec, why: str, seen: str, step: str) -> Finding:
    return Finding(
        ID,
        "QuotaUnknown",
        Status.UNKNOWN,
        f"it is not known whether {spec.node_vm_size} fits the vCPU quota: {why}",
        seen=seen,
        wanted="the quota's limit and use",
        next_step=step,
    )
