"""`az aigpu nodepool add` up to its request: what is refused, what is shown first, what is asked of Azure."""

from __future__ import annotations

import io
import sys

import pytest

from testbeds.local_azure import LocalAzure, World
from testbeds.local_azure.exchange import Reply, Request
from testbeds.local_azure.world import build_cluster
from tests.azext.core.harness import run_offline
from tests.azext.handlers.commands import (
    A100,
    CONTRACT,
    CPU,
    T4,
    TAINT,
    add,
    error_of,
    nodepool,
    put_our_pool,
    routes,
    sent,
    writes,
)

pytestmark = pytest.mark.core


class Listening(LocalAzure):
    """Keeps what stands on stderr when the first PUT arrives."""

    said_before_put: str | None = None

    def answer(self, request: Request) -> Reply | None:
        if request.method == "PUT" and isinstance(sys.stderr, io.StringIO):
            # The harness puts a text buffer in its place.
            self.said_before_put = self.said_before_put or sys.stderr.getvalue()
        return super().answer(request)


def test_a_pool_is_made_read_back_and_shown(azure: LocalAzure) -> None:
    result = add(azure, "--tags", "cost-center=ml")

    assert result.exit_code == 0, result.stderr
    assert writes(azure) == ["PUT gpu"]
    made = result.data
    assert (made["name"], made["provisioningState"], made["count"]) == ("gpu", "Succeeded", 1)
    assert made["nodeLabels"] == {**CONTRACT, "aigpu.io/price-hour": "0.526"}
    assert made["nodeTaints"] == [TAINT]
    assert made["tags"] == {"aigpu-spec": "gpu", "cost-center": "ml"}
    assert (made["aigpu"]["verdict"], made["aigpu"]["gpu"]) == ("PASS", "1x T4")


def test_a_create_never_writes_over_a_pool(azure: LocalAzure) -> None:
    add(azure)

    (put,) = azure.recorded(method="PUT")
    assert put.headers["if-none-match"] == "*"
    assert "if-match" not in put.headers


def test_everything_is_read_once(azure: LocalAzure) -> None:
    assert add(azure, "--no-wait").exit_code == 0

    asked = routes(azure)
    asked.pop("operation", None)
    # The list of pools has a second page, with nothing on it.
    once = dict.fromkeys(("identity-token", "cluster", "skus", "usages", "prices", "pool-put"), 1)
    assert asked == {**once, "pools": 2}


def test_the_sizes_of_one_region_alone_are_asked_for(azure: LocalAzure) -> None:
    add(azure, "--dry-run")

    (skus,) = azure.recorded(route="skus")
    assert skus.query["$filter"] == "location eq 'eastus'"


def test_without_any_count_the_pool_scales_from_none_to_five(azure: LocalAzure) -> None:
    result = nodepool(azure, "add", "--node-vm-size", T4)

    body = sent(azure)
    assert (body["enableAutoScaling"], body["minCount"], body["maxCount"], body["count"]) == (True, 0, 5, 0)
    assert "The pool has no node yet" in result.stderr


