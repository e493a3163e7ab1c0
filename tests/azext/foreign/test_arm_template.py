from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.reading import Known, Unknown
from azext_aigpu.foreign.arm_template import MOST_DEPTH, read_arm_template
from azext_aigpu.foreign.document import UnreadableDocument
from azext_aigpu.foreign.resources import ForeignMachine, ForeignPlan, ForeignPool, Unread
from tests.azext.foreign.documents import A100, CPU, GPU_LABELS, T4, by_address, golden, only_pool

POOL = "Microsoft.ContainerService/managedClusters/agentPools"
CLUSTER = "Microsoft.ContainerService/managedClusters"


def a_pool(**resource: Any) -> dict[str, Any]:
    """Return the resource of a pool `aks/gpu`; `properties` and other keys replace those of a mistyped one."""
    return {"type": POOL, "name": "aks/gpu", "properties": {"vmSize": CPU, "nodeLabels": GPU_LABELS}, **resource}


def read(*resources: Any, parameters: Any = (), **template: Any) -> ForeignPlan:
    return read_arm_template({"resources": list(resources), **template}, "main.json", parameters)


def test_a_template_does_not_tell_what_it_makes_from_what_is_there() -> None:
    plan = read(a_pool(), {"type": "Microsoft.Resources/deployments", "name": "inner", "properties": {}})

    assert {item.place.action for item in plan.items} == {"deploy"}


class TestGoldenTemplates:
    def test_bicep_with_a_loop_a_condition_and_a_module(self) -> None:
        plan = read_arm_template(golden("arm/pools.json"), "main.json", [golden("arm/pools.parameters.json")])
        sizes = {
            address: item.read("vmSize") if isinstance(item, ForeignPool) else item.sizes[0]
            for address, item in by_address(plan.items).items()
            if not isinstance(item, Unread)
        }

        assert sizes == {
            "managedClusters/aks-train/agentPoolProfiles/system": Known("Standard_D4s_v5"),
            "managedClusters/aks-train/agentPoolProfiles/extra": Known("Standard_D4s_v5"),
            "managedClusters/aks-train/agentPools/train": Known(CPU),
            "managedClusters/aks-train/agentPools/web": Known("Standard_D8s_v5"),
            "managedClusters/aks-train/agentPools/a100": Known(A100),
            "virtualMachines/vm-notebook": Known(T4),
            "virtualMachines/vm-jump": Known("Standard_B2s"),
        }

    def test_without_its_parameters_the_size_is_unknown(self) -> None:
        items = by_address(read_arm_template(golden("arm/pools.json"), "main.json").items)
        pool = items["managedClusters/aks-train/agentPools/train"]

        assert isinstance(pool, ForeignPool)
        size = pool.read("vmSize")
        assert isinstance(size, Unknown)
        assert "gpuSize" in size.reason
        assert pool.properties["nodeLabels"] == GPU_LABELS

    def test_symbolic_names_lambdas_existing_and_linked_resources(self) -> None:
        parameters = [golden("arm/symbolic.parameters.json")]
        items = by_address(read_arm_template(golden("arm/symbolic.json"), "main.json", parameters).items)

        assert items.keys() == {
            "managedClusters/aks-train-2/agentPoolProfiles/system",
            "managedClusters/aks-train-2/agentPoolProfiles/train",
            "managedClusters/aks-train/agentPools/gpu",
            "deployments/linked at resources.linked",
        }
        train, gpu = (
            items[name] for name in sorted(items) if "train" in name.rpartition("/")[2] or name.endswith("gpu")
        )
        assert isinstance(train, ForeignPool)
        assert isinstance(gpu, ForeignPool)
        assert train.read("nodeLabels") == Known({"hardware": "gpu"})
        assert gpu.place.is_called("gpuPool")
        assert isinstance(gpu.read("nodeLabels.aigpu.io/sku"), Unknown)
        assert isinstance(items["deployments/linked at resources.linked"], Unread)


SIZE = {"size": {"type": "string"}}
SIZED = a_pool(properties={"vmSize": "[parameters('size')]"})


def test_later_parameter_files_win_with_or_without_their_envelope() -> None:
    files: list[dict[str, Any]] = [{"size": {"value": A100}}, {"$schema": "x", "parameters": {"SIZE": {"value": T4}}}]

    assert only_pool(read(SIZED, parameters=files)).read("vmSize") != Known(T4)
    plan = read_arm_template({"resources": [SIZED], "parameters": SIZE}, "main.json", files)
    assert only_pool(plan).read("vmSize") == Known(T4)


