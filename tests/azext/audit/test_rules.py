from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from aigpu_contract.finding import Status
from aigpu_contract.reading import Known, Unknown
from azext_aigpu.audit import MACHINE_RULES, REGION_RULES, Policy
from azext_aigpu.foreign.pool_fields import FIELDS
from azext_aigpu.foreign.resources import ForeignMachine
from azext_aigpu.rules import CLOUD_RULES, SPEC_RULES
from azext_aigpu.spec import wire_fields
from tests.azext.audit.given import CPU, LABELS, T4, a_machine, a_place, a_policy, a_pool, judge, reasons


def test_a_pool_in_which_all_is_well_passes() -> None:
    judged = judge(a_pool())

    assert (judged.status, judged.intent) == (Status.PASS, "label hardware=gpu")


class TestRules:
    @pytest.mark.parametrize(
        ("properties", "reason", "status"),
        [
            pytest.param({"vmSize": "Standard_NC6s_v3"}, "SizeRetired", Status.FAIL, id="retired"),
            pytest.param({"vmSize": "Standard_NV6ads_A10_v5"}, "FractionalGpu", Status.FAIL, id="part"),
            pytest.param({"vmSize": "Standard_NP10s"}, "FpgaSize", Status.FAIL, id="fpga"),
            pytest.param({"vmSize": "Standard_NCQ"}, "SizeUnknown", Status.FAIL, id="typo"),
            pytest.param({"vmSize": None}, "SizeMissing", Status.FAIL, id="no-size"),
            pytest.param({"gpuProfile": {"driver": "None"}}, "DriverSkipped", Status.FAIL, id="driver"),
            pytest.param({"osType": "Windows"}, "WindowsPool", Status.FAIL, id="windows"),
            pytest.param({"mode": "System"}, "ModeNotUser", Status.FAIL, id="system"),
            pytest.param(
                {"minCount": 3, "maxCount": 1, "enableAutoScaling": True}, "BoundsReversed", Status.FAIL, id="bounds"
            ),
            pytest.param(
                {"nodeLabels": {**LABELS, "aigpu.io/gpu-count": "8"}}, "GpuCountMismatch", Status.FAIL, id="count"
            ),
            pytest.param({"nodeTaints": []}, "TaintMissing", Status.WARN, id="taint"),
            pytest.param({"tags": {}}, "CostCenterMissing", Status.WARN, id="tag"),
        ],
    )
    def test_the_rules_of_add_hold(self, properties: dict[str, Any], reason: str, status: Status) -> None:
        judged = judge(a_pool(**properties))

        assert reason in reasons(judged)
        assert judged.status is status

    def test_waivers_come_from_the_command_and_from_the_tags_of_the_pool(self) -> None:
        part: dict[str, Any] = {"vmSize": "Standard_NV6ads_A10_v5"}
        tags = {"aigpu-waive-fractional-gpu": "notebooks", "cost-center": "ml"}

        assert judge(a_pool(**part), a_policy(waivers={"fractional-gpu": "notebooks"})).status is Status.WARN
        assert judge(a_pool(**part, tags=tags)).status is Status.WARN
        assert judge(a_pool(vmSize=CPU), a_policy(waivers={"sku-is-cuda-gpu": "no"})).status is Status.FAIL

    def test_a_taint_for_the_device_plugin_keeps_pods_off_too(self) -> None:
        assert judge(a_pool(nodeTaints=["nvidia.com/gpu=present:NoSchedule"])).status is Status.PASS


class TestMachines:
    def test_a_gpu_size_is_held_to_the_rules_about_sizes(self) -> None:
        assert judge(a_machine(T4)).status is Status.PASS
        assert judge(a_machine("Standard_NC6s_v3")).status is Status.FAIL

    def test_a_cpu_size_without_intent_is_not_reviewed(self) -> None:
        assert not judge(a_machine("Standard_B2s")).reviewed

    @pytest.mark.parametrize("policy", [a_policy(gpu_pools=("gpu",)), a_policy()], ids=["name", "tag"])
    def test_a_cpu_size_with_intent_fails(self, policy: Policy) -> None:
        tags = {} if policy.gpu_pools else {"hardware": "gpu"}

        assert judge(a_machine(CPU, tags=tags), policy).status is Status.FAIL

    def test_of_several_sizes_each_must_do(self) -> None:
        judged = judge(a_machine(T4, CPU, kind="scale set"))

        assert judged.status is Status.FAIL
        assert judged.cost is not None
        assert isinstance(judged.cost.price, Unknown)

    def test_a_size_that_is_not_known_is_unknown(self) -> None:
        judged = judge(ForeignMachine(a_place(), "VM", (Unknown("after apply"),), Known(1)))

        assert judged.status is Status.UNKNOWN

    def test_a_number_that_is_not_known_leaves_the_cost_unknown(self) -> None:
        judged = judge(dataclasses.replace(a_machine(T4), count=Unknown("after apply")))

        assert judged.cost is not None
        assert judged.cost.hourly_most is None


def test_every_field_that_these_rules_read_is_taken_from_documents() -> None:
    read = {name for rule in SPEC_RULES for name in rule.READS}
    read |= {name for rule in CLOUD_RULES if rule.ID in REGION_RULES for name in rule.READS}
    paths = dict(wire_fields())

    assert {paths[name] for name in read if name in paths} <= {*FIELDS, "spotMaxPrice"}


def test_the_named_rules_exist() -> None:
    assert set(MACHINE_RULES) <= {rule.ID for rule in SPEC_RULES}
    assert set(REGION_RULES) <= {rule.ID for rule in CLOUD_RULES}
