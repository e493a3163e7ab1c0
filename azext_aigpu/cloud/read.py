"""Reads everything that the cloud rules look at: each call once, those that do not wait for each other in parallel."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from aigpu_contract.reading import Reading, Unknown
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.clusters import read_cluster
from azext_aigpu.cloud.facts import CloudFacts, Reservation
from azext_aigpu.cloud.parallel import Started
from azext_aigpu.cloud.pools import read_pools
from azext_aigpu.cloud.prices import PriceFeed, read_prices
from azext_aigpu.cloud.reservations import read_reservations
from azext_aigpu.cloud.skus import read_skus
from azext_aigpu.cloud.usages import read_usages
from azext_aigpu.spec import PoolSpec

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
"""How long one call may take with all its retries; a throttled API can ask for many minutes."""


def read_cloud(
    arm: Arm, prices: PriceFeed, spec: PoolSpec, sizes: Collection[str], seconds: float = PATIENCE_SECONDS
) -> CloudFacts:
    """Return what the cloud says about `spec`; `sizes` are those to judge and to price.

    Raises NotFound where the cluster does not exist.
    """
    cluster_call = Started(lambda: read_cluster(arm, spec.resource_group, spec.cluster_name))
    pools_call = Started(lambda: read_pools(arm, spec.resource_group, spec.cluster_name))
    cluster = _in_time(cluster_call, seconds, "the cluster")
    if isinstance(cluster, Unknown):
        pools = _in_time(pools_call, seconds, "the node pools")
        return _without_region(CloudFacts(cluster=cluster, pools=pools), cluster, spec, sizes)
    region = cluster.value.location
    skus_call = Started(lambda: read_skus(arm, region, sizes))
    usages_call = Started(lambda: read_usages(arm, region))
    prices_call = Started(lambda: read_prices(prices, sizes, region, spec.is_spot))
    reservations_call = _start_reservations(arm, spec)
    return CloudFacts(
        cluster=cluster,
        pools=_in_time(pools_call, seconds, "the node pools"),
        skus=_in_time(skus_call, seconds, "the VM sizes on offer"),
        usages=_in_time(usages_call, seconds, "the vCPU quota"),
        prices=prices_call.result(),
        reservations=_in_time(reservations_call, seconds, "the reservations") if reservations_call else None,
    )


def read_region(
    arm: Arm,
    prices: PriceFeed,
    region: str,
    sizes: Collection[str],
    seconds: float = PATIENCE_SECONDS,
    spot: bool = False,
) -> CloudFacts:
    """Return what a region offers of `sizes`, with quota and prices; no cluster is read."""
    skus_call = Started(lambda: read_skus(arm, region, sizes))
    usages_call = Started(lambda: read_usages(arm, region))
    prices_call = Started(lambda: read_prices(prices, sizes, region, spot))
    return CloudFacts(
        skus=_in_time(skus_call, seconds, "the VM sizes on offer"),
        usages=_in_time(usages_call, seconds, "the vCPU quota"),
        prices=prices_call.result(),
        region=region,
    )


def _in_time(call: Started[Reading[T]], seconds: float, what: str) -> Reading[T]:
    try:
        return call.result(seconds)
    except TimeoutError:
        return Unknown(f"{what} could not be read: Azure did not answer within {seconds:g} s")


def _start_reservations(arm: Arm, spec: PoolSpec) -> Started[Reading[tuple[Reservation, ...]]] | None:
    group = spec.crg_id
    return Started(lambda: read_reservations(arm, group)) if group else None


def _without_region(facts: CloudFacts, cluster: Unknown, spec: PoolSpec, sizes: Collection[str]) -> CloudFacts:
    """Return `facts` with everything that needs the cluster's region unknown for the same reason."""
    unknown = Unknown(f"the region is not known: {cluster.reason}")
    return CloudFacts(
        cluster=facts.cluster,
        pools=facts.pools,
        skus=unknown,
        usages=unknown,
        prices={size.lower(): unknown for size in sizes},
        reservations=unknown if spec.crg_id else None,
    )
