"""`az aigpu nodepool check --spec`: what runs is held to the specs, property by property."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import Result
from tests.azext.handlers.commands import CONTRACT, CPU, T4, put_our_pool, writes
from tests.azext.handlers.pool_checks import CLUSTER, EVERYWHERE, check, rows
from tests.azext.handlers.specs import AS_IT_IS
from tests.azext.specs.given import a_document, as_text, cluster

pytestmark = pytest.mark.core


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
