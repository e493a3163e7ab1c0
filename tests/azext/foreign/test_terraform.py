from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.reading import Known, Unknown
from azext_aigpu.foreign.azurerm import MACHINES, POOL_ATTRIBUTES
from azext_aigpu.foreign.document import UnreadableDocument
from azext_aigpu.foreign.pool_fields import FIELDS
from azext_aigpu.foreign.resources import ForeignMachine, ForeignPool, Unread
from azext_aigpu.foreign.terraform import AFTER_APPLY, SENSITIVE, read_terraform_plan
from tests.azext.foreign.documents import (
    A100,
    CPU,
    GPU_LABELS,
    POOL,
    T4,
    a_change,
    a_plan,
    by_address,
    golden,
    only_pool,
    read,
)

GPU = {"name": "gpu", "vm_size": CPU, "node_labels": GPU_LABELS, "node_taints": ["sku=gpu:NoSchedule"]}


class TestGoldenPlans:
    def test_azurerm_4(self) -> None:
        items = by_address(read_terraform_plan(golden("terraform/azurerm4.json"), "plan.json").items)

        pool = items[f"{POOL}.typo"]
        assert isinstance(pool, ForeignPool)
        assert pool.place.name == "train"
        assert pool.properties == {
            "vmSize": CPU,
            "enableAutoScaling": True,
            "minCount": 0,
            "maxCount": 4,
            "nodeLabels": GPU_LABELS,
            "nodeTaints": ["sku=gpu:NoSchedule"],
            "tags": {"cost-center": "ml"},
        }
        assert pool.gaps == ()

    def test_a_default_pool_is_one_of_mode_system_in_the_region_of_its_cluster(self) -> None:
        items = by_address(read_terraform_plan(golden("terraform/azurerm4.json"), "plan.json").items)

        pool = items["azurerm_kubernetes_cluster.train.default_node_pool"]
        assert isinstance(pool, ForeignPool)
        assert (pool.place.name, pool.place.location) == ("system", "eastus")
        assert pool.read("mode") == Known("System")
        assert pool.read("vmSize") == Known("Standard_D4s_v5")

    def test_every_machine_has_its_sizes_and_number(self) -> None:
        plans = [read_terraform_plan(golden(f"terraform/azurerm{n}.json"), "plan.json").items for n in (3, 4)]
        machines = {
            item.place.name: (item.kind, {size.value for size in item.sizes if isinstance(size, Known)}, item.count)
            for items in plans
            for item in items
            if isinstance(item, ForeignMachine)
        }

        assert machines == {
            "vm-notebook": ("VM", {T4}, Known(1)),
            "vm-jump": ("VM", {"Standard_B2s"}, Known(1)),
            "vm-old": ("VM", {"Standard_NC6s_v3"}, Known(1)),
            "vmss-batch": ("scale set", {"Standard_NV6ads_A10_v5"}, Known(3)),
            "vmss-mix": ("scale set", {T4, CPU}, Known(2)),
            "vmss-old": ("scale set", {T4}, Known(4)),
        }

    def test_azurerm_3_has_other_names_for_the_same(self) -> None:
        items = by_address(read_terraform_plan(golden("terraform/azurerm3.json"), "plan.json").items)

        pool = items[f'{POOL}.gpu["large"]']
        assert isinstance(pool, ForeignPool)
        assert pool.read("enableAutoScaling") == Known(value=True)
        assert pool.read("maxCount") == Known(3)
        assert pool.place.is_called("large")
        assert {f"{POOL}.fpga[0]", f"{POOL}.fpga[1]"} <= items.keys()

    def test_a_module_that_makes_up_names_and_passes_nulls_on(self) -> None:
        items = by_address(read_terraform_plan(golden("terraform/module.json"), "plan.json").items)

        gpu = items[f'module.aks.{POOL}.node_pool["gpu"]']
        web = items[f'module.aks.{POOL}.node_pool["web"]']
        assert isinstance(gpu, ForeignPool)
        assert isinstance(web, ForeignPool)
        assert gpu.place.name is None
        assert gpu.place.is_called("gpu")
        assert gpu.properties["nodeLabels"] == GPU_LABELS
        # Nobody gave labels, and Azure is left to choose the disk: nothing of this is a value that cannot be seen.
        assert (web.gaps, web.read("nodeLabels"), web.read("osDiskSizeGB")) == ((), Known(None), Known(None))
        assert "module.aks.azurerm_kubernetes_cluster.main.default_node_pool" in items

    def test_azapi_bodies(self) -> None:
        items = by_address(read_terraform_plan(golden("terraform/azapi.json"), "plan.json").items)

        assert items.keys() == {
            "azapi_resource.cluster/agentPoolProfiles/system",
            "azapi_resource.cluster/agentPoolProfiles/train",
            "azapi_resource.pool",
        }
        pool = items["azapi_resource.pool"]
        assert isinstance(pool, ForeignPool)
        assert pool.read("vmSize") == Known(A100)
        assert pool.read("nodeLabels.cluster") == Unknown(AFTER_APPLY)

    def test_what_is_deleted_is_no_item_and_is_remembered(self) -> None:
        plan = read_terraform_plan(golden("terraform/changes.json"), "plan.json")

        assert {item.place.name: item.place.action for item in plan.items} == {
            "kept": "no change",
            "replaced": "replace",
            "updated": "update",
        }
        assert "deleted" in plan.deleted


