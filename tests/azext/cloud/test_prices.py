"""The price feed, asked over TLS on loopback, and what stands in where it fails. A price is never silently missing."""

from __future__ import annotations

import datetime
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.facts import Price
from azext_aigpu.cloud.prices import SINGLE_SIZES, PriceFeed, read_prices
from azext_aigpu.prices import builtin_price
from testbeds.local_azure import LocalAzure

A100 = "Standard_NC24ads_A100_v4"
T4 = "Standard_NC4as_T4_v3"
NEVER_PRICED = "Standard_ND128isr_GB300_v6"
TODAY = datetime.datetime.now(datetime.timezone.utc).date()


@pytest.fixture
def feed(azure: LocalAzure, monkeypatch: pytest.MonkeyPatch) -> PriceFeed:
    for name, value in azure_variables(azure).items():
        monkeypatch.setenv(name, value)
    return PriceFeed(f"{azure.url}/api/retail/prices", seconds=3)


def azure_variables(azure: LocalAzure) -> dict[str, str]:
    return {"REQUESTS_CA_BUNDLE": str(azure.ca_bundle), "NO_PROXY": "localhost,127.0.0.1"}


def known(reading: Reading[Price]) -> Price:
    assert isinstance(reading, Known), reading
    return reading.value


def test_the_live_price_is_taken_and_dated_today(feed: PriceFeed) -> None:
    price = known(read_prices(feed, [A100], "eastus")[A100.lower()])
    assert (price.hourly, price.live, price.spot, price.as_of) == (Decimal("3.673"), True, False, TODAY)


def test_one_size_is_one_question_without_a_token(azure: LocalAzure, feed: PriceFeed) -> None:
    read_prices(feed, [A100], "eastus")
    (asked,) = azure.recorded(route="prices")
    assert asked.headers.get("authorization") is None
    assert f"armSkuName eq '{A100}'" in asked.query["$filter"]
    assert "armRegionName eq 'eastus'" in asked.query["$filter"]


def test_a_size_typed_in_another_case_is_asked_for_as_azure_writes_it(azure: LocalAzure, feed: PriceFeed) -> None:
    assert known(read_prices(feed, [A100.lower()], "eastus")[A100.lower()]).live
    assert f"'{A100}'" in azure.recorded(route="prices")[0].query["$filter"]


def test_a_quote_in_a_size_stays_inside_its_text(azure: LocalAzure, feed: PriceFeed) -> None:
    read_prices(feed, ["x' or armSkuName ne 'y"], "eastus")
    assert "'x'' or armSkuName ne ''y'" in azure.recorded(route="prices")[0].query["$filter"]


def test_pages_are_followed(azure: LocalAzure, feed: PriceFeed) -> None:
    azure.world.price_page_size = 3
    assert known(read_prices(feed, [A100], "eastus")[A100.lower()]).hourly == Decimal("3.673")
    assert len(azure.recorded(route="prices")) > 1


def test_many_sizes_are_one_question(azure: LocalAzure, feed: PriceFeed) -> None:
    azure.world.price_page_size = 1000
    sizes = [A100, T4, "Standard_NC8as_T4_v3", "Standard_NC16as_T4_v3", "Standard_NC64as_T4_v3"]
    sizes += ["Standard_NC48ads_A100_v4", "Standard_NC96ads_A100_v4"]
    assert len(sizes) > SINGLE_SIZES
    prices = read_prices(feed, sizes, "eastus")
    assert {known(prices[size.lower()]).live for size in sizes} == {True}
    assert known(prices[T4.lower()]).hourly == Decimal("0.526")
    assert len({request.query["$filter"] for request in azure.recorded(route="prices")}) == 1


def test_spot_is_priced_as_spot(feed: PriceFeed) -> None:
    price = known(read_prices(feed, [A100], "eastus", spot=True)[A100.lower()])
    assert (price.spot, price.live) == (True, True)
    assert price.hourly < Decimal(1)


FAILURES = ["server-error", "unavailable", "throttled", "garbage", "truncated", "empty", "dropped"]


@pytest.mark.parametrize("kind", FAILURES)
def test_where_the_feed_fails_the_built_in_figure_stands_in_and_says_so(
    azure: LocalAzure, feed: PriceFeed, kind: str
) -> None:
    azure.faults.inject(f"{kind}-prices", times=9)
    price = known(read_prices(feed, [A100], "eastus")[A100.lower()])
    stored = builtin_price(A100, "eastus")
    assert stored
    assert (price.hourly, price.as_of, price.live) == (stored.hourly, stored.as_of, False)
    assert "price feed" in price.note


