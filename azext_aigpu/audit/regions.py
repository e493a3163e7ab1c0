"""The rules over a region: by Azure's answer as the earlier things leave it, or offline by the price alone."""

from __future__ import annotations

import dataclasses

from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu import review
from azext_aigpu.audit.policy import Policy
from azext_aigpu.claims import Claims
from azext_aigpu.cloud.facts import CloudFacts, Price
from azext_aigpu.foreign.resources import CREATE, DEPLOY, Place
from azext_aigpu.spec import PoolSpec

REGION_RULES = ("sku-offered", "sku-available", "quota", "hourly-cost")
"""Cloud rules that need a region and no cluster."""

OFFLINE_RULES = ("hourly-cost",)


def region_of(place: Place, policy: Policy) -> str | None:
    """Return the region of a thing: its own, or the one that the policy names."""
    return place.location or policy.location


def cloud_of(place: Place, policy: Policy) -> CloudFacts | None:
    """Return what Azure said about the region of a thing, None offline. Of what is made, no node exists yet."""
    region = region_of(place, policy)
    cloud = policy.clouds.get(region or "")
    if cloud is None:
        if not policy.online:
            return None
        why = Unknown("no region is known: give --location" if region is None else f"{region} was not asked about")
        cloud = CloudFacts(skus=why, usages=why)
    if place.action == CREATE:
        return dataclasses.replace(cloud, pools=Known(()))
    return dataclasses.replace(cloud, pools=_UNTOLD) if place.action == DEPLOY else cloud


_UNTOLD = Unknown("a template does not tell which are there already; az aigpu check --what-if does")


def review_region(
    spec: PoolSpec, place: Place, policy: Policy, claims: Claims, price: Reading[Price]
) -> tuple[Finding, ...]:
    """Return what the rules over a region say; `price` is that of a node."""
    cloud = cloud_of(place, policy)
    if cloud is not None:
        return review.review_cloud(spec, claims.leave(cloud, spec), only=REGION_RULES)
    prices = {(spec.node_vm_size or "").lower(): price}
    return review.review_cloud(spec, CloudFacts(prices=prices), only=OFFLINE_RULES)