@pytest.mark.parametrize(
    ("actions", "action"),
    [
        pytest.param(("create",), "create", id="create"),
        pytest.param(("update",), "update", id="update"),
        pytest.param(("no-op",), "no change", id="no-op"),
        pytest.param(("delete", "create"), "replace", id="replace"),
        pytest.param(("create", "delete"), "replace", id="create-before-destroy"),
    ],
)
def test_what_will_be_there_is_read_whatever_is_done_to_it(actions: tuple[str, ...], action: str) -> None:
    assert only_pool(read(a_change(GPU, actions=actions))).place.action == action


@pytest.mark.parametrize("actions", [("delete",), ("forget",), ("read",)], ids=" ".join)
def test_what_will_not_be_there_is_not_read(actions: tuple[str, ...]) -> None:
    assert read(a_change(None, actions=actions)).items == ()


@pytest.mark.parametrize("actions", [(), ("dance",), ("create", "dance")], ids=str)
def test_an_action_that_is_not_understood_is_not_left_out(actions: tuple[str, ...]) -> None:
    (item,) = read(a_change(GPU, actions=actions)).items

    assert isinstance(item, Unread)


@pytest.mark.parametrize("entry", ["x", None, {}, {"type": 7}], ids=str)
def test_an_entry_that_does_not_say_what_it_is_is_not_left_out(entry: Any) -> None:
    (item,) = read_terraform_plan(a_plan(entry), "plan.json").items

    assert isinstance(item, Unread)


def test_data_sources_are_left_alone() -> None:
    assert read(a_change(GPU, mode="data")).items == ()


