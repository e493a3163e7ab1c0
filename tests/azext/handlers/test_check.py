"""`az aigpu check`: other tools' plans, with nobody signed in unless --online is given."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import Result, run, run_offline
from tests.azext.handlers.commands import error_of, routes

pytestmark = pytest.mark.core

GOLDEN = Path(__file__).parents[2] / "golden" / "foreign"
PLAN = str(GOLDEN / "terraform" / "azurerm4.json")
TEMPLATE = ("--template", str(GOLDEN / "arm" / "pools.json"))
PARAMETERS = ("--template-parameters", str(GOLDEN / "arm" / "pools.parameters.json"))
WHAT_IF = ("--what-if", str(GOLDEN / "what_if" / "pools.json"))
A100 = "Standard_NC24ads_A100_v4"
LABELS = {"hardware": "gpu", "gpu-type": "nvidia"}


def check(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return run_offline("aigpu", "check", *arguments, env=env)


def rows(result: Result) -> dict[str, Any]:
    return {row["address"]: row for row in result.data["items"]}


def write_plan(folder: Path, **attributes: Any) -> str:
    """Write a plan with one good pool, changed by `attributes`; gives its path."""
    after = {
        "name": "gpu",
        "vm_size": A100,
        "node_count": 1,
        "node_labels": LABELS,
        "node_taints": ["sku=gpu:NoSchedule"],
        "tags": {"cost-center": "ml"},
        **attributes,
    }
    kind = "azurerm_kubernetes_cluster_node_pool"
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
    entry = {"address": f"{kind}.gpu", "mode": "managed", "type": kind, "name": "gpu", "change": change}
    path = folder / "plan.json"
    path.write_text(json.dumps({"format_version": "1.2", "resource_changes": [entry]}), encoding="utf-8")
    return str(path)


class TestTheFoundingMistake:
    @pytest.mark.parametrize(
        ("arguments", "address"),
        [
            pytest.param(("--tfplan", PLAN), "azurerm_kubernetes_cluster_node_pool.typo", id="terraform"),
            pytest.param((*TEMPLATE, *PARAMETERS), "managedClusters/aks-train/agentPools/train", id="bicep"),
            pytest.param(WHAT_IF, "managedClusters/aks-train/agentPools/train", id="what-if"),
        ],
    )
    def test_a_cpu_size_with_gpu_labels_ends_with_4(self, arguments: tuple[str, ...], address: str) -> None:
        result = check(*arguments)

        assert result.exit_code == 4, result.stderr
        row = rows(result)[address]
        assert (row["size"], row["verdict"]) == ("Standard_D16s_v5", "FAIL")
        assert "CpuSize" in {finding["reason"] for finding in row["findings"]}
        assert address in result.stderr
        assert "Standard_D16s_v5 has no GPU" in result.stderr


class TestExitCodes:
    def test_0_where_all_is_well(self, tmp_path: Path) -> None:
        result = check("--tfplan", write_plan(tmp_path))

        assert (result.exit_code, result.data["verdict"]) == (0, "PASS"), result.stderr

    def test_0_where_nothing_is_in_it_and_that_is_said(self, tmp_path: Path) -> None:
        path = tmp_path / "plan.json"
        path.write_text('{"format_version": "1.2", "resource_changes": []}', encoding="utf-8")
        result = check("--tfplan", str(path))

        assert (result.exit_code, result.data["verdict"]) == (0, "NOT REVIEWED")
        assert "nothing was judged" in result.stderr

    def test_4_wins_over_5(self) -> None:
        assert check("--tfplan", PLAN).exit_code == 4

    def test_5_where_nobody_said_what_it_is_meant_to_be(self, tmp_path: Path) -> None:
        result = check("--tfplan", write_plan(tmp_path, node_labels=None, node_taints=None))

        assert (result.exit_code, result.data["verdict"]) == (5, "UNKNOWN")
        assert "IntentMissing" in result.stdout

    def test_a_name_says_it(self, tmp_path: Path) -> None:
        path = write_plan(tmp_path, node_labels=None, vm_size="Standard_D16s_v5", node_taints=None)

        assert check("--tfplan", path).exit_code == 0
        assert check("--tfplan", path, "--gpu-pools", "other,gpu").exit_code == 4

    def test_5_where_a_named_pool_is_not_there(self, tmp_path: Path) -> None:
        result = check("--tfplan", write_plan(tmp_path), "--gpu-pools", "gpu", "h100")

        assert result.exit_code == 5
        assert "--gpu-pools names 'h100', and nothing of that name is there" in result.stderr

    def test_5_where_a_parameter_is_missing(self) -> None:
        result = check(*TEMPLATE)

        assert result.exit_code == 5
        assert "parameter 'gpuSize' has no value" in result.stderr

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            pytest.param(b"", "it is empty", id="empty"),
            pytest.param(b"PK\x03\x04", "terraform show -json", id="saved-plan"),
            pytest.param(b"{", "is not JSON", id="broken"),
            pytest.param(b"[" * 200_000, "nested", id="deep"),
            pytest.param(b'{"a": 1, "a": 2}', "stands twice", id="repeated-key"),
            pytest.param(b'{"a": "\x00"}', "NUL", id="nul"),
            pytest.param(b"{}", "no Terraform plan", id="other-json"),
        ],
    )
    def test_2_where_a_document_cannot_be_read(self, tmp_path: Path, content: bytes, told: str) -> None:
        path = tmp_path / "plan.json"
        path.write_bytes(content)
        result = check("--tfplan", str(path))

        assert result.exit_code == 2
        head, _ = error_of(result)
        assert str(path) in head
        assert told in head

    @pytest.mark.parametrize("name", ["none.json", ".", "a\x00b"], ids=["missing", "folder", "nul"])
    def test_2_where_there_is_no_such_file_and_how_to_make_it_is_said(self, tmp_path: Path, name: str) -> None:
        result = check("--tfplan", f"{tmp_path}/{name}")

        assert result.exit_code == 2
        head, below = error_of(result)
        assert "cannot be read" in head
        assert "terraform show -json" in below

    @pytest.mark.parametrize(
        "arguments",
        [
            pytest.param((), id="nothing"),
            pytest.param((*PARAMETERS, *WHAT_IF), id="parameters-without-template"),
            pytest.param(("--tfplan", PLAN, "--waive", "sku-is-cuda-gpu=no"), id="not-waivable"),
            pytest.param(("--tfplan", PLAN, "--gpu-pools", ","), id="no-name"),
            pytest.param(("--tfplan",), id="no-file"),
        ],
    )
    def test_2_for_bad_usage(self, arguments: tuple[str, ...]) -> None:
        assert check(*arguments).exit_code == 2


def test_several_documents_are_judged_together() -> None:
    result = check("--tfplan", PLAN, *TEMPLATE, *PARAMETERS, *WHAT_IF, "-o", "table")

    assert result.exit_code == 4
    verdicts = [line.split()[-1] for line in result.stdout.splitlines()[2:]]
    assert verdicts[0] == "FAIL"
    assert verdicts.count("reviewed") == 8


def test_a_waiver_makes_a_warning_and_settings_hold(tmp_path: Path) -> None:
    path = write_plan(tmp_path, vm_size="Standard_NV6ads_A10_v5")

    assert check("--tfplan", path).exit_code == 4
    assert check("--tfplan", path, "--waive", "fractional-gpu=notebooks need little").exit_code == 0
    limits = {"AZURE_AIGPU_REQUIRED_TAGS": "owner"}
    assert check("--tfplan", write_plan(tmp_path), env=limits).exit_code == 4
    assert check("--tfplan", path, "--max-hourly-cost", "0.1", "--waive", "fractional-gpu=x").exit_code == 4


def test_one_cost_line_says_that_its_figures_are_built_in(tmp_path: Path) -> None:
    result = check("--tfplan", write_plan(tmp_path, node_count=2), "--location", "eastus")

    assert result.stderr.count("Cost:") == 1
    cost = "Cost: now $7.35/h, at most $7.35/h = $176.30/day, $5,362.58/month for what was judged"
    assert f"{cost} (built-in figure of 2026-06-18, not live)" in result.stderr
    assert result.data["cost"]["hourMost"] == 7.346


def test_a_figure_of_another_region_says_of_which(tmp_path: Path) -> None:
    result = check("--tfplan", write_plan(tmp_path))

    assert "      note: the figure is that of eastus; give --location for another region" in result.stderr


class TestSarif:
    def test_it_is_written_beside_the_result_and_whatever_the_verdict(self, tmp_path: Path) -> None:
        path = tmp_path / "aigpu.sarif"
        result = check("--tfplan", PLAN, "--sarif", str(path))

        assert result.exit_code == 4
        results = json.loads(path.read_text("utf-8"))["runs"][0]["results"]
        assert "azurerm_kubernetes_cluster_node_pool.typo" in {
            one["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] for one in results
        }

    def test_a_file_that_cannot_be_written_is_an_error_and_no_verdict(self, tmp_path: Path) -> None:
        result = check("--tfplan", PLAN, "--sarif", str(tmp_path / "none" / "aigpu.sarif"))

        assert result.exit_code == 2
        assert "cannot be written" in result.stderr


class TestOnline:
    def test_offline_nothing_is_asked(self, azure: LocalAzure) -> None:
        result = run(azure, "aigpu", "check", "--tfplan", PLAN)

        assert result.exit_code == 4
        assert azure.requests == []

    def test_quota_availability_and_price_are_asked_once_a_region(self, azure: LocalAzure, tmp_path: Path) -> None:
        azure.world.subscription.set_quota("eastus", "StandardNCADSA100v4Family", limit=0)
        path = write_plan(tmp_path)
        result = run(azure, "aigpu", "check", "--tfplan", path, "--online", "--location", "eastus")

        assert result.exit_code == 4, result.stderr
        assert "QuotaExceeded" in result.stdout
        assert "the vCPU quota in eastus" in result.stderr
        assert routes(azure) == {"identity-token": 1, "prices": 1, "skus": 1, "usages": 1}
        assert result.data["items"][0]["cost"]["live"] is True

    def test_pools_that_each_fit_and_not_together_fail(self, azure: LocalAzure, tmp_path: Path) -> None:
        azure.world.subscription.set_quota("eastus", "StandardNCADSA100v4Family", limit=24 * 3)
        path = write_plan(tmp_path, upgrade_settings=[{"max_surge": "0"}], node_count=2)
        plan = json.loads(Path(path).read_text("utf-8"))
        arguments = ("aigpu", "check", "--tfplan", path, "--online", "--location", "eastus")
        assert run(azure, *arguments).exit_code == 0

        (first,) = plan["resource_changes"]
        plan["resource_changes"].append({**first, "address": f"{first['type']}.second", "name": "second"})
        Path(path).write_text(json.dumps(plan), encoding="utf-8")
        result = run(azure, *arguments)

        assert (result.exit_code, [row["verdict"] for row in result.data["items"]]) == (4, ["PASS", "FAIL"])
        assert "48 for what stands before it, 24 left" in result.stderr
        assert "price feed, 20" in result.stderr.partition("Cost:")[2]

    def test_what_azure_does_not_tell_is_unknown_and_stops_under_strict_only(
        self, azure: LocalAzure, tmp_path: Path
    ) -> None:
        azure.faults.inject("forbidden-usages")
        arguments = ("aigpu", "check", "--tfplan", write_plan(tmp_path), "--online", "--location", "eastus")

        result = run(azure, *arguments)
        assert (result.exit_code, result.data["verdict"]) == (0, "UNKNOWN")
        assert "Microsoft.Compute/locations/usages/read" in result.stderr
        assert run(azure, *arguments, "--strict").exit_code == 5

    @pytest.mark.parametrize("region", ["eastsu", "East Su"])
    def test_a_mistyped_region_is_bad_usage(self, azure: LocalAzure, tmp_path: Path, region: str) -> None:
        result = run(azure, "aigpu", "check", "--tfplan", write_plan(tmp_path), "--online", "--location", region)

        assert result.exit_code == 2
        assert f"--location: the subscription has no region '{region}'." in result.stderr
        assert "Did you mean eastus" in result.stderr

    def test_without_a_region_it_is_unknown(self, azure: LocalAzure, tmp_path: Path) -> None:
        result = run(azure, "aigpu", "check", "--tfplan", write_plan(tmp_path), "--online", "--strict")

        assert result.exit_code == 5
        assert "give --location" in result.stderr
        assert {one["nextStep"].partition(",")[0] for one in result.data["items"][0]["findings"]} == {
            "name the region with --location"
        }


def test_nothing_of_a_sensitive_value_is_shown(tmp_path: Path) -> None:
    plan = json.loads(Path(write_plan(tmp_path, vm_size="Standard_Secret_v1")).read_text("utf-8"))
    plan["resource_changes"][0]["change"]["after_sensitive"] = {"vm_size": True}
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    result = check("--tfplan", str(path))

    assert result.exit_code == 5
    assert "Secret" not in result.stdout + result.stderr


def test_a_plan_as_powershell_writes_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(Path(PLAN).read_text("utf-8"), encoding="utf-16")

    assert check("--tfplan", str(path)).exit_code == 4


def test_a_path_is_taken_from_where_the_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(PLAN, tmp_path / "plan.json")
    monkeypatch.chdir(tmp_path)
    result = check("--tfplan", "plan.json")

    assert {row["file"] for row in result.data["items"]} == {"plan.json"}
