"""`az aigpu sku find`: where the GPUs asked for can be had, over regions, by price."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aigpu_contract import skus
from aigpu_contract.exit_codes import EXIT_COULD_NOT_JUDGE
from aigpu_contract.reading import Unknown
from aigpu_contract.rendering import count
from azext_aigpu import capacity_rows, sku_rows
from azext_aigpu.cloud.prices import PriceFeed, read_prices_of_regions
from azext_aigpu.exit_code import end_with
from azext_aigpu.handlers.session import Session, known, open_session
from azext_aigpu.handlers.sku import NO_CAPACITY_API, nothing_found

if TYPE_CHECKING:
    from azext_aigpu.cloud.regions import RegionOffer

PRICE_SECONDS = 20.0
"""For the price feed: one question a size, whose answer covers all regions in several pages."""


def find_skus(
    cmd: Any,
    gpu_model: str,
    gpu_count: int | None = None,
    location: Sequence[str] | None = None,
    spot: bool = False,
    refresh: bool = False,
) -> list[Mapping[str, Any]]:
    """Return a row for each size and region, by price of a GPU; ends with 5 where all that is known is what failed."""
    session = open_session(cmd)
    today = session.limits.today
    selected = capacity_rows.select(today, gpu_model, gpu_count)
    if not selected:
        raise nothing_found(gpu_model, gpu_count)
    # All of them: the next question is about another model, and Azure's answer holds every size anyway.
    every = tuple(sku.size for sku in sku_rows.select(today))
    offers = _read_offers(session, location, every, refresh)
    feed = PriceFeed(session.price_feed.url, PRICE_SECONDS)
    prices = read_prices_of_regions(feed, [sku.size for sku in selected], list(offers), spot)
    now = datetime.datetime.now(datetime.timezone.utc)
    rows = []
    for region, offer in offers.items():
        built = capacity_rows.build_rows(selected, region, offer.skus, offer.usages, prices[region], spot)
        rows += list(capacity_rows.with_age(built, offer.read_at, now))
    if not capacity_rows.is_unknown(rows):
        session.say(NO_CAPACITY_API)
    _say_what_was_left_out(session, selected, rows, offers, capacity_rows.left_out(today, gpu_model, gpu_count))
    end_with(session.cli_ctx, EXIT_COULD_NOT_JUDGE if capacity_rows.is_unknown(rows) else 0)
    return capacity_rows.by_price(rows)


def _read_offers(
    session: Session, location: Sequence[str] | None, sizes: Sequence[str], refresh: bool
) -> dict[str, RegionOffer]:
    """Return the offer of each region, out of the cache where that is fresh enough."""
    from azext_aigpu.cloud.region_cache import cache_file, read_cache, write_cache
    from azext_aigpu.cloud.regions import read_locations, read_regions
    from azext_aigpu.handlers.region_names import check_region_names

    arm = session.connect()
    regions = location or known(read_locations(arm))
    file = cache_file(session.cli_ctx.config.config_dir, session.subscription)
    kept = read_cache(file, sizes, datetime.datetime.now(datetime.timezone.utc))
    found = {} if refresh else {region: kept[region] for region in regions if region in kept}
    missing = [region for region in regions if region not in found]
    if location:
        check_region_names(session, arm, [region for region in missing if region not in kept])
    progress = session.cli_ctx.get_progress_controller()
    progress.begin()
    try:
        for number, offer in enumerate(read_regions(arm, missing, sizes), start=1):
            found[offer.region] = offer
            progress.add(message=f"{number} of {len(missing)} regions read")
    finally:
        progress.stop()
    if missing:
        write_cache(file, {**kept, **found}.values(), sizes)
    if len(missing) < len(found):
        fresh = count(len(found) - len(missing), "region")
        session.say(f"Of {fresh} the answer of the last hour is shown; --refresh reads again.")
    return found


def _say_what_was_left_out(
    session: Session,
    selected: Sequence[skus.Sku],
    rows: Sequence[Mapping[str, Any]],
    offers: Mapping[str, RegionOffer],
    left_out: Sequence[str],
) -> None:
    without = len(set(offers) - {row["region"] for row in rows})
    if without:
        names = ", ".join(sku.size for sku in selected)
        session.say(f"Of {count(len(offers), 'region')} looked at, {without} offer none of: {names}.")
    for offer in offers.values():
        for reading in (offer.skus, offer.usages):
            if isinstance(reading, Unknown):
                session.say(f"UNKNOWN: {reading.reason}.")
    if left_out:
        session.say(f"Not looked for, a part of a GPU or an undocumented number of them: {', '.join(left_out)}.")