class TestUnknown:
    @pytest.mark.parametrize("attribute", ["vm_size", "node_labels", "node_taints", "node_count", "priority", "tags"])
    def test_what_is_known_after_apply_is_a_gap(self, attribute: str) -> None:
        given = {attribute: {"references": ["azurerm_other.one.id", "azurerm_other.one"]}}
        pool = only_pool(read(a_change(GPU, unknown={attribute: True}), expressions=given))
        path = next(path for path, names in POOL_ATTRIBUTES.items() if attribute in names)

        assert pool.read(path) == Unknown(AFTER_APPLY)

    def test_a_label_that_is_not_known_leaves_the_others(self) -> None:
        labels = {"node_labels": {"aigpu.io/sku": True}}
        pool = only_pool(read(a_change(GPU, unknown=labels), expressions={}))

        assert pool.properties["nodeLabels"] == GPU_LABELS
        assert [gap.path for gap in pool.gaps] == ["nodeLabels.aigpu.io/sku"]

    def test_a_taint_that_is_not_known_leaves_the_others(self) -> None:
        change = a_change({**GPU, "node_taints": ["sku=gpu:NoSchedule", None]}, unknown={"node_taints": [False, True]})
        pool = only_pool(read(change, expressions={}))

        assert pool.properties["nodeTaints"] == ["sku=gpu:NoSchedule"]
        assert pool.read("nodeTaints") == Unknown(AFTER_APPLY)

    @pytest.mark.parametrize(
        "expression",
        [
            pytest.param(None, id="not-in-the-configuration"),
            pytest.param({"references": ["var.labels"]}, id="a-variable-that-is-null"),
            pytest.param({"references": ["each.value.labels", "each.value"]}, id="a-part-of-the-loop"),
            pytest.param({"constant_value": None}, id="null"),
        ],
    )
    def test_what_azure_is_left_to_choose_is_no_gap(self, expression: Any) -> None:
        given = {} if expression is None else {"node_labels": expression}
        pool = only_pool(
            read(a_change({"name": "web", "vm_size": CPU}, unknown={"node_labels": True}), expressions=given)
        )

        assert (pool.gaps, pool.read("nodeLabels")) == ((), Known(None))

    def test_without_a_configuration_nobody_can_tell_and_it_is_a_gap(self) -> None:
        pool = only_pool(read(a_change(GPU, unknown={"node_labels": True})))

        assert pool.read("nodeLabels") == Unknown(AFTER_APPLY)

    def test_a_size_that_was_written_is_never_left_to_azure(self) -> None:
        given = {"vm_size": {"references": ["var.size"]}}
        pool = only_pool(read(a_change(GPU, unknown={"vm_size": True}), expressions=given))

        assert pool.read("vmSize") == Unknown(AFTER_APPLY)

    def test_a_module_input_is_followed_to_what_it_comes_from(self) -> None:
        pool = {"type": POOL, "name": "gpu", "expressions": {"node_labels": {"references": ["var.labels"]}}}
        call = {
            "expressions": {"labels": {"references": ["azurerm_other.one.labels"]}},
            "module": {"resources": [pool]},
        }
        plan = a_plan(
            a_change(GPU, unknown={"node_labels": True}, module_address='module.a["x.y"]'),
            configuration={"root_module": {"module_calls": {"a": call}}},
        )

        assert only_pool(read_terraform_plan(plan, "plan.json")).read("nodeLabels") == Unknown(AFTER_APPLY)

    def test_a_sensitive_value_is_not_looked_at_and_never_shown(self) -> None:
        change = a_change({**GPU, "vm_size": "Standard_Secret"}, sensitive={"vm_size": True})
        plan = read(change, expressions={"vm_size": {"references": ["var.size"]}})

        assert only_pool(plan).read("vmSize") == Unknown(SENSITIVE)
        assert "Secret" not in repr(plan)

    @pytest.mark.parametrize(
        ("kind", "after", "unknown"),
        [
            pytest.param(POOL, None, True, id="pool"),
            pytest.param("azurerm_kubernetes_cluster", {}, {"default_node_pool": True}, id="default-pool"),
            pytest.param("azapi_resource", {"body": {}}, {"type": True}, id="azapi-type"),
            pytest.param(
                "azapi_resource",
                {"type": "Microsoft.ContainerService/managedClusters/agentPools@2025-10-01"},
                {"body": True},
                id="azapi-body",
            ),
        ],
    )
    def test_a_thing_that_is_not_known_at_all_is_told(self, kind: str, after: Any, unknown: Any) -> None:
        (item,) = read(a_change(after, kind=kind, unknown=unknown)).items

        assert isinstance(item, Unread)
        assert AFTER_APPLY in item.reason


class TestAzapi:
    TYPE = "Microsoft.ContainerService/managedClusters/agentPools@2025-10-01"

    def test_version_1_takes_the_body_as_a_text(self) -> None:
        body = '{"properties": {"vmSize": "Standard_D16s_v5", "nodeLabels": {"hardware": "gpu"}}}'
        pool = only_pool(read(a_change({"type": self.TYPE, "name": "gpu", "body": body}, kind="azapi_resource")))

        assert pool.properties == {"vmSize": CPU, "nodeLabels": {"hardware": "gpu"}}

    def test_a_body_that_is_no_json_is_told(self) -> None:
        (item,) = read(a_change({"type": self.TYPE, "name": "gpu", "body": "{"}, kind="azapi_resource")).items

        assert isinstance(item, Unread)

    def test_a_part_of_a_pool_is_not_taken_for_the_whole(self) -> None:
        after = {"type": self.TYPE, "body": {"properties": {"nodeLabels": GPU_LABELS}}}
        (item,) = read(a_change(after, kind="azapi_update_resource")).items

        assert isinstance(item, Unread)

    def test_a_part_of_a_cluster_without_pools_holds_none(self) -> None:
        after = {"type": "Microsoft.ContainerService/managedClusters@2025-10-01", "body": {"properties": {}}}

        assert read(a_change(after, kind="azapi_update_resource")).items == ()

    def test_names_of_properties_may_be_in_any_case(self) -> None:
        body = {"Properties": {"vmsize": CPU, "NodeLabels": {"hardware": "gpu"}}}
        pool = only_pool(read(a_change({"type": self.TYPE.upper(), "body": body}, kind="azapi_resource")))

        assert pool.properties == {"vmSize": CPU, "nodeLabels": {"hardware": "gpu"}}

    def test_a_property_in_two_spellings_is_a_gap(self) -> None:
        body = {"properties": {"vmSize": A100, "vmsize": CPU}}
        pool = only_pool(read(a_change({"type": self.TYPE, "body": body}, kind="azapi_resource")))

        assert isinstance(pool.read("vmSize"), Unknown)


