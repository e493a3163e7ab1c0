"""The part of `az aigpu nodepool check` that holds the pools of clusters against specs."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from aigpu_contract.reading import Unknown
from azext_aigpu.cloud.clusters import read_cluster
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.cloud.pools import read_pools
from azext_aigpu.cluster_id import ClusterId
from azext_aigpu.drift import Drift, judge_drift
from azext_aigpu.foreign.resources import EXISTS, Item, Place, Unread
from azext_aigpu.handlers.session import Session
from azext_aigpu.handlers.spec_files import read_specs
from azext_aigpu.specs.parse import Wanted
from azext_aigpu.usage import UsageError

if TYPE_CHECKING:
    from azext_aigpu.cloud.arm import Arm

Clouds = Mapping[str, CloudFacts]
"""What was read of each cluster, by its key."""


def read_wanted(
    session: Session, files: Sequence[str], overlays: Sequence[str], only: ClusterId | None
) -> tuple[tuple[Wanted, ...], int]:
    """Return the pools that the specs ask for, of the cluster `only` if it is given, and how many that leaves out."""
    every = read_specs(files, overlays, session.limits, "--spec")
    wanted = tuple(pool for pool in every if only is None or pool.cluster.key == only.key)
    if not wanted:
        raise UsageError(
            f"No spec names a pool of cluster {only}.",
            "They name " + ", ".join(sorted({str(pool.cluster) for pool in every})) + "; leave -g and --cluster-name "
            "out to look at all of them.",
        )
    return wanted, len(every) - len(wanted)


def read_clouds(session: Session, wanted: Sequence[Wanted]) -> dict[str, CloudFacts]:
    """Return the clusters that `wanted` names, with their pools. Raises NotFound for one that is not there."""
    from azext_aigpu.handlers.asking import connect, read_some

    clusters = {pool.cluster.key: pool.cluster for pool in wanted}
    subscriptions = sorted({cluster.subscription.lower() for cluster in clusters.values()})
    arms = connect(session, subscriptions, "a spec")
    return read_some({key: _reader(arms[one.subscription.lower()], one) for key, one in clusters.items()})


def _reader(arm: Arm, cluster: ClusterId) -> Callable[[], CloudFacts]:
    def read() -> CloudFacts:
        group, name = cluster.resource_group, cluster.name
        return CloudFacts(cluster=read_cluster(arm, group, name), pools=read_pools(arm, group, name))

    return read


def unread_parts(wanted: Sequence[Wanted], clouds: Clouds) -> Iterator[Item]:
    """Yield each cluster that could not be read: pools that no spec names may be in it."""
    for key, cluster in {pool.cluster.key: pool.cluster for pool in wanted}.items():
        for part in (clouds[key].cluster, clouds[key].pools):
            if isinstance(part, Unknown):
                yield Unread(Place("", str(cluster), EXISTS), part.reason)


def find_drift(
    wanted: Sequence[Wanted], clouds: Clouds, files: Sequence[str], overlays: Sequence[str], elsewhere: int
) -> Drift:
    """Return the drift, with the `nodepool plan` of the same files as the next step."""
    words = ["az", "aigpu", "nodepool", "plan", "-f", *files, *(["--overlay", *overlays] if overlays else [])]
    return judge_drift(wanted, clouds, shlex.join(words), elsewhere)
