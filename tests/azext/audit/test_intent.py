from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.finding import Status
from azext_aigpu import audit
from azext_aigpu.foreign.resources import ForeignPlan, ForeignPool, Gap
from tests.azext.audit.given import A100, CPU, T4, TAINTS, a_place, a_policy, a_pool, judge, reasons


class TestIntent:
    @pytest.mark.parametrize(
        ("declared", "intent"),
        [
            pytest.param({"nodeLabels": {"hardware": "gpu"}}, "label hardware=gpu", id="label"),
            pytest.param({"nodeLabels": {"aigpu.io/sku": T4}}, "label aigpu.io/sku", id="contract-label"),
            pytest.param({"nodeTaints": TAINTS}, "taint sku", id="taint"),
        ],
    )
    def test_a_cpu_size_with_gpu_intent_fails(self, declared: dict[str, Any], intent: str) -> None:
        judged = judge(ForeignPool(a_place(), {"vmSize": CPU, **declared}))

        assert (judged.status, judged.intent) == (Status.FAIL, intent)
        assert "CpuSize" in reasons(judged)

    @pytest.mark.parametrize("name", ["gpu", "GPU", "pools.gpu", "key"])
    def test_a_name_declares_it_too(self, name: str) -> None:
        pool = ForeignPool(a_place(aliases=("key",)), {"vmSize": CPU})
        judged = judge(pool, a_policy(gpu_pools=(name,)))

        assert (judged.status, judged.intent) == (Status.FAIL, f"--gpu-pools {name}")

    def test_a_gpu_size_by_itself_is_unknown(self) -> None:
        judged = judge(ForeignPool(a_place(), {"vmSize": A100}))

        assert (judged.status, judged.intent) == (Status.UNKNOWN, None)
        assert "IntentMissing" in reasons(judged)

    def test_a_pool_with_neither_is_not_reviewed_and_has_no_status(self) -> None:
        judged = judge(ForeignPool(a_place(), {"vmSize": CPU}))

        assert (judged.reviewed, judged.status, judged.findings) == (False, None, ())
        assert judged.why_not

    def test_a_size_that_azure_chooses_is_no_gpu_size(self) -> None:
        assert not judge(ForeignPool(a_place(), {})).reviewed

    def test_a_size_in_no_list_is_unknown(self) -> None:
        judged = judge(ForeignPool(a_place(), {"vmSize": "Standard_NC9xx_Z1_v9"}))

        assert judged.status is Status.UNKNOWN

    @pytest.mark.parametrize("path", ["nodeLabels", "nodeTaints", "nodeLabels.hardware", "nodeLabels.aigpu.io/sku"])
    def test_intent_that_cannot_be_seen_is_unknown_even_on_a_cpu_size(self, path: str) -> None:
        judged = judge(ForeignPool(a_place(), {"vmSize": CPU}, (Gap(path, "after apply"),)))

        assert judged.status is Status.UNKNOWN
        assert reasons(judged) == {"ValueUnknown"}

    def test_another_label_that_cannot_be_seen_tells_nothing(self) -> None:
        assert not judge(ForeignPool(a_place(), {"vmSize": CPU}, (Gap("nodeLabels.team", "after apply"),))).reviewed

    def test_a_size_that_cannot_be_seen_is_unknown_without_intent_too(self) -> None:
        assert judge(ForeignPool(a_place(), {}, (Gap("vmSize", "after apply"),))).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("deleted", "told"), [((), "nothing of that name"), (("gone",), "it is deleted")], ids=["none", "gone"]
)
def test_a_named_pool_that_is_not_there_is_unknown(deleted: tuple[str, ...], told: str) -> None:
    plan = ForeignPlan("plan.json", (a_pool(),), deleted)

    assert audit.missing_names(plan.items, ("gpu", "gone")) == ("gone",)
    judged = audit.judge_missing([plan], "gone")
    assert (judged.status, reasons(judged)) == (Status.UNKNOWN, {"NamedPoolMissing"})
    assert told in judged.findings[0].problem