def test_a_size_is_found_by_its_gpus(azure: LocalAzure) -> None:
    result = nodepool(azure, "add", "--gpu-model", "a100", "--gpu-count", "1", "--max-count", "1", "--max-surge", "0")

    assert result.exit_code == 0, result.stderr
    assert sent(azure)["vmSize"] == A100
    assert f"Size {A100} was found" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        pytest.param(("--node-vm-size", CPU), "sku-is-cuda-gpu", id="cpu"),
        pytest.param(("--node-vm-size", "Standard_ND96isr_MI300X_v5"), "sku-is-cuda-gpu", id="amd"),
        pytest.param(("--node-vm-size", "Standard_NP10s"), "sku-is-cuda-gpu", id="fpga"),
        pytest.param(("--node-vm-size", "Standard_NC6s_v3"), "sku-not-retired", id="retired"),
        pytest.param(("--node-vm-size", "Standard_NC24ads_A100_v5"), "sku-known", id="typo"),
        pytest.param(("--node-vm-size", T4, "--gpu-model", "h100"), "sku-matches-intent", id="another-model"),
        pytest.param(("--node-vm-size", T4, "--gpu-count", "4"), "sku-matches-intent", id="another-count"),
        pytest.param(("--node-vm-size", "Standard_NV6ads_A10_v5"), "fractional-gpu", id="fraction"),
        pytest.param(("--node-vm-size", T4, "--labels", "hardware=cpu"), "contract-labels", id="label"),
        pytest.param(("--node-vm-size", T4, "--min-count", "3", "--max-count", "2"), "autoscale-bounds", id="bounds"),
        pytest.param(("--node-vm-size", T4, "--gpu-driver", "None"), "driver-profile", id="driver"),
    ],
)
def test_what_the_request_alone_shows_to_be_wrong_sends_nothing(
    azure: LocalAzure, arguments: tuple[str, ...], rule: str
) -> None:
    result = nodepool(azure, "add", *arguments)

    assert result.exit_code == 1
    assert azure.requests == []
    head, below = error_of(result)
    assert head == "Node pool 'gpu' was refused; nothing was sent to Azure."
    assert f"FAIL    {rule}:" in below
    assert all(word in below for word in ("seen ", "wanted ", "next "))


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        pytest.param("REQUIRED_TAGS", "owner", "required-tags", id="tags"),
        pytest.param("ALLOWED_MODELS", "h100", "allowed-models", id="models"),
    ],
)
def test_the_users_own_settings_refuse_before_anything_is_sent(
    azure: LocalAzure, name: str, value: str, rule: str
) -> None:
    result = add(azure, env={f"AZURE_AIGPU_{name}": value})

    assert result.exit_code == 1
    assert azure.requests == []
    assert f"FAIL    {rule}:" in error_of(result)[1]


def _take_name(world: World) -> None:
    world.add_pool("gpu", vmSize=CPU)


def _restrict(world: World) -> None:
    world.subscription.restrict("eastus", T4)


def _no_quota(world: World) -> None:
    world.subscription.set_quota("eastus", "Standard NCASv3_T4 Family", limit=0)


@pytest.mark.parametrize(
    ("prepare", "arguments", "cluster", "rule"),
    [
        pytest.param(_take_name, (), "aks-train", "name-free", id="name"),
        pytest.param(_restrict, (), "aks-train", "sku-available", id="restricted"),
        pytest.param(_no_quota, (), "aks-train", "quota", id="quota"),
        pytest.param(None, ("--max-hourly-cost", "0.5"), "aks-train", "hourly-cost", id="cost"),
        pytest.param(None, (), "aks-stopped", "cluster-ready", id="stopped"),
        pytest.param(None, ("-e",), "aks-nap", "autoscaler-allowed", id="auto-provisioning"),
    ],
)
def test_what_the_cloud_shows_to_be_wrong_creates_nothing(
    azure: LocalAzure, prepare: object, arguments: tuple[str, ...], cluster: str, rule: str
) -> None:
    if callable(prepare):
        prepare(azure.world)

    result = add(azure, *arguments, cluster=cluster)

    assert result.exit_code == 1
    assert writes(azure) == []
    head, below = error_of(result)
    assert head == "Node pool 'gpu' was refused; nothing was created."
    assert f"FAIL    {rule}:" in below
    assert below.count("Cost: ") == 1


def test_the_cost_stands_there_before_the_request_is_sent() -> None:
    with Listening() as azure:
        assert add(azure).exit_code == 0

    assert azure.said_before_put is not None
    assert f"Cost: 1 x {T4} x $0.526/h = $0.53/h, $12.62/day" in azure.said_before_put
    assert "price feed, " in azure.said_before_put


