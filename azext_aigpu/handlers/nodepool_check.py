"""`az aigpu nodepool check`: the rules over the pools that run, whoever made them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aigpu_contract.reading import Known, Unknown
from azext_aigpu import audit
from azext_aigpu.audit import Judged, Policy
from azext_aigpu.audit.report import Report
from azext_aigpu.cloud.clusters import read_cluster
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.cloud.pools import read_pools
from azext_aigpu.cloud.prices import read_node_prices
from azext_aigpu.cloud.resource_graph import Estate, GraphCluster, Unreadable, read_management_group, read_subscriptions
from azext_aigpu.cluster_id import ClusterId
from azext_aigpu.drift import NO_POOL, add_drift, address_of
from azext_aigpu.foreign.azure_body import CLUSTER, read_resource
from azext_aigpu.foreign.resources import EXISTS, Item, Place, Unread
from azext_aigpu.handlers.drift import Clouds, find_drift, read_clouds, read_wanted, unread_parts
from azext_aigpu.handlers.reporting import conclude
from azext_aigpu.handlers.session import Session, known, open_session
from azext_aigpu.specs.parse import Wanted
from azext_aigpu.usage import UsageError

if TYPE_CHECKING:
    from azext_aigpu.cloud.arm import Arm


def check_nodepools(
    cmd: Any,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    all_subscriptions: bool = False,
    management_group: str | None = None,
    gpu_pools: tuple[str, ...] | None = None,
    waive: Mapping[str, str] | None = None,
    strict: bool = False,
    sarif: str | None = None,
    spec: list[str] | None = None,
    overlay: list[str] | None = None,
) -> dict[str, Any]:
    """Judge the pools of a cluster, a subscription, all of them, a management group, or the clusters of specs.

    Exits 4 and 5 by the verdict.
    """
    _check_scope(resource_group_name, cluster_name, all_subscriptions, management_group)
    _check_specs(spec, overlay, all_subscriptions or management_group is not None)
    session = open_session(cmd)
    if spec:
        only = (resource_group_name, cluster_name) if resource_group_name and cluster_name else None
        policy = Policy(session.limits, gpu_pools or (), waive or {})
        return conclude(session, _hold_to_specs(session, spec, overlay or [], only, policy, strict), sarif)
    if cluster_name and resource_group_name:
        items = tuple(_read_cluster(session, resource_group_name, cluster_name))
    else:
        items = tuple(build_items(_read_estate(session, all_subscriptions, management_group)))
    judged = _judge(session, items, Policy(session.limits, gpu_pools or (), waive or {}))
    return conclude(session, Report(judged, strict), sarif)


def _judge(session: Session, items: Sequence[Item], policy: Policy) -> tuple[Judged, ...]:
    """Return the items judged, and priced by the price feed: it is asked for those alone that have a cost."""
    kinds = audit.node_kinds(audit.judge_items(items, policy), policy)
    priced = dataclasses.replace(policy, prices=read_node_prices(session.price_feed, kinds))
    judged = audit.judge_items(items, priced)
    return judged + tuple(audit.judge_missing((), name) for name in audit.missing_names(items, policy.gpu_pools))


def _hold_to_specs(
    session: Session,
    files: Sequence[str],
    overlays: Sequence[str],
    only: tuple[str, str] | None,
    policy: Policy,
    strict: bool,
) -> Report:
    """Return what the rules say about the pools of the clusters, and in what they differ from the specs."""
    cluster = ClusterId(session.subscription, *only) if only else None
    wanted, elsewhere = read_wanted(session, files, overlays, cluster)
    clouds = read_clouds(session, wanted)
    items = [*_pools_of_specs(wanted, clouds), *unread_parts(wanted, clouds)]
    named = frozenset(address_of(pool.cluster, pool.spec.name).lower() for pool in wanted)
    judged = _judge(session, items, dataclasses.replace(policy, spec_pools=named))
    drift = find_drift(wanted, clouds, files, overlays, elsewhere)
    return Report(add_drift(judged, drift, wanted), strict, drift)


def _pools_of_specs(wanted: Sequence[Wanted], clouds: Clouds) -> Iterator[Item]:
    for key, cluster in {pool.cluster.key: pool.cluster for pool in wanted}.items():
        facts = clouds[key]
        if isinstance(facts.pools, Known):
            location = facts.cluster.value.location if isinstance(facts.cluster, Known) else ""
            yield from _pools_of(GraphCluster(str(cluster), location, _profiles(facts.pools.value)))


def _check_specs(spec: list[str] | None, overlay: list[str] | None, wide: bool) -> None:
    if overlay and not spec:
        raise UsageError("--overlay was given without --spec.", "Give the specs that it is laid over: --spec FILE")
    if spec and wide:
        raise UsageError(
            "--spec names its clusters, and a wider scope was given.",
            "Leave --all-subscriptions and --management-group out, or look at them without --spec.",
        )


def _check_scope(group: str | None, cluster: str | None, everywhere: bool, management_group: str | None) -> None:
    scopes = [bool(group or cluster), everywhere, management_group is not None]
    if sum(scopes) > 1:
        raise UsageError(
            "More than one scope was given.",
            "Give one of them: -g GROUP --cluster-name CLUSTER | --all-subscriptions | --management-group NAME; "
            "without any it is the subscription in use.",
        )
    if bool(group) != bool(cluster):
        given, missing = ("--resource-group", "--cluster-name") if group else ("--cluster-name", "--resource-group")
        raise UsageError(
            f"{given} was given without {missing}.",
            "A cluster is named by both: -g GROUP --cluster-name CLUSTER",
        )


def build_items(estate: Estate) -> Iterator[Item]:
    """Yield the pools of an estate, and each scope that could not be read."""
    for cluster in estate.clusters:
        yield from _pools_of(cluster)
    for lost in estate.unreadable:
        yield Unread(Place("", lost.scope, EXISTS), lost.reason)


def _pools_of(cluster: GraphCluster) -> Iterator[Item]:
    place = Place("", cluster.id, EXISTS, location=cluster.location or None)
    # An empty list is no answer either: a cluster has a system pool at least.
    listed = isinstance(cluster.profiles, list) and bool(cluster.profiles)
    profiles = cluster.profiles if listed else Unknown(NO_POOL)
    for item in read_resource(CLUSTER, {"properties": {"agentPoolProfiles": profiles}}, place):
        address = item.place.address.replace("/agentPoolProfiles/", "/agentPools/")
        yield dataclasses.replace(item, place=dataclasses.replace(item.place, address=address))


def _read_cluster(session: Session, group: str, name: str) -> Iterator[Item]:
    """Yield the pools of one cluster, read from AKS itself."""
    arm = session.connect()
    cluster = known(read_cluster(arm, group, name))
    pools = known(read_pools(arm, group, name))
    yield from _pools_of(GraphCluster(cluster.id, cluster.location, _profiles(pools)))


def _profiles(pools: Sequence[Pool]) -> list[dict[str, Any]]:
    return [{**pool.properties, "name": pool.name} for pool in pools]


def _read_estate(session: Session, everywhere: bool, management_group: str | None) -> Estate:
    if management_group is not None:
        return read_management_group(session.connect(), management_group)
    if everywhere:
        return _read_everything(session)
    arm = session.connect()
    return read_subscriptions(arm, (arm.subscription,))


def _read_everything(session: Session) -> Estate:
    """Return the clusters of every subscription that `az account list` shows, a question for each tenant."""
    from azure.cli.core._profile import Profile

    profile = Profile(cli_ctx=session.cli_ctx)
    subscriptions = profile.load_cached_subscriptions()
    if not subscriptions:
        profile.get_subscription()  # raises azure-cli's own words: Please run 'az login'
    estate = Estate()
    tenants: dict[str, list[str]] = {}
    for one in subscriptions:
        if one.get("state") == "Enabled":
            tenants.setdefault(str(one.get("tenantId")), []).append(str(one["id"]))
        else:
            lost = Unreadable(f"subscription {one.get('id')}", f"its state is {one.get('state')}")
            estate += Estate(unreadable=(lost,))
    for ids in tenants.values():
        estate += read_subscriptions(_connect(session, ids[0]), ids)
    return estate


def _connect(session: Session, subscription: str) -> Arm:
    from azext_aigpu.cloud.arm import Arm

    return Arm(session.cli_ctx, subscription)
