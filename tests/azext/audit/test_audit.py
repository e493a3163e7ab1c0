from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.finding import Status
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.reasons import REASONS
from azext_aigpu import audit
from azext_aigpu.audit import MACHINE_RULES, REGION_RULES, Judged, Policy
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.foreign.pool_fields import FIELDS
from azext_aigpu.foreign.resources import (
    CREATE,
    DEPLOY,
    EXISTS,
    UNCHANGED,
    UPDATE,
    ForeignMachine,
    ForeignPlan,
    ForeignPool,
    Gap,
    Place,
    Unread,
)
from azext_aigpu.rules import CLOUD_RULES, SPEC_RULES
from azext_aigpu.spec import Limits, wire_fields
from tests.azext.rules.given import TODAY, a_cloud, some_usages

CPU = "Standard_D16s_v5"
A100 = "Standard_NC24ads_A100_v4"
T4 = "Standard_NC4as_T4_v3"
LABELS = {"hardware": "gpu", "gpu-type": "nvidia"}
TAINTS = ["sku=gpu:NoSchedule"]
GOOD = {"vmSize": A100, "nodeLabels": LABELS, "nodeTaints": TAINTS, "tags": {"cost-center": "ml"}, "count": 2}


def a_place(**fields: Any) -> Place:
    return Place(**{"file": "plan.json", "address": "pools.gpu", "action": CREATE, "name": "gpu", **fields})


def a_pool(*gaps: Gap, without: str = "", place: Place | None = None, **properties: Any) -> ForeignPool:
    """Return a pool in which all is well, but for what is said."""
    kept = {key: value for key, value in {**GOOD, **properties}.items() if key != without}
    return ForeignPool(place or a_place(), kept, gaps)


def a_machine(*sizes: str, count: int = 1, **fields: Any) -> ForeignMachine:
    tags = {"cost-center": "ml"}
    place = a_place(address="vm.gpu")
    return ForeignMachine(
        place, **{"kind": "VM", "sizes": tuple(map(Known, sizes)), "count": Known(count), "tags": tags, **fields}
    )


def a_policy(limits: dict[str, Any] | None = None, **fields: Any) -> Policy:
    return Policy(Limits(today=TODAY, **(limits or {})), **fields)


def judge(item: Any, policy: Policy | None = None) -> Judged:
    judged = audit.judge_item(item, policy or a_policy())
    assert all(finding.reason in REASONS for finding in judged.findings)
    return judged


def reasons(judged: Judged) -> set[str]:
    """Return the reasons of the findings that say something."""
    return {finding.reason for finding in judged.findings if finding.status > Status.PASS}


def test_a_pool_in_which_all_is_well_passes() -> None:
    judged = judge(a_pool())

    assert (judged.status, judged.intent) == (Status.PASS, "label hardware=gpu")


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


class TestGaps:
    JUDGED = sorted(set(FIELDS) - {"nodeLabels", "tags", "type", "upgradeSettings.maxSurge"})

    @pytest.mark.parametrize("path", ["vmSize", "nodeLabels", "nodeTaints", "count", "maxCount", "osSKU", "osDiskType"])
    def test_a_value_that_a_rule_reads_makes_it_unknown_and_never_passed(self, path: str) -> None:
        judged = judge(a_pool(Gap(path, "after apply"), without=path, tags={"cost-center": "ml"}))

        assert judged.status is Status.UNKNOWN
        assert "ValueUnknown" in reasons(judged)

    @pytest.mark.parametrize("path", JUDGED)
    def test_a_gap_never_makes_a_bad_pool_better(self, path: str) -> None:
        judged = judge(a_pool(Gap(path, "after apply"), without=path, vmSize=CPU))

        assert judged.status is not None
        assert judged.status >= Status.UNKNOWN

    def test_what_is_known_still_fails(self) -> None:
        assert judge(a_pool(Gap("count", "after apply"), without="count", vmSize=CPU)).status is Status.FAIL

    @pytest.mark.parametrize("path", ["nodeLabels.team", "tags.team", "scaleDownMode"])
    def test_a_value_that_no_rule_reads_changes_nothing(self, path: str) -> None:
        assert judge(a_pool(Gap(path, "after apply"))).status is Status.PASS

    def test_a_required_tag_that_cannot_be_seen_is_unknown(self) -> None:
        limits = {"required_tags": ("owner",)}

        assert judge(a_pool(Gap("tags.Owner", "after apply")), a_policy(limits)).status is Status.UNKNOWN
        assert judge(a_pool(), a_policy(limits)).status is Status.FAIL

    def test_a_cost_limit_reads_the_number_of_nodes(self) -> None:
        pool = a_pool(Gap("count", "after apply"), without="count")

        findings = judge(pool, a_policy({"max_hourly_cost": Decimal(10_000)})).findings
        assert any("hourly-cost" in finding.problem for finding in findings)

    def test_a_rule_that_is_waived_is_waived_here_too(self) -> None:
        pool = a_pool(Gap("tags.owner", "after apply"))
        judged = judge(pool, a_policy({"required_tags": ("owner",)}, waivers={"required-tags": "a trial"}))

        assert judged.status is Status.WARN


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