@pytest.mark.parametrize("fault", ["unavailable-prices", "dropped-prices", "garbage-prices", "empty-prices"])
def test_without_the_price_feed_the_built_in_figure_is_shown_as_such(fault: str) -> None:
    with Listening() as azure:
        azure.faults.inject(fault)
        result = add(azure)

    assert result.exit_code == 0
    assert azure.said_before_put is not None
    assert f"Cost: 1 x {T4} x $0.526/h" in azure.said_before_put
    assert "built-in figure of 2026-06-18, not live" in azure.said_before_put
    assert "price feed" in azure.said_before_put


def _where_nothing_has_a_price(azure: LocalAzure) -> str:
    """Return the name of a cluster in a region where the size GB300 is offered and no price is known of it."""
    azure.world.subscription.clusters.append(build_cluster("aks-sweden", "swedencentral"))
    azure.world.subscription.set_quota("swedencentral", "standardNDISRGB300V6Family", limit=1000)
    return "aks-sweden"


GB300 = "Standard_ND128isr_GB300_v6"


def test_an_unknown_price_is_said_and_never_silence(azure: LocalAzure) -> None:
    result = add(azure, "--dry-run", size=GB300, cluster=_where_nothing_has_a_price(azure))

    assert result.exit_code == 0, result.stderr
    assert f"Cost: UNKNOWN for 1 x {GB300}: " in result.stderr
    assert "unknown" in result.data["cost"]


def test_an_unknown_price_stops_under_a_limit(azure: LocalAzure) -> None:
    cluster = _where_nothing_has_a_price(azure)

    result = add(azure, "--max-hourly-cost", "1000", size=GB300, cluster=cluster)

    assert result.exit_code == 1
    assert writes(azure) == []
    assert "UNKNOWN hourly-cost:" in error_of(result)[1]


@pytest.mark.parametrize(
    ("fault", "rule", "permission"),
    [
        pytest.param("forbidden-skus", "sku-available", "Microsoft.Compute/skus/read", id="skus"),
        pytest.param("forbidden-usages", "quota", "Microsoft.Compute/locations/usages/read", id="usages"),
    ],
)
class TestWhatAzureWillHoldItself:
    def test_not_knowing_it_is_shown_and_goes_on(
        self, azure: LocalAzure, fault: str, rule: str, permission: str
    ) -> None:
        azure.faults.inject(fault)
        result = add(azure)

        assert result.exit_code == 0, result.stderr
        assert writes(azure) == ["PUT gpu"]
        assert f"UNKNOWN {rule}:" in result.stderr
        assert permission in result.stderr

    def test_not_knowing_it_stops_where_that_is_asked_for(
        self, azure: LocalAzure, fault: str, rule: str, permission: str
    ) -> None:
        azure.faults.inject(fault)
        result = add(azure, "--strict")

        assert result.exit_code == 1
        assert writes(azure) == []
        below = error_of(result)[1]
        assert f"UNKNOWN {rule}:" in below
        assert permission in below


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        pytest.param("forbidden-cluster", "cluster-ready", id="cluster-forbidden"),
        pytest.param("garbage-cluster", "cluster-ready", id="cluster-garbage"),
        pytest.param("empty-cluster", "cluster-ready", id="cluster-empty"),
        pytest.param("forbidden-pools", "name-free", id="pools-forbidden"),
        pytest.param("truncated-pools", "name-free", id="pools-truncated"),
    ],
)
def test_not_knowing_what_nobody_else_would_hold_stops(azure: LocalAzure, fault: str, rule: str) -> None:
    azure.faults.inject(fault)
    result = add(azure)

    assert result.exit_code == 1
    assert writes(azure) == []
    assert f"UNKNOWN {rule}:" in error_of(result)[1]


@pytest.mark.parametrize(
    ("group", "cluster"),
    [pytest.param("rg-train", "aks-none", id="cluster"), pytest.param("rg-none", "aks-train", id="resource-group")],
)
def test_a_misspelt_name_ends_with_3(azure: LocalAzure, group: str, cluster: str) -> None:
    from tests.azext.core.harness import run

    where = ("-g", group, "--cluster-name", cluster, "-n", "gpu")
    result = run(azure, "aigpu", "nodepool", "add", *where, "--node-vm-size", T4)

    assert result.exit_code == 3
    head, below = error_of(result)
    assert (cluster if group == "rg-train" else group) in head
    assert "Check --resource-group" in below