def test_a_secret_of_a_key_vault_is_unknown() -> None:
    files = [{"parameters": {"size": {"reference": {"keyVault": {"id": "/x"}, "secretName": "size"}}}}]
    plan = read_arm_template({"resources": [SIZED], "parameters": SIZE}, "main.json", files)

    assert isinstance(only_pool(plan).read("vmSize"), Unknown)


def test_a_given_value_with_brackets_is_data_and_no_expression() -> None:
    files = [{"size": {"value": "[concat('Standard_', 'D16s_v5')]"}}]
    plan = read_arm_template({"resources": [SIZED], "parameters": SIZE}, "main.json", files)

    assert only_pool(plan).read("vmSize") == Known("[concat('Standard_', 'D16s_v5')]")


class TestConditions:
    @pytest.mark.parametrize("condition", [False, "[false()]", "[not(true())]", "[equals('a', 'b')]"], ids=str)
    def test_what_is_not_deployed_is_not_read(self, condition: Any) -> None:
        assert read(a_pool(condition=condition)).items == ()

    @pytest.mark.parametrize("condition", [True, "[true()]", "[parameters('x')]", "[reference('x').y]"], ids=str)
    def test_what_may_be_deployed_is_read(self, condition: Any) -> None:
        assert len(read(a_pool(condition=condition)).items) == 1

    def test_what_exists_already_is_not_read(self) -> None:
        document = {"resources": {"pool": a_pool(existing=True), "other": a_pool()}}

        assert len(read_arm_template(document, "main.json").items) == 1


class TestCopies:
    def test_a_loop_makes_a_pool_for_each_number(self) -> None:
        pool = a_pool(name="[format('aks/gpu{0}', copyIndex())]", copy={"name": "pools", "count": 3})

        assert [item.place.name for item in read(pool).items] == ["gpu0", "gpu1", "gpu2"]

    def test_the_index_may_start_elsewhere_and_be_called_by_its_loop(self) -> None:
        pool = a_pool(name="[format('aks/gpu{0}', copyIndex('pools', 5))]", copy={"name": "pools", "count": 1})

        assert [item.place.name for item in read(pool).items] == ["gpu5"]

    @pytest.mark.parametrize("count", ["[parameters('x')]", -1, 100_000_000, "many", None], ids=str)
    def test_a_loop_without_a_number_makes_one_whose_index_is_unknown(self, count: Any) -> None:
        pool = a_pool(name="[format('aks/gpu{0}', copyIndex())]", copy={"name": "pools", "count": count})
        plan = read(pool)

        assert only_pool(plan).place.name is None
        assert only_pool(plan).read("vmSize") == Known(CPU)

    def test_a_loop_of_a_property(self) -> None:
        profiles = {
            "name": "agentPoolProfiles",
            "count": 2,
            "input": {"name": "[concat('p', copyIndex('agentPoolProfiles'))]"},
        }
        cluster = {"type": CLUSTER, "name": "aks", "properties": {"copy": [profiles]}}

        assert [item.place.name for item in read(cluster).items] == ["p0", "p1"]

    def test_loops_of_loops_end_at_a_bound(self) -> None:
        many: Any = {"resources": [a_pool(copy={"name": "b", "count": 800})]}
        deployment = {
            "type": "Microsoft.Resources/deployments",
            "name": "d",
            "copy": {"name": "a", "count": 800},
            "properties": {"template": many},
        }

        with pytest.raises(UnreadableDocument, match="more than"):
            read(deployment)


class TestDeployments:
    def nested(self, template: Any, **properties: Any) -> dict[str, Any]:
        return {
            "type": "Microsoft.Resources/deployments",
            "name": "d",
            "properties": {"template": template, **properties},
        }

    def test_an_inner_scope_sees_its_own_parameters_only(self) -> None:
        inner = self.nested(
            {"resources": [SIZED], "parameters": SIZE},
            parameters={"size": {"value": "[variables('small')]"}},
            expressionEvaluationOptions={"scope": "Inner"},
        )
        plan = read(inner, variables={"small": T4}, parameters=[{"size": {"value": CPU}}])

        assert only_pool(plan).read("vmSize") == Known(T4)

    def test_an_outer_scope_sees_the_outer_ones(self) -> None:
        document = {"resources": [self.nested({"resources": [SIZED]})], "parameters": {"size": {"defaultValue": A100}}}

        assert only_pool(read_arm_template(document, "main.json")).read("vmSize") == Known(A100)

    def test_one_that_is_linked_is_told(self) -> None:
        (item,) = read(
            {"type": "Microsoft.Resources/deployments", "name": "d", "properties": {"templateLink": {}}}
        ).items

        assert isinstance(item, Unread)
        assert "linked" in item.reason

    def test_nesting_ends_at_a_bound(self) -> None:
        template: Any = {"resources": [a_pool()]}
        for _ in range(MOST_DEPTH + 2):
            template = {"resources": [self.nested(template)]}

        with pytest.raises(UnreadableDocument, match="nested"):
            read_arm_template(template, "main.json")


