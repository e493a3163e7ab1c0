from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.reading import Known, Unknown
from azext_aigpu.foreign.document import UnreadableDocument
from azext_aigpu.foreign.resources import ForeignMachine, ForeignPool, Unread
from azext_aigpu.foreign.what_if import read_what_if
from tests.azext.foreign.documents import A100, CPU, T4, WHAT_IFS, by_address, golden

ID = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks/agentPools/gpu"


def a_change(what: str = "Create", **more: Any) -> dict[str, Any]:
    after = {"id": ID, "name": "gpu", "type": "Microsoft.ContainerService/managedClusters/agentPools"}
    return {"resourceId": ID, "changeType": what, "after": {**after, "properties": {"vmSize": CPU}}, **more}


@pytest.mark.parametrize("name", WHAT_IFS)
def test_what_the_cli_prints_and_what_the_service_answers_are_read_alike(name: str) -> None:
    plan = read_what_if(golden(f"what_if/{name}"), "what-if.json")
    items = by_address(plan.items)

    assert {address: item.place.action for address, item in items.items()} == {
        "managedClusters/aks-train/agentPools/train": "create",
        "managedClusters/aks-train/agentPools/a100": "update",
        "managedClusters/aks-train/agentPools/hidden": "create",
        "managedClusters/aks-train/agentPools/unsupported": "update",
        "managedClusters/aks-train/agentPoolProfiles/system": "no change",
        "virtualMachineScaleSets/vmss-batch": "create",
    }
    sizes = {item.place.name: item.read("vmSize") for item in plan.items if isinstance(item, ForeignPool)}
    assert (sizes["train"], sizes["a100"]) == (Known(CPU), Known(A100))
    assert isinstance(sizes["hidden"], Unknown)
    machine = items["virtualMachineScaleSets/vmss-batch"]
    assert isinstance(machine, ForeignMachine)
    assert (machine.sizes, machine.count, machine.place.location) == ((Known(T4),), Known(2), "eastus")
    assert "old" in plan.deleted


@pytest.mark.parametrize("what", ["Create", "Modify", "NoChange", "Deploy"])
def test_what_will_be_there_is_read(what: str) -> None:
    (item,) = read_what_if({"changes": [a_change(what)]}, "what-if.json").items

    assert isinstance(item, ForeignPool)


@pytest.mark.parametrize("what", ["Delete", "Ignore"])
def test_what_the_deployment_does_not_make_is_not_read(what: str) -> None:
    assert read_what_if({"changes": [a_change(what)]}, "what-if.json").items == ()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(a_change("Unsupported", after=None), id="unsupported"),
        pytest.param(a_change("Modify", after=None), id="ids-only"),
        pytest.param(a_change("Dance"), id="strange"),
        pytest.param("x", id="no-object"),
        pytest.param({"resourceId": "[resourceId('x')]", "changeType": "Unsupported"}, id="no-id"),
    ],
)
def test_what_azure_does_not_tell_is_told(change: Any) -> None:
    (item,) = read_what_if({"changes": [change]}, "what-if.json").items

    assert isinstance(item, Unread)


def test_potential_changes_count_too() -> None:
    plan = read_what_if({"changes": [], "potentialChanges": [a_change()]}, "what-if.json")

    assert len(plan.items) == 1


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"status": "Failed", "changes": []}, id="failed"),
        pytest.param({"changes": [], "error": {"code": "X"}}, id="error"),
        pytest.param(
            {"changes": [], "diagnostics": [{"code": "NestedDeploymentShortCircuited", "target": ID}]}, id="cut-short"
        ),
    ],
)
def test_a_result_that_is_not_complete_says_so(document: Any) -> None:
    (item,) = read_what_if(document, "what-if.json").items

    assert isinstance(item, Unread)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        pytest.param({}, "no what-if result", id="nothing"),
        pytest.param({"changes": {}}, "no what-if result", id="wrong-type"),
        pytest.param({"error": {"code": "InvalidTemplate", "message": "no"}}, "InvalidTemplate", id="error"),
    ],
)
def test_what_is_no_result_is_refused(document: Any, told: str) -> None:
    with pytest.raises(UnreadableDocument, match=told):
        read_what_if(document, "what-if.json")
