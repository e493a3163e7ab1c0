from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known
from azext_aigpu.audit import Judged
from azext_aigpu.audit.report import Report, render_report
from azext_aigpu.cloud.facts import NodeKind, Price
from azext_aigpu.foreign.resources import ForeignPool, Place, Unread
from azext_aigpu.tables.check import format_report
from tests.azext.audit.given import A100, CPU, a_machine, a_place, a_policy, a_pool, judge
from tests.azext.rules.given import TODAY


def a_judged(*statuses: Status, rule: str = "os-sku", why_not: str = "") -> Judged:
    findings = tuple(Finding(rule, "Passed", status, "said") for status in statuses)
    return Judged(a_pool(), A100, findings=findings, why_not=why_not)


@pytest.mark.parametrize(
    ("judged", "verdict", "code"),
    [
        pytest.param([], "NOT REVIEWED", 0, id="nothing"),
        pytest.param([a_judged(why_not="no GPU")], "NOT REVIEWED", 0, id="not-reviewed"),
        pytest.param([a_judged(Status.PASS)], "PASS", 0, id="pass"),
        pytest.param([a_judged(Status.WARN), a_judged(why_not="no GPU")], "WARN", 0, id="warn"),
        pytest.param([a_judged(Status.PASS), a_judged(Status.UNKNOWN)], "UNKNOWN", 5, id="unknown"),
        pytest.param([a_judged(Status.UNKNOWN), a_judged(Status.FAIL)], "FAIL", 4, id="fail-wins"),
        pytest.param([a_judged(Status.SKIPPED)], "UNKNOWN", 5, id="skipped-is-no-pass"),
        pytest.param([a_judged()], "UNKNOWN", 5, id="empty-is-no-pass"),
    ],
)
def test_the_worst_decides(judged: list[Judged], verdict: str, code: int) -> None:
    report = Report(tuple(judged))

    assert report.verdict == verdict
    assert report.exit_code == code


def test_what_azure_enforces_itself_ends_with_5_under_strict_only() -> None:
    judged = (a_judged(Status.UNKNOWN, rule="quota"),)

    assert (Report(judged).exit_code, Report(judged, strict=True).exit_code) == (0, 5)
    assert Report(judged).verdict == "UNKNOWN"


def test_findings_stand_under_file_and_address_with_one_cost_line() -> None:
    text = render_report(Report((judge(a_pool(vmSize=CPU)), judge(a_machine(A100)))))

    assert text.splitlines()[0] == "plan.json: pools.gpu"
    assert text.count("Cost:") == 1
    assert "not live" in text
    assert "2 judged: FAIL. 0 not reviewed" in text


def test_what_could_not_be_read_costs_an_unknown_amount_and_not_nothing() -> None:
    unread = judge(Unread(a_place(), "linked"))

    assert "Cost: UNKNOWN for what was judged" in render_report(Report((unread,)))
    assert "for what was judged, and UNKNOWN for 1 more" in render_report(Report((judge(a_pool()), unread)))


def test_where_prices_come_from_is_told_with_what_has_to_be_said_of_them() -> None:
    kind = NodeKind(A100, "westeurope", spot=False)
    prices = {
        kind: Known(Price(Decimal(4), TODAY, live=True, note="also listed at 5 as 'x'")),
        kind._replace(spot=True): Known(Price(Decimal(1), TODAY, live=False, note="the price feed did not answer")),
    }
    policy = a_policy(location="westeurope", prices=prices)
    text = render_report(Report((judge(a_pool(), policy), judge(a_pool(scaleSetPriority="Spot"), policy))))

    assert "for what was judged (built-in figure of 2026-11-24, not live; price feed, 2026-11-24)" in text
    assert text.splitlines()[-1] == "      note: the price feed did not answer"


def test_a_document_without_pools_says_that_nothing_was_judged() -> None:
    assert "nothing was judged" in render_report(Report(()))


def test_options_of_add_are_told_under_the_names_of_the_file() -> None:
    terraform = judge(a_pool(vmSize=CPU, place=a_place(address="azurerm_kubernetes_cluster_node_pool.gpu")))
    bicep = judge(a_pool(vmSize=CPU, place=a_place(address="managedClusters/aks/agentPools/gpu")))

    assert "next    vm_size Standard_" in render_report(Report((terraform,)))
    assert "next    vmSize Standard_" in render_report(Report((bicep,)))
    assert "--node-vm-size" not in render_report(Report((terraform, bicep)))


def test_an_address_from_outside_cannot_steer_a_terminal() -> None:
    pool = ForeignPool(Place("plan.json", "pools.\x1b[31m\u202egpu", "create"), {"vmSize": A100})

    assert "\x1b" not in render_report(Report((judge(pool),)))


def test_rows_hold_what_scripts_need() -> None:
    row, other = Report((judge(a_pool()), judge(ForeignPool(a_place(), {"vmSize": CPU})))).to_json()["items"]

    assert (row["file"], row["address"], row["verdict"], row["gpu"]) == (
        "plan.json",
        "pools.gpu",
        "PASS",
        "1x A100 80 GB",
    )
    assert (other["verdict"], other["whyNot"][:8], other["hourMost"]) == ("NOT REVIEWED", "no label", None)


def rows_of(*judged: Judged) -> list[dict[str, Any]]:
    return format_report(Report(judged).to_json())


def test_the_table_shows_the_worst_first_and_the_end_of_a_long_address() -> None:
    long = "module.platform.module.kubernetes.module.aks.azurerm_kubernetes_cluster_node_pool.gpu"
    rows = rows_of(judge(a_pool()), judge(a_pool(vmSize=CPU, place=a_place(address=long))))

    assert [row["Verdict"] for row in rows] == ["FAIL", "PASS"]
    assert rows[0]["Address"].endswith("azurerm_kubernetes_cluster_node_pool.gpu")
    assert len(rows[0]["Address"]) <= 56


def test_the_table_names_a_pool_that_runs_by_group_cluster_and_name() -> None:
    cluster = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks"
    (row,) = rows_of(judge(a_pool(place=Place("", f"{cluster}/agentPools/gpu", "exists", "gpu"))))

    assert row["Address"] == "rg/aks/gpu"


def test_a_part_that_could_not_be_read_is_in_the_table() -> None:
    (row,) = rows_of(judge(Unread(a_place(address="deployments/d"), "linked")))

    assert (row["Address"], row["Verdict"]) == ("deployments/d", "UNKNOWN")
