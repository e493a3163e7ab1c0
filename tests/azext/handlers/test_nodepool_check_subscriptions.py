"""`az aigpu nodepool check` of subscriptions and management groups; what cannot be seen of them is never a pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure, World
from testbeds.local_azure.world import Subscription, build_cluster
from tests.azext.core.harness import run_offline
from tests.azext.handlers.commands import CONTRACT, CPU, T4, error_of, put_our_pool, routes
from tests.azext.handlers.pool_checks import CLUSTER, EVERYWHERE, check, rows

pytestmark = pytest.mark.core

OTHER = "a16b0000-0000-4000-8000-000000000002"
OURS: dict[str, Any] = {"nodeLabels": CONTRACT}


@pytest.fixture
def two() -> Any:
    """An Azure with a second subscription, in whose only cluster a pool is mistyped."""
    cluster = build_cluster("aks-other", "westeurope", resource_group="rg-other")
    other = Subscription(OTHER, "other", resource_groups={"rg-other": "westeurope"}, clusters=[cluster])
    world = World.default()
    world.subscriptions.append(other)
    world.management_groups["ml"] = (world.subscription.id, OTHER)
    with LocalAzure(world) as local:
        local.world.add_pool("typo", vmSize=CPU, count=1, nodeLabels={"hardware": "gpu"})
        cluster.pools["typo"] = local.world.cluster().pools.pop("typo")
        put_our_pool(local)
        yield local


class TestSubscriptions:
    def test_without_a_scope_it_is_the_subscription_in_use(self, two: LocalAzure) -> None:
        result = check(two)

        assert (result.exit_code, result.data["verdict"]) == (0, "PASS")
        assert "identity-token" in routes(two)
        assert routes(two)["resource-graph"] == 1
        (question,) = two.recorded(route="resource-graph")
        assert question.body["subscriptions"] == [two.world.subscription.id]

    @pytest.mark.parametrize("scope", [EVERYWHERE, ("--management-group", "ml")], ids=["all", "group"])
    def test_a_mistake_in_another_subscription_is_found(self, two: LocalAzure, scope: tuple[str, ...]) -> None:
        result = check(two, *scope)

        assert result.exit_code == 4, result.stderr
        row = rows(result)["typo"]
        assert (row["subscription"], row["resourceGroup"], row["cluster"]) == (OTHER, "rg-other", "aks-other")
        assert row["location"] == "westeurope"
        assert routes(two)["resource-graph"] == 1

    def test_every_page_is_read(self, two: LocalAzure) -> None:
        two.world.graph_page_size = 1
        result = check(two, *EVERYWHERE)

        assert result.exit_code == 4
        assert routes(two)["resource-graph"] == 7
        assert len(result.data["items"]) == 7

    def test_a_pool_is_called_by_its_resource_id(self, two: LocalAzure) -> None:
        row = rows(check(two, *EVERYWHERE))["typo"]

        assert row["address"] == (
            f"/subscriptions/{OTHER}/resourcegroups/rg-other/providers/Microsoft.ContainerService"
            "/managedClusters/aks-other/agentPools/typo"
        )

    def test_sarif_is_written(self, two: LocalAzure, tmp_path: Path) -> None:
        path = tmp_path / "aigpu.sarif"

        assert check(two, *EVERYWHERE, "--sarif", str(path)).exit_code == 4
        (run_,) = json.loads(path.read_text("utf-8"))["runs"]
        places = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run_["results"]}
        assert any(place.endswith("agentPools/typo") for place in places)

    def test_pools_of_several_regions_are_priced_each_in_its_own(self, two: LocalAzure) -> None:
        two.world.subscriptions[1].clusters[0].pools["far"] = two.world.add_pool("far", vmSize=T4, count=1, **OURS)
        two.world.cluster().pools.pop("far")
        result = check(two, *EVERYWHERE)
        near, far = (rows(result)[name]["cost"] for name in ("gpu", "far"))

        assert (near["live"], far["live"]) == (True, True)
        assert near["nodeHour"] != far["nodeHour"]


class TestUnreadable:
    @pytest.mark.parametrize("scope", [EVERYWHERE, ("--management-group", "ml")], ids=["all", "group"])
    def test_a_subscription_that_cannot_be_seen_is_listed_and_unknown(
        self, two: LocalAzure, scope: tuple[str, ...]
    ) -> None:
        two.world.hidden.add(OTHER)
        result = check(two, *scope)

        assert (result.exit_code, result.data["verdict"]) == (5, "UNKNOWN")
        assert rows(result)[f"subscription {OTHER}"]["verdict"] == "UNKNOWN"
        assert "Resource Graph leaves it out" in result.stderr

    @pytest.mark.parametrize(
        "fault",
        [
            "forbidden-resource-graph",
            "server-error-resource-graph",
            "garbage-resource-graph",
            "truncated-resource-graph",
            "empty-resource-graph",
        ],
    )
    @pytest.mark.parametrize("scope", [(), EVERYWHERE, ("--management-group", "ml")], ids=["one", "all", "group"])
    @pytest.mark.usefixtures("hurried")
    def test_an_answer_that_is_none_is_never_nothing_found(
        self, two: LocalAzure, scope: tuple[str, ...], fault: str
    ) -> None:
        two.faults.inject(fault)
        result = check(two, *scope)

        assert (result.exit_code, result.data["verdict"]) == (5, "UNKNOWN"), result.stderr

    def test_a_management_group_whose_members_are_not_told_is_not_complete(self, two: LocalAzure) -> None:
        two.faults.inject("forbidden-descendants")
        two.world.subscriptions[1].clusters[0].pools.pop("typo")
        result = check(two, "--management-group", "ml")

        assert result.exit_code == 5
        assert "Microsoft.Management/managementGroups/descendants/read" in result.stderr

    def test_an_answer_that_contradicts_itself_is_not_complete(self, two: LocalAzure) -> None:
        two.world.subscriptions[1].clusters[0].pools.pop("typo")
        two.faults.inject("empty-descendants")

        assert check(two, "--management-group", "ml").exit_code == 5

    def test_a_management_group_that_is_not_there_ends_with_3(self, two: LocalAzure) -> None:
        result = check(two, "--management-group", "none")

        assert result.exit_code == 3
        assert "Check --management-group;" in error_of(result)[1]

    @pytest.mark.parametrize(
        ("given", "missing"), [("--resource-group", "--cluster-name"), ("--cluster-name", "--resource-group")]
    )
    def test_half_a_cluster_is_bad_usage(self, two: LocalAzure, given: str, missing: str) -> None:
        result = check(two, given, "rg-train")

        assert result.exit_code == 2
        assert error_of(result)[0] == f"{given} was given without {missing}."

    def test_a_subscription_that_is_switched_off_is_listed(self, two: LocalAzure) -> None:
        two.world.subscriptions[1].clusters[0].pools.pop("typo")
        assert check(two, *EVERYWHERE).exit_code == 0
        profile = next(Path(two_profile).parent for two_profile in profiles())
        data = json.loads((profile / "azureProfile.json").read_text("utf-8"))
        data["subscriptions"][1]["state"] = "Disabled"
        (profile / "azureProfile.json").write_text(json.dumps(data), encoding="utf-8")

        result = check(two, *EVERYWHERE)
        assert result.exit_code == 5
        assert "its state is Disabled" in result.stderr

    @pytest.mark.parametrize("scope", [(), EVERYWHERE, ("--management-group", "ml")], ids=["one", "all", "group"])
    def test_without_a_login_every_scope_says_how_to_sign_in(self, scope: tuple[str, ...]) -> None:
        result = run_offline("aigpu", "nodepool", "check", *scope)

        assert result.exit_code == 1
        assert error_of(result)[0] == "Please run 'az login' to setup account."

    def test_a_login_without_any_subscription_has_looked_at_nothing(self, azure: LocalAzure) -> None:
        check(azure, *CLUSTER)
        (profile,) = map(Path, profiles())
        profile.write_text(json.dumps({**json.loads(profile.read_text("utf-8")), "subscriptions": []}), "utf-8")

        result = check(azure, *EVERYWHERE)

        assert result.exit_code == 1
        assert error_of(result)[0] == "Please run 'az login' to setup account."


def profiles() -> list[str]:
    """Return the profile that the harness turned azure-cli to last."""
    from azure.cli.core._config import GLOBAL_CONFIG_DIR

    return [str(Path(GLOBAL_CONFIG_DIR) / "azureProfile.json")]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("-g", "rg-train"), id="group-alone"),
        pytest.param(("--cluster-name", "aks-train"), id="cluster-alone"),
        pytest.param((*CLUSTER, *EVERYWHERE), id="cluster-and-all"),
        pytest.param((*EVERYWHERE, "--management-group", "ml"), id="all-and-group"),
    ],
)
def test_scopes_that_contradict_each_other_are_bad_usage(azure: LocalAzure, arguments: tuple[str, ...]) -> None:
    assert check(azure, *arguments).exit_code == 2
    assert azure.requests == []