class TestOnline:
    def test_quota_availability_and_price_of_the_region_count(self) -> None:
        cloud = dataclasses.replace(a_cloud(usages=some_usages(family_left=0)), region="westeurope")
        policy = a_policy(online=True, location="westeurope", clouds={"westeurope": cloud})
        judged = judge(a_pool(), policy)

        assert "QuotaExceeded" in reasons(judged)
        assert judged.cost is not None
        assert judged.cost.price == cloud.price_of(A100)

    def test_of_a_pool_that_is_there_already_quota_is_unknown_and_no_reason_to_fail(self) -> None:
        cloud = CloudFacts(skus=a_cloud().skus, usages=some_usages(family_left=0), region="westeurope")
        policy = a_policy(online=True, location="westeurope", clouds={"westeurope": cloud})
        judged = judge(a_pool(place=a_place(action=UPDATE)), policy)

        assert "QuotaUnknown" in reasons(judged)

    @pytest.mark.parametrize(
        ("free", "reason"), [(0, {"QuotaUnknown"}), (-53, {"QuotaExceeded"})], ids=["may", "never"]
    )
    def test_what_a_template_asks_for_may_be_there_already(self, free: int, reason: set[str]) -> None:
        judged = judge(a_pool(place=a_place(action=DEPLOY)), online(family_left=free))

        assert reasons(judged) & {"QuotaUnknown", "QuotaExceeded"} == reason

    def test_without_a_region_it_is_unknown(self) -> None:
        judged = judge(a_pool(), a_policy(online=True))

        assert {"AvailabilityUnknown", "QuotaUnknown"} <= reasons(judged)

    def test_machines_need_room_for_no_surge(self) -> None:
        assert judge(a_machine(A100), online(family_left=24)).status is Status.PASS
        assert "QuotaExceeded" in reasons(judge(a_machine(A100), online(family_left=23)))

    def test_a_pool_that_is_upgraded_without_surge_needs_room_for_none(self) -> None:
        pool = a_pool(upgradeSettings={"maxSurge": "0", "maxUnavailable": "1"})

        assert "QuotaExceeded" not in reasons(judge(pool, online(family_left=48)))
        assert "QuotaExceeded" in reasons(judge(a_pool(), online(family_left=48)))

    def test_a_number_of_machines_that_is_not_known_is_told_once_and_never_fits(self) -> None:
        machine = dataclasses.replace(a_machine(A100), count=Unknown("after apply"))
        (finding,) = judge(machine, online(family_left=480)).findings

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "ValueUnknown")
        assert finding.problem == "the count cannot be seen, so nothing is said by quota"


def online(family_left: int, cores_left: int = 1000) -> Policy:
    """Return a policy for which Azure was asked, and the quotas have that many vCPUs left."""
    usages = some_usages(family_left=family_left, cores_left=cores_left)
    cloud = CloudFacts(skus=a_cloud().skus, usages=usages, region="westeurope")
    return a_policy(online=True, location="westeurope", clouds={"westeurope": cloud})


NO_SURGE: dict[str, Any] = {"upgradeSettings": {"maxSurge": "0"}}


