"""Asks Azure about several clusters at the same time, in whatever subscriptions they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from azext_aigpu._errors import refuse
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.cloud.parallel import Started
from azext_aigpu.cloud.read import read_cloud
from azext_aigpu.handlers.session import Session
from azext_aigpu.proposal import Inquiry
from azext_aigpu.spec import PoolSpec

K = TypeVar("K")

AT_ONCE = 4
"""Clusters that are asked about at a time; each question is several calls."""

Arms = Mapping[str, Arm]


def connect(session: Session, subscriptions: Collection[str], origin: str) -> Arms:
    """Return a client for each subscription, by its lower-case id. Exits 1 where the login has not got it.

    `origin` says who names the subscription: `the plan`.
    """
    from azure.cli.core._profile import Profile

    seen: dict[str, Any] = {
        str(one["id"]).lower(): one for one in Profile(cli_ctx=session.cli_ctx).load_cached_subscriptions()
    }
    for subscription in subscriptions:
        if seen and subscription.lower() not in seen:
            refuse(
                f"Your login has no subscription {subscription}, which {origin} names. Nothing was sent.\n"
                "See what it has: az account list -o table   Sign in where it is: az login --tenant TENANT"
            )
    return {subscription.lower(): Arm(session.cli_ctx, subscription) for subscription in subscriptions}


def ask(session: Session, arms: Arms, specs: Mapping[Inquiry, Collection[PoolSpec]]) -> dict[Inquiry, CloudFacts]:
    """Return what the cloud says to each inquiry, for the sizes of its specs. Raises NotFound for a missing cluster."""
    return read_some({inquiry: _reader(session, arms, inquiry, wanted) for inquiry, wanted in specs.items()})


def read_some(readers: Mapping[K, Callable[[], CloudFacts]]) -> dict[K, CloudFacts]:
    """Return what each reader says; `AT_ONCE` of them run side by side."""
    found: dict[K, CloudFacts] = {}
    waiting = list(readers.items())
    for start in range(0, len(waiting), AT_ONCE):
        calls = [(key, Started(read)) for key, read in waiting[start : start + AT_ONCE]]
        found.update({key: call.result() for key, call in calls})
    return found


def _reader(session: Session, arms: Arms, inquiry: Inquiry, specs: Collection[PoolSpec]) -> Any:
    arm = arms[inquiry.cluster.subscription.lower()]
    sizes = tuple(dict.fromkeys(spec.node_vm_size for spec in specs if spec.node_vm_size))
    spec = next(iter(specs))
    return lambda: read_cloud(arm, session.price_feed, spec, sizes)