@pytest.mark.parametrize("kind", FAILURES)
def test_without_a_built_in_figure_the_price_is_unknown_and_says_why(
    azure: LocalAzure, feed: PriceFeed, kind: str
) -> None:
    azure.faults.inject(f"{kind}-prices", times=9)
    price = read_prices(feed, [NEVER_PRICED], "eastus")[NEVER_PRICED.lower()]
    assert isinstance(price, Unknown)
    assert "price feed" in price.reason
    assert "built in" in price.reason


def test_the_built_in_price_of_another_region_is_not_passed_off(feed: PriceFeed) -> None:
    assert isinstance(read_prices(feed, [A100], "atlantis")["standard_nc24ads_a100_v4"], Unknown)


def test_the_price_on_demand_stands_in_for_spot_and_says_so(azure: LocalAzure, feed: PriceFeed) -> None:
    azure.faults.inject("server-error-prices")
    price = known(read_prices(feed, [A100], "eastus", spot=True)[A100.lower()])
    assert (price.spot, price.live) == (False, False)
    assert "on demand" in price.note


def test_a_slow_feed_costs_no_more_than_its_time(azure: LocalAzure, feed: PriceFeed) -> None:
    azure.faults.inject("slow-prices", seconds=60)
    began = time.monotonic()
    price = known(read_prices(PriceFeed(feed.url, seconds=0.3), [A100, T4], "eastus")[A100.lower()])
    assert time.monotonic() - began < 30
    assert not price.live
    assert "within 0.3 s" in price.note or "ReadTimeout" in price.note


@pytest.mark.parametrize("url", [None, "", "none", "NONE", "off"])
def test_a_feed_that_is_switched_off_is_not_asked(url: str | None) -> None:
    price = known(read_prices(PriceFeed(url), [A100], "eastus")[A100.lower()])
    assert (price.live, price.note) == (False, "the price feed is switched off")


@pytest.mark.parametrize("url", ["https://localhost:9/prices", "file:///etc/hostname", "nonsense"])
def test_an_address_that_answers_nothing_is_no_reason_for_silence(url: str) -> None:
    price = known(read_prices(PriceFeed(url, seconds=2), [A100], "eastus")[A100.lower()])
    assert not price.live
    assert "could not be reached" in price.note


Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


@pytest.fixture
def server() -> Iterator[Callable[[Answer], tuple[str, list[str]]]]:
    """Starts plain servers on loopback; each gives its address and the paths that it was asked for."""
    running: list[http.server.ThreadingHTTPServer] = []

    def start(answer: Answer) -> tuple[str, list[str]]:
        paths: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                paths.append(self.path)
                answer(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        running.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=running[-1].serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{running[-1].server_address[1]}", paths

    yield start
    for one in running:
        one.shutdown()
        one.server_close()


def send(handler: http.server.BaseHTTPRequestHandler, status: int, body: Any = None, **headers: str) -> None:
    content = json.dumps(body).encode()
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(content)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)


def test_a_redirect_is_not_followed(server: Callable[[Answer], tuple[str, list[str]]]) -> None:
    elsewhere, visited = server(lambda handler: send(handler, 200, {"Items": []}))
    address, _ = server(lambda handler: send(handler, 302, None, Location=elsewhere))
    price = known(read_prices(PriceFeed(address), [A100], "eastus")[A100.lower()])
    assert visited == []
    assert "HTTP status 302" in price.note


def test_a_next_page_on_another_host_is_not_read(server: Callable[[Answer], tuple[str, list[str]]]) -> None:
    elsewhere, visited = server(lambda handler: send(handler, 200, {"Items": []}))
    address, _ = server(lambda handler: send(handler, 200, {"Items": [], "NextPageLink": f"{elsewhere}/next"}))
    price = known(read_prices(PriceFeed(address), [A100], "eastus")[A100.lower()])
    assert visited == []
    assert "next page is on another host" in price.note


def test_a_feed_that_never_ends_is_given_up(server: Callable[[Answer], tuple[str, list[str]]]) -> None:
    def again(handler: http.server.BaseHTTPRequestHandler) -> None:
        send(handler, 200, {"Items": [], "NextPageLink": f"http://{handler.headers['Host']}/next"})

    address, visited = server(again)
    price = known(read_prices(PriceFeed(address), [A100], "eastus")[A100.lower()])
    assert "more than 10 pages" in price.note
    assert len(visited) == 10


@pytest.mark.parametrize("body", [None, [], {"Items": "many"}, {"Items": [], "NextPageLink": 5}], ids=str)
def test_an_answer_in_another_form_is_no_price(server: Callable[[Answer], tuple[str, list[str]]], body: Any) -> None:
    address, _ = server(lambda handler: send(handler, 200, body))
    price = known(read_prices(PriceFeed(address), [A100], "eastus")[A100.lower()])
    assert "cannot be used" in price.note