def test_no_wait_sends_and_says_how_to_follow(azure: LocalAzure) -> None:
    azure.world.operation_seconds = 60

    result = add(azure, "--no-wait")

    assert (result.exit_code, result.stdout) == (0, "")
    assert writes(azure) == ["PUT gpu"]
    assert azure.world.pool("gpu").state == "Creating"
    assert "az aigpu nodepool wait -g rg-train --cluster-name aks-train -n gpu --created" in result.stderr


def test_a_dry_run_shows_the_whole_request_and_sends_nothing(azure: LocalAzure) -> None:
    planned = add(azure, "--labels", "team=vision", "--dry-run")
    assert planned.exit_code == 0
    assert writes(azure) == []
    assert planned.data["action"] == "create"
    assert "Dry run: nothing was created." in planned.stderr

    add(azure, "--labels", "team=vision")
    assert planned.data["properties"] == sent(azure)


def test_a_dry_run_deletes_nothing_either(azure: LocalAzure) -> None:
    put_our_pool(azure, state="Failed", count=0)

    result = add(azure, "--replace-failed", "--dry-run")

    assert result.exit_code == 0, result.stderr
    assert writes(azure) == []
    assert "would be deleted" in result.stderr


def test_a_dry_run_is_refused_like_the_real_one(azure: LocalAzure) -> None:
    assert add(azure, "--dry-run", "--max-hourly-cost", "0.1").exit_code == 1


def test_a_waiver_turns_the_refusal_into_a_warning_and_a_tag(azure: LocalAzure) -> None:
    azure.world.subscription.set_quota("eastus", "standardNVadsA10v5Family", limit=72)

    result = add(azure, "--waive", "fractional-gpu=notebooks need little", size="Standard_NV6ads_A10_v5")

    assert result.exit_code == 0, result.stderr
    assert "WARN    fractional-gpu:" in result.stderr
    assert "notebooks need little" in result.stderr
    assert sent(azure)["tags"]["aigpu-waive-fractional-gpu"] == "notebooks need little"


def test_headers_of_the_users_own_are_sent_along(azure: LocalAzure) -> None:
    add(azure, "--aks-custom-headers", "EnableThing=true,If-None-Match=x")

    (put,) = azure.recorded(method="PUT")
    assert put.headers["enablething"] == "true"
    assert put.headers["if-none-match"] == "*"


def test_a_subscription_that_nobody_is_signed_in_to_is_an_error(azure: LocalAzure) -> None:
    result = add(azure, "--subscription", "another")

    assert result.exit_code == 1
    assert writes(azure) == []
    assert "Traceback" not in result.stderr


def test_a_table_has_the_row_of_the_pool(azure: LocalAzure) -> None:
    result = add(azure, "--tags", "cost-center=ml", "-o", "table")

    header, _, row = result.stdout.splitlines()
    assert header.split()[:3] == ["Name", "Size", "GPU"]
    assert row.split()[:2] == ["gpu", T4]
    assert row.split()[-1] == "PASS"


def test_a_wrong_size_is_refused_without_a_login() -> None:
    result = run_offline(
        "aigpu", "nodepool", "add", "-g", "rg", "--cluster-name", "c", "-n", "gpu", "--node-vm-size", CPU
    )

    assert result.exit_code == 1
    assert "sku-is-cuda-gpu" in result.stderr


@pytest.mark.parametrize("size", ["Standard_NC4as_T4_v3 ", " standard_nc4as_t4_v3"], ids=["after", "before"])
def test_blanks_around_a_size_are_not_sent(azure: LocalAzure, size: str) -> None:
    assert nodepool(azure, "add", "--node-count", "1", "--node-vm-size", size).exit_code == 0
    assert sent(azure)["vmSize"] == size.strip()
