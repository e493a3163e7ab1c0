"""A retired size is refused by its date, whatever its listed lifecycle; a doubtful one is pointed out."""

from __future__ import annotations

import datetime

import pytest

from azext_aigpu.rules import sku_not_retired
from tests.azext.rules.given import A100, CPU, MADE_UP, a_spec, told

TODAY = datetime.date(2026, 11, 24)
CASES: dict[str, tuple[str, datetime.date, list[str]]] = {
    "generally available": (A100, TODAY, []),
    "retired long ago": ("Standard_NC6", TODAY, ["FAIL SizeRetired"]),
    "the founding story's own GPU size": ("Standard_NC6s_v3", TODAY, ["FAIL SizeRetired"]),
    "listed as retiring, and the day has passed": ("Standard_NV12s_v3", TODAY, ["FAIL SizeRetired"]),
    "on the day": ("Standard_NV12s_v3", datetime.date(2026, 9, 30), ["FAIL SizeRetired"]),
    "on the day before": ("Standard_NV12s_v3", datetime.date(2026, 9, 29), ["WARN SizeRetiring"]),
    "180 days before": ("Standard_NV12s_v3", datetime.date(2026, 4, 3), ["WARN SizeRetiring"]),
    "181 days before": ("Standard_NV12s_v3", datetime.date(2026, 4, 2), []),
    "preview": ("Standard_NC128ds_xl_RTXPRO6000BSE_v6", TODAY, ["WARN PreviewSize"]),
    "undocumented": ("Standard_ND96isf_H100_v5", TODAY, ["WARN LifecycleUnknown"]),
    "not in the catalogue, another rule refuses it": (MADE_UP, TODAY, ["SKIPPED SizeRefused"]),
    "a CPU size, another rule refuses it": (CPU, TODAY, ["SKIPPED SizeRefused"]),
}


@pytest.mark.parametrize(("size", "today", "findings"), CASES.values(), ids=CASES.keys())
def test_sku_not_retired(size: str, today: datetime.date, findings: list[str]) -> None:
    spec = a_spec(limits={"today": today}, node_vm_size=size)
    assert told(sku_not_retired, sku_not_retired.review(spec)) == findings


def test_the_days_left_are_named() -> None:
    spec = a_spec(limits={"today": datetime.date(2026, 9, 29)}, node_vm_size="Standard_NV12s_v3")
    (finding,) = sku_not_retired.review(spec)
    assert "in 1 day;" in finding.problem
    assert "2026-09-30" in finding.seen


def test_a_size_that_is_offered_is_the_next_step() -> None:
    (finding,) = sku_not_retired.review(a_spec(node_vm_size="Standard_NC6s_v3"))
    assert finding.seen == "Standard_NC6s_v3: 1x V100 16 GB, retired on 2025-09-30"
    assert finding.next_step.startswith("--node-vm-size Standard_NC4as_T4_v3")