class TestTemplateDeployments:
    def test_a_template_inside_a_plan_is_looked_into(self) -> None:
        content = (
            '{"resources": [{"type": "Microsoft.ContainerService/managedClusters/agentPools", "name": "aks/gpu", '
            '"properties": {"vmSize": "[parameters(\'size\')]"}}], "parameters": {"size": {"type": "string"}}}'
        )
        after = {
            "name": "d",
            "template_content": content,
            "parameters_content": '{"size": {"value": "Standard_D16s_v5"}}',
        }
        pool = only_pool(read(a_change(after, kind="azurerm_resource_group_template_deployment")))

        assert pool.read("vmSize") == Known(CPU)
        assert pool.place.address.endswith("template_deployment.gpu/managedClusters/aks/agentPools/gpu")

    @pytest.mark.parametrize(
        ("after", "unknown"),
        [
            pytest.param({"template_content": "{"}, {}, id="not-json"),
            pytest.param({}, {"template_content": True}, id="known-after-apply"),
            pytest.param({"template_spec_version_id": "/x"}, {}, id="linked"),
        ],
    )
    def test_one_that_cannot_be_looked_into_is_told(self, after: Any, unknown: Any) -> None:
        (item,) = read(a_change(after, kind="azurerm_subscription_template_deployment", unknown=unknown)).items

        assert isinstance(item, Unread)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        pytest.param({}, "no Terraform plan", id="nothing"),
        pytest.param({"format_version": "1.0", "values": {}}, "a state", id="shown-state"),
        pytest.param({"version": 4, "lineage": "x", "resources": []}, "a state", id="state-file"),
        pytest.param({"format_version": "2.0", "resource_changes": []}, "format version is 2.0", id="newer"),
        pytest.param({"format_version": "1.2"}, "neither", id="no-changes"),
        pytest.param({"format_version": "1.2", "resource_changes": {}}, "not a list", id="wrong-type"),
        pytest.param({"format_version": 1, "resource_changes": []}, "no format_version", id="version-as-number"),
    ],
)
def test_what_is_no_plan_is_refused(document: Any, told: str) -> None:
    with pytest.raises(UnreadableDocument, match=told):
        read_terraform_plan(document, "plan.json")


def test_a_plan_that_failed_or_was_deferred_is_not_complete() -> None:
    deferred = {"reason": "provider_config_unknown", "resource_change": {"type": POOL, "address": f"{POOL}.late"}}
    plan = a_plan(errored=True, deferred_changes=[deferred, {"reason": "x", "resource_change": {"type": "other"}}])

    items = read_terraform_plan(plan, "plan.json").items

    assert [item.place.address for item in items] == ["the whole plan", f"{POOL}.late"]
    assert all(isinstance(item, Unread) for item in items)


@pytest.mark.parametrize("kind", MACHINES)
def test_a_machine_without_a_size_is_told(kind: str) -> None:
    (item,) = read(a_change({"name": "vm"}, kind=kind)).items

    assert isinstance(item, ForeignMachine)
    assert all(isinstance(size, Unknown) for size in item.sizes)


def test_the_attributes_lead_to_fields_that_are_judged() -> None:
    assert POOL_ATTRIBUTES.keys() <= FIELDS.keys()


def test_bounds_of_0_without_the_autoscaler_are_what_the_provider_writes_for_none() -> None:
    pool = only_pool(read(a_change({**GPU, "auto_scaling_enabled": False, "min_count": 0, "max_count": 0})))

    assert (pool.read("minCount"), pool.read("maxCount")) == (Known(None), Known(None))