class TestOneDocument:
    """What earlier things of a document take is not there for the next one."""

    @staticmethod
    def quota_of(policy: Policy, *items: Any) -> list[set[str]]:
        """Return the reasons that the rule about quota gives for each thing."""
        judged = audit.judge_items(items, policy)
        return [{one.reason for one in each.findings if one.id == "quota"} for each in judged]

    @pytest.mark.parametrize("second", [a_pool(**NO_SURGE), a_machine(A100, count=2)], ids=["pool", "machine"])
    @pytest.mark.parametrize("first", [a_pool(**NO_SURGE), a_machine(A100, count=2)], ids=["pool", "machine"])
    def test_two_that_each_fit_and_not_together_do_not_pass(self, first: Any, second: Any) -> None:
        policy = online(family_left=24 * 3)

        assert self.quota_of(policy, first) == self.quota_of(policy, second) == [set()]
        assert self.quota_of(policy, first, second) == [set(), {"QuotaExceeded"}]
        assert self.quota_of(online(family_left=24 * 4), first, second) == [set(), set()]

    @pytest.mark.parametrize("order", [1, -1], ids=["before", "after"])
    def test_a_cpu_pool_takes_of_the_region_wherever_it_stands(self, order: int) -> None:
        items = [ForeignPool(a_place(), {"vmSize": CPU, "count": 4}), a_pool(**NO_SURGE)][::order]

        assert {"QuotaExceeded"} in self.quota_of(online(480, cores_left=48 + 63), *items)
        assert self.quota_of(online(480, cores_left=48 + 64), *items) == [set(), set()]

    @pytest.mark.parametrize("action", [EXISTS, UNCHANGED])
    def test_what_runs_already_is_in_azures_own_count(self, action: str) -> None:
        there = a_pool(place=a_place(action=action), **NO_SURGE)

        assert self.quota_of(online(family_left=48), there, a_pool(**NO_SURGE))[1] == set()

    @pytest.mark.parametrize(
        ("left", "reason"),
        [(96, set()), (95, {"QuotaUnknown"}), (47, {"QuotaExceeded"})],
        ids=["both-fit", "perhaps", "never"],
    )
    def test_of_a_change_nobody_knows_how_much_it_takes(self, left: int, reason: set[str]) -> None:
        changed = a_pool(place=a_place(action=UPDATE), **NO_SURGE)

        assert self.quota_of(online(family_left=left), changed, a_pool(**NO_SURGE))[1] == reason

    def test_offline_nothing_is_counted(self) -> None:
        assert self.quota_of(a_policy(), a_pool(), a_pool()) == [set(), set()]


