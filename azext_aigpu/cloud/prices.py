"""What a node costs an hour: the Azure Retail Prices API, and where it fails the dated figure that is built in.

The feed is public and anonymous: no token goes there, nothing but size and region is told, and a redirect or a next
page on another host is not followed.
"""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from aigpu_contract import skus
from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.errors import plain
from azext_aigpu.cloud.facts import NodeKind, Price
from azext_aigpu.cloud.parallel import Started
from azext_aigpu.cloud.price_choice import choose_price
from azext_aigpu.cloud.shape import as_list, as_object
from azext_aigpu.prices import dated_price

RETAIL_URL = "https://prices.azure.com/api/retail/prices"
API_VERSION = "2023-01-01-preview"
OFF = ("", "none", "off")
"""Values of the setting that keep us from asking the feed at all."""

MOST_PAGES = 10
SINGLE_SIZES = 6
"""Up to this many sizes are asked for one by one; more come with one question for all accelerator sizes."""

_COMMON_FILTER = "serviceName eq 'Virtual Machines' and priceType eq 'Consumption'"


@dataclass(frozen=True)
class PriceFeed:
    """Where prices are asked for, and for how long in all (seconds). `url` None or one of `OFF` asks nobody."""

    url: str | None = RETAIL_URL
    seconds: float = 5.0

    @property
    def is_off(self) -> bool:
        """Return whether the user does not want the feed asked."""
        return self.url is None or self.url.strip().lower() in OFF


def read_prices(feed: PriceFeed, sizes: Collection[str], region: str, spot: bool = False) -> dict[str, Reading[Price]]:
    """Return the price of each size in `region`, by the lower-cased size; never slower than the feed's time."""
    found = _ask(feed, sizes, region)
    now = datetime.datetime.now(datetime.timezone.utc)
    prices: dict[str, Reading[Price]] = {}
    for size in sizes:
        items = found[size.lower()]
        live = items if isinstance(items, Unknown) else choose_price(items, size, region, spot, now)
        prices[size.lower()] = _or_builtin(live, size, region, spot)
    return prices


def read_prices_of_regions(
    feed: PriceFeed, sizes: Collection[str], regions: Collection[str], spot: bool = False
) -> dict[str, dict[str, Reading[Price]]]:
    """Return the price of each size in each of `regions`: by region, then by the lower-cased size.

    One question a size covers all regions; asking for each region by itself would be throttled.
    """
    deadline = time.monotonic() + feed.seconds
    asked = () if feed.is_off else sizes
    questions = {size.lower(): Started(_Question(feed, _filter(None, size), deadline).ask) for size in asked}
    answers = {size: _answer(one, feed, deadline) for size, one in questions.items()}
    now = datetime.datetime.now(datetime.timezone.utc)
    off = Unknown("the price feed is switched off")
    prices: dict[str, dict[str, Reading[Price]]] = {}
    for region in regions:
        of_region = prices.setdefault(region, {})
        for size in sizes:
            items = answers.get(size.lower(), off)
            live = items if isinstance(items, Unknown) else choose_price(items, size, region, spot, now)
            of_region[size.lower()] = _or_builtin(live, size, region, spot)
    return prices


def read_node_prices(feed: PriceFeed, kinds: Collection[NodeKind]) -> dict[NodeKind, Reading[Price]]:
    """Return the price of each of `kinds`, wherever they are: what pools that run are priced by."""
    prices: dict[NodeKind, Reading[Price]] = {}
    for spot in (False, True):
        asked = [kind for kind in kinds if kind.spot is spot]
        sizes, regions = {kind.size for kind in asked}, {kind.region for kind in asked}
        if len(regions) == 1:
            by_region = {region: read_prices(feed, sizes, region, spot) for region in regions}
        else:
            by_region = read_prices_of_regions(feed, sizes, regions, spot)
        prices.update({kind: by_region[kind.region][kind.size.lower()] for kind in asked})
    return prices


def _ask(feed: PriceFeed, sizes: Collection[str], region: str) -> Mapping[str, list[Any] | Unknown]:
    """Return the feed's rows for each size, by the lower-cased size, or why there are none."""
    if feed.is_off:
        return {size.lower(): Unknown("the price feed is switched off") for size in sizes}
    deadline = time.monotonic() + feed.seconds
    questions = {size.lower(): _filter(region, size) for size in sizes}
    if len(sizes) > SINGLE_SIZES:
        questions = dict.fromkeys(questions, _filter(region))
    started = {text: Started(_Question(feed, text, deadline).ask) for text in dict.fromkeys(questions.values())}
    answers = {text: _answer(one, feed, deadline) for text, one in started.items()}
    return {size: answers[text] for size, text in questions.items()}


def _filter(region: str | None, size: str | None = None) -> str:
    # The feed compares values with their case; the catalogue knows the one that Azure writes.
    known = skus.lookup(size) if size else None
    name = known.size if known else (size or "").strip()
    which = f"armSkuName eq '{_quoted(name)}'" if size else "startswith(armSkuName, 'Standard_N')"
    where = "" if region is None else f" and armRegionName eq '{_quoted(region)}'"
    return f"{_COMMON_FILTER}{where} and {which}"


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _answer(started: Started[list[Any]], feed: PriceFeed, deadline: float) -> list[Any] | Unknown:
    from requests import RequestException

    try:
        return started.result(max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        return Unknown(f"the price feed did not answer within {feed.seconds:g} s")
    except RequestException as error:
        return Unknown(f"the price feed could not be reached ({type(error).__name__})")
    except ValueError as error:
        return Unknown(f"the price feed cannot be used: {plain(str(error), 120)}")


@dataclass(frozen=True)
class _Question:
    """One filter for the feed, asked page by page until `deadline` (monotonic seconds)."""

    feed: PriceFeed
    text: str
    deadline: float

    def ask(self) -> list[Any]:
        """Return the rows. Raises requests' exceptions, and ValueError where the answer is none of the feed."""
        import requests

        url: str | None = str(self.feed.url)
        params: dict[str, str] | None = {"api-version": API_VERSION, "$filter": self.text}
        rows: list[Any] = []
        with requests.Session() as session:
            session.auth = _anonymous
            for _ in range(MOST_PAGES):
                if url is None:
                    return rows
                page = self._page(session, url, params)
                rows.extend(as_list(page.get("Items"), "its list of prices"))
                # The link carries the whole question.
                url, params = self._next(page), None
        if url is not None:
            raise ValueError(f"more than {MOST_PAGES} pages")
        return rows

    def _page(self, session: Any, url: str, params: Mapping[str, str] | None) -> Mapping[str, Any]:
        left = max(0.1, self.deadline - time.monotonic())
        with session.get(url, params=params, timeout=left, allow_redirects=False) as response:
            if response.status_code != 200:
                raise ValueError(f"it answered with HTTP status {response.status_code}")
            # As Decimal from the start: a float would print 0.1 cents that nobody charges.
            return as_object(json.loads(response.content, parse_float=Decimal), "its answer")

    def _next(self, page: Mapping[str, Any]) -> str | None:
        link = page.get("NextPageLink")
        if not link:
            return None
        if not isinstance(link, str) or _host(link) != _host(str(self.feed.url)):
            raise ValueError("its next page is on another host")
        return link


def _anonymous(request: Any) -> Any:
    # Without this, requests would look for a password of this host in ~/.netrc.
    return request


def _host(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    # The feed writes its own port into the link: https://host:443/...
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _or_builtin(live: Price | Unknown, size: str, region: str, spot: bool) -> Reading[Price]:
    if isinstance(live, Price):
        return Known(live)
    return dated_price(size, region, spot, live.reason)
