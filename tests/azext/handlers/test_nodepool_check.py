"""`az aigpu nodepool check`: the rules over what runs, for one cluster, subscriptions and management groups."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure, World
from testbeds.local_azure.world import Subscription, build_cluster
from tests.azext.core.harness import Result, run, run_offline
from tests.azext.handlers.commands import A100, CONTRACT, CPU, T4, error_of, nodepool, put_our_pool, routes, writes
from tests.azext.specs.given import a_document, as_text, cluster

pytestmark = pytest.mark.core

OTHER = "a16b0000-0000-4000-8000-000000000002"
CLUSTER = ("-g", "rg-train", "--cluster-name", "aks-train")
OURS: dict[str, Any] = {"nodeLabels": CONTRACT}
EVERYWHERE = ("--all-subscriptions",)


def check(azure: LocalAzure, *arguments: str) -> Result:
    return run(azure, "aigpu", "nodepool", "check", *arguments)


def rows(result: Result) -> dict[str, Any]:
    return {row["name"] or row["address"]: row for row in result.data["items"]}


def put_typo(azure: LocalAzure, cluster: str = "aks-train") -> None:
    azure.world.add_pool("typo", cluster, vmSize=CPU, count=1, nodeLabels={"hardware": "gpu"})


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


class TestOneCluster:
    def test_a_good_pool_passes_and_others_are_not_reviewed(self, azure: LocalAzure) -> None:
        put_our_pool(azure)
        result = check(azure, *CLUSTER)

        assert (result.exit_code, result.data["verdict"]) == (0, "PASS"), result.stderr
        assert {name: row["verdict"] for name, row in rows(result).items()} == {
            "gpu": "PASS",
            "system": "NOT REVIEWED",
        }

    def test_the_founding_mistake_is_found(self, azure: LocalAzure) -> None:
        put_typo(azure)
        result = check(azure, *CLUSTER, "-o", "table")

        assert result.exit_code == 4
        assert result.stdout.splitlines()[2].split()[0] == "rg-train/aks-train/typo"
        assert "agentPools/typo" in result.stderr

    def test_a_gpu_size_about_which_nobody_says_anything_ends_with_5(self, azure: LocalAzure) -> None:
        azure.world.add_pool("t4", vmSize="Standard_NC4as_T4_v3", count=1)

        assert check(azure, *CLUSTER).exit_code == 5
        assert check(azure, *CLUSTER, "--gpu-pools", "t4").exit_code == 0

    def test_a_cluster_that_is_not_there_ends_with_3(self, azure: LocalAzure) -> None:
        assert check(azure, "-g", "rg-train", "--cluster-name", "none").exit_code == 3

    @pytest.mark.parametrize("fault", ["forbidden-pools", "garbage-pools", "forbidden-cluster"])
    def test_a_cluster_that_cannot_be_read_is_an_error(self, azure: LocalAzure, fault: str) -> None:
        azure.faults.inject(fault)

        assert check(azure, *CLUSTER).exit_code == 1

    def test_a_cluster_that_answers_without_any_pool_is_unknown(self, azure: LocalAzure) -> None:
        azure.world.cluster().pools.clear()
        result = check(azure, *CLUSTER)

        assert (result.exit_code, result.data["verdict"]) == (5, "UNKNOWN")
        assert "lists no node pool at all, and every cluster has a system pool" in result.stderr
        assert "az aks nodepool list" in result.stderr


class TestCost:
    def test_pools_are_priced_as_nodepool_list_prices_them(self, azure: LocalAzure) -> None:
        put_our_pool(azure)
        azure.world.add_pool("spot", vmSize=A100, count=2, scaleSetPriority="Spot", nodeLabels={"hardware": "gpu"})
        result = check(azure, *CLUSTER)
        listed = {row["name"]: row["cost"] for row in nodepool(azure, "list", name=None).data}

        assert {name: row["cost"] for name, row in rows(result).items() if row["cost"]} == listed
        assert {cost["live"] for cost in listed.values()} == {True}
        assert listed["spot"]["spot"] is True
        assert "for what was judged (price feed, 20" in result.stderr
        assert result.data["cost"]["hourMost"] == pytest.approx(sum(cost["hourMost"] for cost in listed.values()))

    def test_pools_of_several_regions_are_priced_each_in_its_own(self, two: LocalAzure) -> None:
        two.world.subscriptions[1].clusters[0].pools["far"] = two.world.add_pool("far", vmSize=T4, count=1, **OURS)
        two.world.cluster().pools.pop("far")
        result = check(two, *EVERYWHERE)
        near, far = (rows(result)[name]["cost"] for name in ("gpu", "far"))

        assert (near["live"], far["live"]) == (True, True)
        assert near["nodeHour"] != far["nodeHour"]

    @pytest.mark.parametrize("fault", ["server-error-prices", "garbage-prices", "dropped-prices"])
    def test_where_the_feed_fails_the_built_in_figure_stands_in_and_that_is_said(
        self, azure: LocalAzure, fault: str
    ) -> None:
        put_our_pool(azure)
        azure.faults.inject(fault, times=99)
        result = check(azure, *CLUSTER)

        assert (result.exit_code, rows(result)["gpu"]["cost"]["live"]) == (0, False)
        assert "(built-in figure of 2026-06-18, not live)" in result.stderr
        assert "      note: the price feed " in result.stderr
        assert rows(result)["gpu"]["cost"]["note"] in result.stderr

    def test_a_limit_is_held_against_the_price_of_today(self, azure: LocalAzure) -> None:
        put_our_pool(azure, vmSize=A100, count=1)
        limit = {"AZURE_AIGPU_MAX_HOURLY_COST": "0.01"}
        result = run(azure, "aigpu", "nodepool", "check", *CLUSTER, env=limit)

        assert result.exit_code == 4
        assert "price feed, 20" in next(
            one["seen"] for one in rows(result)["gpu"]["findings"] if one["reason"] == "CostOverLimit"
        )

    def test_what_is_not_judged_is_not_priced(self, azure: LocalAzure) -> None:
        check(azure, *CLUSTER)

        assert "prices" not in routes(azure)


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


AS_IT_IS = {"labels": {"team": "vision"}, "tags": {"cost-center": "ml"}}
"""What a spec says of the pool that `put_our_pool` puts there, beside size and count."""


def hold(azure: LocalAzure, directory: Path, *documents: Any, options: tuple[str, ...] = ()) -> Result:
    """Run `nodepool check` with specs over the clusters that they name, or that the options name."""
    (directory / "pools.yaml").write_text(as_text(*documents), encoding="utf-8")
    return check(azure, "--spec", str(directory / "pools.yaml"), *options)


def drift(result: Result, name: str = "gpu") -> list[tuple[str, str, str]]:
    """Return reason, problem and status of each finding of drift of a pool."""
    found = [one for one in rows(result)[name]["findings"] if one["id"] == "drift"]
    return [(one["reason"], one["problem"], one["status"]) for one in found]


class TestDrift:
    @pytest.mark.parametrize("scope", [(), CLUSTER], ids=["named-by-the-spec", "named"])
    def test_a_pool_as_its_spec_says_passes_and_others_are_named(
        self, azure: LocalAzure, tmp_path: Path, scope: tuple[str, ...]
    ) -> None:
        put_our_pool(azure)
        result = hold(azure, tmp_path, a_document(**AS_IT_IS), options=scope)

        assert (result.exit_code, result.data["verdict"]) == (0, "PASS"), result.stderr
        assert result.data["specs"] == {
            "pools": 1,
            "asAsked": 1,
            "drifted": 0,
            "missing": 0,
            "unknown": 0,
            "otherClusters": 0,
            "notNamed": [f"{cluster()}/agentPools/system"],
        }
        assert rows(result)["system"]["verdict"] == "NOT REVIEWED"
        assert "1 named by specs: 1 as asked for, 0 drifted" in result.stderr
        assert "1 named by no spec: aks-train/system." in result.stderr
        assert writes(azure) == []

    @pytest.mark.parametrize(
        ("there", "path", "seen", "wanted"),
        [
            pytest.param({"count": 2}, "count", "2", "1", id="count"),
            pytest.param(
                {"nodeLabels": {**CONTRACT, "team": "sound"}},
                "nodeLabels",
                '{"team": "sound"}',
                '{"team": "vision"}',
                id="label",
            ),
            pytest.param({"nodeTaints": []}, "nodeTaints", "none", '["sku=gpu:NoSchedule"]', id="taint-removed"),
            pytest.param({"tags": {"cost-center": "ml"}}, "tags", "none", '{"aigpu-spec": ', id="tag-removed"),
            pytest.param(
                {"vmSize": "Standard_NC8as_T4_v3"},
                "vmSize",
                '"Standard_NC8as_T4_v3"',
                f'"{T4}"',
                id="size",
            ),
        ],
    )
    def test_each_property_that_differs_is_a_finding(
        self, azure: LocalAzure, tmp_path: Path, there: dict[str, Any], path: str, seen: str, wanted: str
    ) -> None:
        put_our_pool(azure, **there)
        result = hold(azure, tmp_path, a_document(**AS_IT_IS))

        assert result.exit_code == 4, result.stderr
        assert result.data["specs"]["drifted"] == 1
        (finding,) = [one for one in rows(result)["gpu"]["findings"] if one["problem"].startswith(f"{path} is not")]
        assert (finding["id"], finding["reason"], finding["status"]) == ("drift", "PoolDrifted", "FAIL")
        assert finding["seen"] == seen
        assert finding["wanted"].startswith(wanted)
        assert finding["wanted"].endswith("pools.yaml, line 1, column 5)")
        assert finding["nextStep"] == f"az aigpu nodepool plan -f {tmp_path / 'pools.yaml'}"
        assert ("no pool can change it" in finding["problem"]) == (path == "vmSize")

    def test_two_properties_are_two_findings_in_table_and_sarif(self, azure: LocalAzure, tmp_path: Path) -> None:
        put_our_pool(azure, count=2, nodeTaints=[])
        sarif = tmp_path / "aigpu.sarif"
        result = hold(azure, tmp_path, a_document(**AS_IT_IS), options=("-o", "table", "--sarif", str(sarif)))

        assert result.exit_code == 4
        cells = result.stdout.splitlines()[2].split()
        assert (cells[0], cells[-1]) == ("rg-train/aks-train/gpu", "FAIL")
        (log,) = json.loads(sarif.read_text("utf-8"))["runs"]
        found = [one for one in log["results"] if one["ruleId"] == "drift"]
        assert [one["properties"]["reason"] for one in found] == ["PoolDrifted", "PoolDrifted"]
        assert len({one["partialFingerprints"]["aigpuRuleReasonAddress/v1"] for one in found}) == 2

    def test_an_overlay_is_laid_over_the_specs(self, azure: LocalAzure, tmp_path: Path) -> None:
        put_our_pool(azure, count=2)
        over = tmp_path / "prod.yaml"
        over.write_text(as_text({**a_document(), "spec": {"nodeCount": 2}}), encoding="utf-8")

        assert hold(azure, tmp_path, a_document(**AS_IT_IS), options=("--overlay", str(over))).exit_code == 0

    @pytest.mark.parametrize("state", [None, "Deleting"], ids=["never-there", "deleting"])
    def test_a_pool_that_is_missing_is_a_finding(self, azure: LocalAzure, tmp_path: Path, state: str | None) -> None:
        if state:
            put_our_pool(azure, state=state)
        result = hold(azure, tmp_path, a_document(**AS_IT_IS))

        assert result.exit_code == 4
        assert drift(result) == [("PoolMissing", "a spec asks for this pool, and Azure has none", "FAIL")]
        assert (result.data["specs"]["missing"], rows(result)["gpu"]["cluster"]) == (1, "aks-train")
        cost = result.data["cost"]
        assert (cost["hourNow"] > 0, cost["unknown"]) == (state is not None, 0)

    @pytest.mark.parametrize(("count", "reason"), [(1, "PoolDrifted"), (0, "PoolLeftFailed")], ids=["nodes", "empty"])
    def test_a_failed_pool_is_not_as_asked_for(
        self, azure: LocalAzure, tmp_path: Path, count: int, reason: str
    ) -> None:
        put_our_pool(azure, state="Failed", count=count)
        result = hold(azure, tmp_path, a_document(**AS_IT_IS, nodeCount=count))

        assert result.exit_code == 4
        assert [each[0] for each in drift(result)] == [reason]

    def test_what_a_spec_names_is_reviewed_whatever_its_labels_say(self, azure: LocalAzure, tmp_path: Path) -> None:
        azure.world.add_pool("gpu", vmSize=CPU, count=1)
        row = rows(hold(azure, tmp_path, a_document(**AS_IT_IS)))["gpu"]

        assert (row["verdict"], row["intent"]) == ("FAIL", "spec")
        assert {"sku-is-cuda-gpu", "drift"} <= {one["id"] for one in row["findings"]}

    @pytest.mark.parametrize("fault", ["forbidden-pools", "garbage-pools", "server-error-pools", "truncated-pools"])
    @pytest.mark.usefixtures("hurried")
    def test_pools_that_cannot_be_read_are_unknown_and_neither_right_nor_missing(
        self, azure: LocalAzure, tmp_path: Path, fault: str
    ) -> None:
        put_our_pool(azure)
        azure.faults.inject(fault)
        result = hold(azure, tmp_path, a_document(**AS_IT_IS))

        assert (result.exit_code, result.data["verdict"]) == (5, "UNKNOWN"), result.stderr
        assert [(each[0], each[2]) for each in drift(result)] == [("PoolsUnknown", "UNKNOWN")]
        assert result.data["specs"]["unknown"] == 1

    def test_a_cluster_that_answers_without_any_pool_does_not_lack_one(self, azure: LocalAzure, tmp_path: Path) -> None:
        azure.world.cluster().pools.clear()
        result = hold(azure, tmp_path, a_document(**AS_IT_IS))

        assert (result.exit_code, result.data["verdict"]) == (5, "UNKNOWN"), result.stderr
        assert [(each[0], each[2]) for each in drift(result)] == [("PoolsUnknown", "UNKNOWN")]
        assert (result.data["specs"]["missing"], result.data["specs"]["unknown"]) == (0, 1)
        step = rows(result)["gpu"]["findings"][0]["nextStep"]
        assert "az aks nodepool list -g rg-train --cluster-name aks-train --subscription" in step
        assert "Cost: UNKNOWN for what was judged" in result.stderr

    def test_a_cluster_that_cannot_be_read_hides_no_drift(self, azure: LocalAzure, tmp_path: Path) -> None:
        put_our_pool(azure)
        azure.faults.inject("forbidden-cluster")
        assert hold(azure, tmp_path, a_document(**AS_IT_IS)).exit_code == 5
        azure.faults.inject("forbidden-cluster")
        assert hold(azure, tmp_path, a_document(**AS_IT_IS, nodeCount=2)).exit_code == 4

    def test_a_count_that_is_absent_is_no_zero(self, azure: LocalAzure, tmp_path: Path) -> None:
        put_our_pool(azure).properties.pop("count")
        result = hold(azure, tmp_path, a_document(**AS_IT_IS, nodeCount=0))

        assert result.exit_code == 5
        assert [each[0] for each in drift(result)] == ["PoolUnreadable"]

    def test_pools_of_other_clusters_are_counted_where_one_is_named(self, azure: LocalAzure, tmp_path: Path) -> None:
        put_our_pool(azure)
        other = a_document("far", cluster=cluster("aks-far"))
        result = hold(azure, tmp_path, a_document(**AS_IT_IS), other, options=CLUSTER)

        assert (result.exit_code, result.data["specs"]["otherClusters"]) == (0, 1)
        assert "1 more in other clusters, not looked at" in result.stderr
        assert hold(azure, tmp_path, a_document(**AS_IT_IS), other).exit_code == 3

    @pytest.mark.parametrize(
        "options",
        [
            pytest.param(EVERYWHERE, id="all"),
            pytest.param(("--management-group", "ml"), id="group"),
            pytest.param(("-g", "rg-train", "--cluster-name", "none"), id="cluster-that-no-spec-names"),
        ],
    )
    def test_a_scope_that_the_specs_do_not_have_is_bad_usage(
        self, azure: LocalAzure, tmp_path: Path, options: tuple[str, ...]
    ) -> None:
        assert hold(azure, tmp_path, a_document(), options=options).exit_code == 2
        assert azure.requests == []

    def test_an_overlay_without_specs_is_bad_usage(self, azure: LocalAzure, tmp_path: Path) -> None:
        assert check(azure, "--overlay", str(tmp_path / "prod.yaml")).exit_code == 2