class TestCost:
    def test_offline_the_built_in_price_stands_with_its_date(self) -> None:
        judged = judge(a_pool(enableAutoScaling=True, minCount=0, maxCount=4, without="count"))

        assert judged.cost is not None
        assert judged.cost.hourly_most == Decimal("14.692")
        assert "not live" in judged.cost.line()

    def test_a_pool_without_a_count_has_one_node(self) -> None:
        cost = judge(a_pool(without="count")).cost

        assert cost is not None
        assert cost.nodes_most == 1

    @pytest.mark.parametrize(
        ("path", "properties", "now", "most"),
        [
            pytest.param("count", {}, None, None, id="count"),
            pytest.param("maxCount", {"enableAutoScaling": True, "minCount": 0}, 2, None, id="bound"),
            pytest.param("enableAutoScaling", {}, 2, None, id="whether-it-scales"),
            pytest.param("minCount", {"enableAutoScaling": True, "maxCount": 5}, 2, 5, id="a-bound-that-costs-nothing"),
        ],
    )
    def test_a_number_of_nodes_that_cannot_be_seen_costs_an_unknown_amount(
        self, path: str, properties: dict[str, Any], now: int | None, most: int | None
    ) -> None:
        cost = judge(a_pool(Gap(path, "after apply"), without=path, **properties)).cost

        assert cost is not None
        assert (cost.nodes_now, cost.nodes_most) == (now, most)

    @pytest.mark.parametrize(("least", "first"), [(0, 1), (3, 3)], ids=["default", "minimum"])
    def test_a_scaled_pool_without_a_count_starts_with_one_node_or_its_minimum(self, least: int, first: int) -> None:
        cost = judge(a_pool(enableAutoScaling=True, minCount=least, maxCount=4, without="count")).cost

        assert cost is not None
        assert (cost.nodes_now, cost.nodes_most) == (first, 4)

    @pytest.mark.parametrize(("priority", "told"), [("Spot", True), ("Regular", False)], ids=["spot", "regular"])
    @pytest.mark.parametrize("online", [True, False], ids=["online", "offline"])
    def test_a_price_on_demand_is_never_passed_off_as_one_of_spot(
        self, priority: str, told: bool, online: bool
    ) -> None:
        clouds = {"westeurope": a_cloud()} if online else {}
        policy = a_policy(online=online, location="westeurope", clouds=clouds)
        cost = judge(a_pool(scaleSetPriority=priority), policy).cost

        assert cost is not None
        assert ("stands in for the spot price" in cost.line()) is told

    def test_a_stopped_pool_costs_nothing_now(self) -> None:
        cost = judge(a_pool(powerState={"code": "Stopped"})).cost

        assert cost is not None
        assert (cost.hourly_now, cost.hourly_most) == (Decimal(0), Decimal("7.346"))

    def test_a_limit_holds_offline_too(self) -> None:
        judged = judge(a_pool(), a_policy({"max_hourly_cost": Decimal(1)}))

        assert "CostOverLimit" in reasons(judged)

    def test_fewer_machines_than_none_cost_no_negative_amount(self) -> None:
        machine = a_machine(T4, count=-100, kind="scale set")
        judged = judge(machine, a_policy({"max_hourly_cost": Decimal(1)}))

        assert judged.status is Status.UNKNOWN
        assert judged.cost is not None
        assert judged.cost.hourly_most is None

    def test_a_limit_without_a_price_is_unknown(self) -> None:
        judged = judge(a_pool(), a_policy({"max_hourly_cost": Decimal(1)}, location="nowhere"))

        assert "PriceUnknown" in reasons(judged)


def test_a_part_that_could_not_be_looked_into_is_unknown() -> None:
    judged = judge(Unread(a_place(), "linked from elsewhere"))

    assert (judged.status, reasons(judged)) == (Status.UNKNOWN, {"PartUnreadable"})


@pytest.mark.parametrize(
    ("deleted", "told"), [((), "nothing of that name"), (("gone",), "it is deleted")], ids=["none", "gone"]
)
def test_a_named_pool_that_is_not_there_is_unknown(deleted: tuple[str, ...], told: str) -> None:
    plan = ForeignPlan("plan.json", (a_pool(),), deleted)

    assert audit.missing_names(plan.items, ("gpu", "gone")) == ("gone",)
    judged = audit.judge_missing([plan], "gone")
    assert (judged.status, reasons(judged)) == (Status.UNKNOWN, {"NamedPoolMissing"})
    assert told in judged.findings[0].problem


def test_every_field_that_these_rules_read_is_taken_from_documents() -> None:
    read = {name for rule in SPEC_RULES for name in rule.READS}
    read |= {name for rule in CLOUD_RULES if rule.ID in REGION_RULES for name in rule.READS}
    paths = dict(wire_fields())

    assert {paths[name] for name in read if name in paths} <= {*FIELDS, "spotMaxPrice"}


def test_the_named_rules_exist() -> None:
    assert set(MACHINE_RULES) <= {rule.ID for rule in SPEC_RULES}
    assert set(REGION_RULES) <= {rule.ID for rule in CLOUD_RULES}


@pytest.mark.parametrize("properties", [{}, {"vmSize": None}, {"vmSize": ""}], ids=str)
def test_a_pool_that_runs_and_whose_size_azure_does_not_name_is_unknown_and_not_left_out(
    properties: dict[str, Any],
) -> None:
    place = Place("", "/subscriptions/s/agentPools/p", EXISTS, "p")
    judged = audit.judge_item(ForeignPool(place, properties), Policy(Limits(today=TODAY)))
    assert judged.status is Status.UNKNOWN
    assert judged.findings[0].next_step
