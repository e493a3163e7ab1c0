"""What regions offered a while ago, kept in a file of azure-cli's configuration folder, one for each subscription.

Only answers are kept, never a failure. A file that cannot be read, has another form or comes from the future counts
for nothing: the regions are read again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import os
import tempfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from aigpu_contract.reading import Known
from azext_aigpu.cloud.facts import Restriction, SkuOffer, Usage
from azext_aigpu.cloud.regions import RegionOffer
from azext_aigpu.cloud.shape import as_count, as_list, as_object, as_text

FORM = 1
KEPT_FOR = datetime.timedelta(hours=1)


def cache_file(folder: str, subscription: str) -> Path:
    """Return the file for a subscription inside azure-cli's configuration folder."""
    return Path(folder) / "aigpu" / f"regions-{subscription}.json"


def read_cache(file: Path, sizes: Collection[str], now: datetime.datetime) -> dict[str, RegionOffer]:
    """Return the offers that are fresh and that were read for all of `sizes`, by region."""
    try:
        data = as_object(json.loads(file.read_text(encoding="utf-8")), "the file")
        if data.get("form") != FORM:
            return {}
        found = [_parse(as_object(row, "an entry")) for row in as_list(data.get("regions"), "regions")]
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    wanted = {size.lower() for size in sizes}
    return {
        offer.region: offer
        for offer, known in found
        if wanted <= known and datetime.timedelta() <= now - offer.read_at <= KEPT_FOR
    }


def write_cache(file: Path, offers: Iterable[RegionOffer], sizes: Collection[str]) -> None:
    """Keep the offers that are known in full; a folder that cannot be written to is no reason to fail."""
    rows = [
        _build(offer, sizes) for offer in offers if isinstance(offer.skus, Known) and isinstance(offer.usages, Known)
    ]
    text = json.dumps({"form": FORM, "regions": rows}, separators=(",", ":"))
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        # Another `az` may read at the same time: it sees the old file or the new one.
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)


def _build(offer: RegionOffer, sizes: Collection[str]) -> dict[str, Any]:
    offers = offer.skus.value if isinstance(offer.skus, Known) else {}
    usages = offer.usages.value if isinstance(offer.usages, Known) else {}
    return {
        "region": offer.region,
        "readAt": offer.read_at.isoformat(),
        "sizes": sorted({size.lower() for size in sizes}),
        "offers": [dataclasses.asdict(one) for one in offers.values()],
        "usages": [dataclasses.asdict(one) for one in usages.values()],
    }


def _parse(row: Mapping[str, Any]) -> tuple[RegionOffer, frozenset[str]]:
    offers = [_parse_offer(as_object(one, "an offer")) for one in as_list(row.get("offers"), "offers")]
    usages = [_parse_usage(as_object(one, "a quota")) for one in as_list(row.get("usages"), "usages")]
    read_at = datetime.datetime.fromisoformat(as_text(row.get("readAt"), "readAt"))
    if read_at.tzinfo is None:
        raise ValueError("readAt has no time zone")
    offer = RegionOffer(
        as_text(row.get("region"), "region"),
        Known({one.size.lower(): one for one in offers}),
        Known({one.name.lower(): one for one in usages}),
        read_at,
    )
    return offer, frozenset(as_list(row.get("sizes"), "sizes"))


def _parse_usage(row: Mapping[str, Any]) -> Usage:
    counts = (as_count(row.get(name), name) for name in ("current", "limit"))
    return Usage(as_text(row.get("name"), "name"), *counts)


def _parse_offer(row: Mapping[str, Any]) -> SkuOffer:
    restrictions = [
        Restriction(one["kind"], one["reason_code"], tuple(one["zones"]))
        for one in as_list(row["restrictions"], "them")
    ]
    return SkuOffer(**{**row, "zones": tuple(row["zones"]), "restrictions": tuple(restrictions)})