def test_a_child_says_only_its_own_part_of_type_and_name() -> None:
    child = {"type": "agentPools", "name": "gpu", "properties": {"vmSize": CPU}}
    pool = only_pool(read({"type": CLUSTER, "name": "aks", "properties": {}, "resources": [child]}))

    assert (pool.place.address, pool.place.name) == ("managedClusters/aks/agentPools/gpu", "gpu")


def test_a_name_that_cannot_be_told_leaves_the_place_in_the_file() -> None:
    pool = only_pool(read(a_pool(name="[concat(uniqueString('x'), '/gpu')]")))

    assert (pool.place.address, pool.place.name) == ("managedClusters/agentPools at resources[0]", None)


def test_pools_that_cannot_be_told_are_told_so() -> None:
    (item,) = read({"type": CLUSTER, "name": "aks", "properties": {"agentPoolProfiles": "[reference('x')]"}}).items

    assert isinstance(item, Unread)
    assert "reference() is told by Azure only" in item.reason


def test_a_pool_of_machines_of_several_sizes_is_one_for_each() -> None:
    scale = {"manual": [{"size": CPU, "count": 2}, {"size": T4, "count": 1}]}
    plan = read(a_pool(properties={"type": "VirtualMachines", "virtualMachinesProfile": {"scale": scale}}))

    assert [item.read("vmSize") for item in plan.items if isinstance(item, ForeignPool)] == [Known(CPU), Known(T4)]
    assert len({item.place.address for item in plan.items}) == 2
    assert [item.read("count") for item in plan.items if isinstance(item, ForeignPool)] == [Known(2), Known(1)]


def test_a_size_that_is_listed_twice_has_an_unknown_number_of_nodes() -> None:
    scale = {"manual": [{"size": T4, "count": 2}], "autoscale": {"size": T4, "minCount": 0, "maxCount": 3}}
    pool = only_pool(read(a_pool(properties={"type": "VirtualMachines", "virtualMachinesProfile": {"scale": scale}})))

    assert isinstance(pool.read("count"), Unknown)


def test_a_scale_set_that_chooses_among_sizes() -> None:
    resource = {
        "type": "Microsoft.Compute/virtualMachineScaleSets",
        "name": "vmss",
        "sku": {"name": "Mix", "capacity": "2"},
        "properties": {"skuProfile": {"vmSizes": [{"name": T4}, {"name": CPU}]}},
    }
    (item,) = read(resource).items

    assert isinstance(item, ForeignMachine)
    assert (item.sizes, item.count) == ((Known(T4), Known(CPU)), Known(2))


@pytest.mark.parametrize(
    ("property_name", "value", "told"),
    [
        pytest.param("count", "two", "not a whole number", id="count"),
        pytest.param("count", 1.5, "not a whole number", id="half-a-node"),
        pytest.param("maxCount", 10**12, "far too large", id="huge"),
        pytest.param("enableAutoScaling", "yes", "not true or false", id="switch"),
        pytest.param("vmSize", 7, "not a text", id="size"),
        pytest.param("nodeLabels", ["a"], "not an object", id="labels"),
        pytest.param("nodeLabels", {"a": {}}, "not a text", id="label"),
        pytest.param("nodeTaints", "sku=gpu:NoSchedule", "not a list", id="taints"),
        pytest.param("nodeTaints", ["sku"], "key=value:Effect", id="taint"),
    ],
)
def test_a_value_of_another_type_is_a_gap_that_shows_it(property_name: str, value: Any, told: str) -> None:
    pool = only_pool(read(a_pool(properties={"vmSize": CPU, property_name: value})))
    (gap,) = pool.gaps

    assert gap.path == property_name
    assert told in gap.reason


@pytest.mark.parametrize("resource", ["x", None, {}, {"type": 7}, {"type": "[parameters('x')]"}], ids=str)
def test_a_resource_that_does_not_say_what_it_is_is_not_left_out(resource: Any) -> None:
    (item,) = read(resource).items

    assert isinstance(item, Unread)


@pytest.mark.parametrize("document", [{}, {"resources": None}, {"resources": "x"}], ids=str)
def test_what_is_no_template_is_refused(document: Any) -> None:
    with pytest.raises(UnreadableDocument, match="no ARM template"):
        read_arm_template(document, "main.json")
