"""Checks the regions that a user names against those of the subscription: Azure answers a mistyped one with nothing."""

from __future__ import annotations

from collections.abc import Collection

from aigpu_contract.near_names import near_names
from aigpu_contract.reading import Unknown
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.regions import read_locations
from azext_aigpu.handlers.session import Session
from azext_aigpu.usage import UsageError

LIST_REGIONS = 'az account list-locations --query "[].name" -o tsv'


def check_region_names(session: Session, arm: Arm, names: Collection[str]) -> None:
    """Raise UsageError for a region that the subscription has not got; say so where its regions cannot be read."""
    if not names:
        return
    regions = read_locations(arm)
    if isinstance(regions, Unknown):
        session.say(f"UNKNOWN: whether there is a region {' or '.join(names)}: {regions.reason}.")
        return
    wrong = [name for name in names if name.replace(" ", "").lower() not in regions.value]
    if wrong:
        near = dict.fromkeys(other for name in wrong for other in near_names(name, regions.value, 3))
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        raise UsageError(
            f"--location: the subscription has no region {' and no '.join(map(repr, wrong))}.",
            f"{hint}All regions: {LIST_REGIONS}",
        )
