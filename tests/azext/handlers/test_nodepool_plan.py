"""`az aigpu nodepool plan`: what it says, what it refuses, how it ends, and that it changes nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from azext_aigpu.plan_file.document import compute_digest
from testbeds.local_azure import LocalAzure
from testbeds.local_azure.world import Subscription, build_cluster
from tests.azext.core.harness import run, run_offline
from tests.azext.handlers.commands import CPU, T4, error_of, put_our_pool, writes
from tests.azext.handlers.specs import plan
from tests.azext.specs.given import a_document, cluster

pytestmark = pytest.mark.core

EXAMPLES = Path(__file__).parents[3] / "examples"
OTHER = "a16b0000-0000-4000-8000-000000000002"
FAMILIES = ("StandardNCADSA100v4Family", "StandardNVADSA10v5Family")


def test_a_plan_shows_what_would_be_and_changes_nothing(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure, "old")
    put_our_pool(azure, "other")

    result = plan(azure, tmp_path, a_document(), a_document("old", nodeCount=3))

    assert result.exit_code == 0, result.stderr
    assert writes(azure) == []
    assert [(step["action"], step["name"]) for step in result.data["steps"]] == [("create", "gpu"), ("update", "old")]
    assert [other["name"] for other in result.data["untouched"]] == ["system", "other"]
    assert "+ aks-train/gpu (rg-train, " in result.stderr
    assert "  ~ count: 1 -> 3\n" in result.stderr
    assert "Plan: 1 to create, 1 to update, 0 unchanged, 2 left alone\n" in result.stderr
    assert "Cost of these pools: now $0.53/h, after $2.10/h, at most $2.10/h = $50.50/day\n" in result.stderr


def test_the_plan_file_is_what_was_printed_and_its_digest_is_right(azure: LocalAzure, tmp_path: Path) -> None:
    result = plan(azure, tmp_path, a_document())

    data = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    assert data == result.data
    assert data["digest"] == compute_digest(data)
    assert (data["endpoint"], data["clusters"]) == (azure.url, [cluster()])
    assert f"--plan-file {tmp_path / 'plan.json'} --digest {data['digest']}" in result.stderr


def test_how_long_a_plan_holds_is_a_setting(azure: LocalAzure, tmp_path: Path) -> None:
    data = plan(azure, tmp_path, a_document(), env={"AZURE_AIGPU_PLAN_HOURS": "2"}).data

    hours = [int(re.split(r"[T:]", data[key])[1]) for key in ("created", "expires")]
    assert (hours[1] - hours[0]) % 24 == 2


@pytest.mark.parametrize(
    ("documents", "code"),
    [
        pytest.param([a_document()], 4, id="create"),
        pytest.param(
            [a_document("old", nodeCount=2, tags={"cost-center": "ml"}, labels={"team": "vision"})], 4, id="u"
        ),
        pytest.param([a_document("old", nodeVmSize="Standard_NC8as_T4_v3")], 4, id="replace"),
        pytest.param([a_document("old", tags={"cost-center": "ml"}, labels={"team": "vision"})], 0, id="unchanged"),
    ],
)
def test_the_exit_code_tells_changes_when_it_is_asked_to(
    azure: LocalAzure, tmp_path: Path, documents: list[object], code: int
) -> None:
    put_our_pool(azure, "old")

    assert plan(azure, tmp_path, *documents, options=("--exit-code",)).exit_code == code
    assert plan(azure, tmp_path, *documents).exit_code == 0


def test_a_pool_that_can_only_be_replaced_is_named_with_the_way(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure, "old")

    result = plan(azure, tmp_path, a_document("old", nodeVmSize="Standard_NC8as_T4_v3"))

    assert "! aks-train/old (rg-train, " in result.stderr
    assert '"Standard_NC8as_T4_v3"   <- no pool can change this' in result.stderr
    assert result.data["steps"][0]["properties"] == {}


def test_the_pool_of_the_story_never_gets_into_a_plan(azure: LocalAzure, tmp_path: Path) -> None:
    azure.world.add_pool("gpu", vmSize=CPU, count=1, nodeLabels={"hardware": "gpu"})

    result = plan(azure, tmp_path, a_document(), a_document("b", nodeVmSize=CPU))

    assert (result.exit_code, azure.requests) == (1, [])
    head, below = error_of(result)
    assert head == "1 of 2 node pools were refused; nothing was asked of Azure."
    assert "pools.yaml, line 2, column 5, node pool 'b':" in below
    assert "FAIL    sku-is-cuda-gpu:" in below
    assert not (tmp_path / "plan.json").exists()


def test_what_the_cloud_shows_to_be_wrong_is_refused(azure: LocalAzure, tmp_path: Path) -> None:
    result = plan(azure, tmp_path, a_document(), a_document("many", nodeCount=100))

    assert result.exit_code == 1
    assert "The plan was refused: 1 of 2 pools may not be so; no plan was written." in result.stderr
    assert result.stderr.count("FAIL    quota:") == 1
    assert "refused by quota: see the error" in result.stderr.partition("ERROR: ")[0]
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize("route", ["pools", "cluster"])
def test_what_could_not_be_read_is_never_taken_for_right(azure: LocalAzure, tmp_path: Path, route: str) -> None:
    azure.faults.inject(f"forbidden-{route}")

    result = plan(azure, tmp_path, a_document())

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "UNKNOWN" in result.stderr


def test_quota_that_could_not_be_read_goes_on_unless_strict(azure: LocalAzure, tmp_path: Path) -> None:
    azure.faults.inject("forbidden-usages")

    assert plan(azure, tmp_path, a_document(), options=("--strict",)).exit_code == 1
    result = plan(azure, tmp_path, a_document())

    assert result.exit_code == 0, result.stderr
    assert [one["status"] for one in result.data["steps"][0]["findings"] if one["id"] == "quota"] == ["UNKNOWN"]


def test_a_cluster_that_is_not_there_is_not_found(azure: LocalAzure, tmp_path: Path) -> None:
    result = plan(azure, tmp_path, a_document(cluster=cluster("aks-nowhere")))

    assert result.exit_code == 3
    assert "aks-nowhere" in error_of(result)[0]


def test_a_subscription_that_the_login_has_not_got_is_named(azure: LocalAzure, tmp_path: Path) -> None:
    result = plan(azure, tmp_path, a_document(cluster=cluster(subscription=OTHER)))

    assert (result.exit_code, azure.requests) == (1, [])
    assert error_of(result)[0] == f"Your login has no subscription {OTHER}, which a spec names. Nothing was sent."


def test_a_plan_spans_subscriptions_and_regions(azure: LocalAzure, tmp_path: Path) -> None:
    other = Subscription(
        OTHER, "second", resource_groups={"rg-train": "eastus"}, clusters=[build_cluster("aks-2", "eastus")]
    )
    azure.world.subscriptions.append(other)

    result = plan(
        azure,
        tmp_path,
        a_document(),
        a_document(cluster=cluster("aks-west")),
        a_document(cluster=cluster("aks-2", OTHER)),
    )

    assert result.exit_code == 0, result.stderr
    assert [step["action"] for step in result.data["steps"]] == ["create"] * 3
    assert len(result.data["subscriptions"]) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("--file", "nowhere.yaml"), "--file: nowhere.yaml cannot be read", id="no-file"),
        pytest.param(("--file", "."), "--file: . cannot be read", id="folder"),
        pytest.param((), "--file", id="nothing"),
    ],
)
def test_a_wrong_command_ends_with_2(arguments: tuple[str, ...], told: str) -> None:
    result = run_offline("aigpu", "nodepool", "plan", *arguments)

    assert result.exit_code == 2
    assert told in result.stderr


def test_a_mistake_in_a_spec_ends_with_2_and_asks_nothing(azure: LocalAzure, tmp_path: Path) -> None:
    result = plan(azure, tmp_path, a_document(nodeVmSiz=T4))

    assert (result.exit_code, azure.requests) == (2, [])
    assert "did you mean nodeVmSize?" in error_of(result)[0]


@pytest.mark.parametrize(
    ("arguments", "pools"),
    [
        pytest.param(("--file", "dev.yaml"), ["notebooks"], id="dev"),
        pytest.param(("--file", "pools.yaml", "--overlay", "staging.yaml"), ["train", "serve"], id="staging"),
        pytest.param(("--file", "pools.yaml", "--overlay", "prod.yaml"), ["train", "serve"], id="prod"),
    ],
)
def test_every_example_is_a_plan_that_can_be_applied(
    azure: LocalAzure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], pools: list[str]
) -> None:
    for family in FAMILIES:
        azure.world.subscription.set_quota("eastus", family, limit=400)
    monkeypatch.chdir(EXAMPLES)
    file = str(tmp_path / "plan.json")

    planned = run(azure, "aigpu", "nodepool", "plan", *arguments, "--plan-file", file, "--exit-code")
    digest = planned.data["digest"]
    applied = run(azure, "aigpu", "nodepool", "apply", "--plan-file", file, "--digest", digest)
    again = run(azure, "aigpu", "nodepool", "plan", *arguments, "--exit-code")

    assert (planned.exit_code, applied.exit_code) == (4, 0), planned.stderr + applied.stderr
    assert [(row["name"], row["outcome"]) for row in applied.data] == [(name, "done") for name in pools]
    assert again.exit_code == 0, again.stderr
