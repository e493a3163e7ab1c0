from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure, World
from testbeds.local_azure.environment import build_environment
from tests.testbeds.local_azure.calls import A100, POOLS, SUB


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    with LocalAzure() as running:
        yield running


def fetch(azure: LocalAzure, path: str, **headers: str) -> tuple[int, dict[str, str], Any]:
    """One request over TLS that trusts only the bundle."""
    context = ssl.create_default_context(cafile=str(azure.ca_bundle))
    request = urllib.request.Request(azure.url + path, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, context=context, timeout=10) as reply:  # noqa: S310
            return reply.status, dict(reply.headers), json.loads(reply.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), json.loads(error.read())


def token_of(azure: LocalAzure) -> str:
    _, _, body = fetch(azure, "/msi/token?resource=x&api-version=2019-08-01", **{"X-IDENTITY-HEADER": "local-azure"})
    return f"Bearer {body['access_token']}"


def test_tls_is_trusted_by_the_bundle_and_by_nothing_else(azure: LocalAzure) -> None:
    assert fetch(azure, "/metadata/endpoints")[0] == 200
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(f"https://localhost:{azure.port}", context=ssl.create_default_context(), timeout=10)


def test_a_token_needs_the_identity_header(azure: LocalAzure) -> None:
    assert fetch(azure, "/msi/token?resource=x")[0] == 401
    assert token_of(azure).count(".") == 2


def test_requests_are_recorded_with_their_answers(azure: LocalAzure) -> None:
    status, _, body = fetch(azure, f"{POOLS}?api-version=2026-06-01", Authorization=token_of(azure), CommandName="x y")
    (recorded,) = azure.recorded("GET", "pools")
    assert (status, recorded.status, body["value"][0]["name"]) == (200, 200, "system")
    assert (recorded.query["api-version"], recorded.headers["commandname"]) == ("2026-06-01", "x y")
    assert recorded.response_bytes == len(json.dumps(body, separators=(",", ":")))


def test_a_next_link_leads_back_to_the_same_server(azure: LocalAzure) -> None:
    _, _, body = fetch(azure, f"{POOLS}?api-version=1", Authorization=token_of(azure))
    assert body["nextLink"].startswith(azure.url)


def test_a_refusal_has_the_body_of_azure(azure: LocalAzure) -> None:
    status, _, body = fetch(azure, f"{SUB}?api-version=1")
    assert (status, body["error"]["code"]) == (401, "AuthenticationFailed")


def test_a_throttled_request_says_when_to_come_back(azure: LocalAzure) -> None:
    azure.faults.inject("throttled-prices", seconds=3)
    address = "/api/retail/prices?%24filter=armSkuName%20eq%20%27x%27"
    status, headers, body = fetch(azure, address)
    assert (status, headers["Retry-After"], body["code"]) == (429, "3", "Throttled")
    assert fetch(azure, address)[0] == 200


def test_a_dropped_connection_gives_no_answer(azure: LocalAzure) -> None:
    azure.faults.inject("dropped-prices", times=1)
    with pytest.raises((http.client.RemoteDisconnected, urllib.error.URLError, ConnectionResetError)):
        fetch(azure, "/api/retail/prices")
    assert azure.recorded(route="prices")[0].status is None


def test_a_slow_answer_does_not_hold_up_others(azure: LocalAzure) -> None:
    azure.faults.inject("slow-prices", seconds=30)
    slow = threading.Thread(target=_ignore_errors, args=(azure,), daemon=True)
    slow.start()
    started = time.monotonic()
    while not azure.recorded(route="prices"):
        time.sleep(0.01)
    assert fetch(azure, "/metadata/endpoints")[0] == 200
    assert time.monotonic() - started < 10


def test_leaving_ends_even_a_slow_answer() -> None:
    world = World.default()
    world.faults.inject("slow-prices", seconds=60)
    with LocalAzure(world) as azure:
        slow = threading.Thread(target=_ignore_errors, args=(azure,), daemon=True)
        slow.start()
        while not azure.recorded(route="prices"):
            time.sleep(0.01)
        started = time.monotonic()
    slow.join(10)
    assert not slow.is_alive()
    assert time.monotonic() - started < 10


def _ignore_errors(azure: LocalAzure) -> None:
    try:
        fetch(azure, "/api/retail/prices")
    except (OSError, http.client.HTTPException):
        return


def test_leaving_frees_the_port_and_removes_the_files() -> None:
    with LocalAzure() as azure:
        port, bundle = azure.port, azure.ca_bundle
        fetch(azure, "/metadata/endpoints")
    assert not bundle.exists()
    with LocalAzure(port=port) as again:
        assert again.port == port
        fetch(again, "/metadata/endpoints")
    with pytest.raises(RuntimeError, match="not running"):
        _ = azure.url


def test_two_at_once_do_not_share_their_state() -> None:
    with LocalAzure() as one, LocalAzure() as two:
        one.world.add_pool("gpu", vmSize=A100, count=1)
        assert one.port != two.port
        assert "gpu" not in two.world.cluster().pools


def test_the_environment_leads_az_to_loopback_only(
    azure: LocalAzure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:1")
    monkeypatch.setenv("AZURE_CLOUD_NAME", "AzureCloud")
    monkeypatch.setenv("AIGPU_STRICT", "1")
    environment = build_environment(azure, tmp_path)
    assert not {"HTTPS_PROXY", "AZURE_CLOUD_NAME", "AIGPU_STRICT"} & environment.keys()
    assert environment["AZURE_CORE_COLLECT_TELEMETRY"] == "no"
    assert environment["AZURE_AIGPU_PRICES_URL"] == f"{azure.url}/api/retail/prices"
    assert all(azure.url in environment[name] for name in ("IDENTITY_ENDPOINT", "AZURE_AIGPU_PRICES_URL"))
    config = Path(environment["AZURE_CONFIG_DIR"])
    assert {path.name for path in config.iterdir()} == {
        "config",
        "clouds.config",
        "azureProfile.json",
        "versionCheck.json",
    }
    assert f"endpoint_resource_manager = {azure.url}\n" in (config / "clouds.config").read_text()
    assert azure.authority in Path(environment["REQUESTS_CA_BUNDLE"]).read_bytes()


def test_the_key_of_the_server_does_not_stay_on_disk(azure: LocalAzure) -> None:
    assert [path.name for path in azure.ca_bundle.parent.iterdir()] == ["bundle.pem"]
