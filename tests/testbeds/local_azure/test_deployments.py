"""Deployments and policy of the local Azure: bodies are checked, and what Azure would refuse is refused in its form."""

from __future__ import annotations

from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.exchange import Request
from testbeds.local_azure.world import SUBSCRIPTION_ID
from tests.testbeds.local_azure.calls import T4, quiet_azure

pytestmark = pytest.mark.core

SUB = f"/subscriptions/{SUBSCRIPTION_ID}"
GROUP = f"{SUB}/resourceGroups/rg-train"
DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/d"
POLICY = f"{SUB}/providers/Microsoft.Authorization"
MACHINE = {
    "type": "Microsoft.Compute/virtualMachines",
    "apiVersion": "2024-11-01",
    "name": "vm",
    "location": "eastus",
    "properties": {
        "hardwareProfile": {"vmSize": T4},
        "osProfile": {"linuxConfiguration": {"disablePasswordAuthentication": True}},
        "networkProfile": {"networkInterfaces": [{"id": "[resourceId('Microsoft.Network/networkInterfaces', 'nic')]"}]},
    },
}
NIC = {"type": "Microsoft.Network/networkInterfaces", "apiVersion": "2024-05-01", "name": "nic", "location": "eastus"}
DENY_ALL = {
    "displayName": "no machine",
    "mode": "All",
    "parameters": {},
    "policyRule": {
        "if": {"field": "type", "equals": "Microsoft.Compute/virtualMachines"},
        "then": {"effect": "Deny"},
    },
}


def send(azure: LocalAzure, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    import json

    reply = azure.answer(Request(method, path, {"api-version": "2024-03-01"}, {"authorization": "Bearer x"}, body))
    assert reply is not None
    return reply.status, json.loads(b"".join(reply.chunks) or b"null")


def template(*resources: Any) -> dict[str, Any]:
    return {"properties": {"mode": "Incremental", "template": {"resources": list(resources)}}}


def changed(**properties: Any) -> dict[str, Any]:
    return {**MACHINE, "properties": {**MACHINE["properties"], **properties}}  # type: ignore[dict-item]


def test_a_deployment_makes_its_machine_when_the_clock_passes() -> None:
    azure, clock = quiet_azure()

    assert send(azure, "POST", f"{DEPLOYMENT}/validate", template(NIC, MACHINE))[0] == 200
    assert azure.world.subscription.machines == []
    status, body = send(azure, "PUT", DEPLOYMENT, template(NIC, MACHINE))
    assert (status, body["properties"]["provisioningState"]) == (201, "Running")
    clock.now += 100
    assert send(azure, "GET", DEPLOYMENT)[1]["properties"]["provisioningState"] == "Succeeded"
    assert [machine.size for machine in azure.world.subscription.machines] == [T4]


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        pytest.param(template(NIC, changed(hardwarProfile={})), "InvalidTemplateDeployment", "hardwarProfile", id="k"),
        pytest.param({"propertys": {}}, "InvalidTemplate", "propertys", id="deployment-key"),
        pytest.param(template(MACHINE), "InvalidTemplate", "network interface", id="no-interface"),
        pytest.param(template({**NIC, "dependsOn": ["x"]}), "InvalidTemplate", "'x' is not defined", id="depends"),
        pytest.param(template({**NIC, "type": "Microsoft.X/y"}), "InvalidTemplate", "Microsoft.X/y", id="type"),
        pytest.param(template({**NIC, "name": "[newGuid()]"}), "InvalidTemplate", "newGuid", id="expression"),
        pytest.param(
            template(NIC, changed(hardwareProfile={"vmSize": "Standard_NC6s"})),
            "InvalidTemplateDeployment", "SkuNotAvailable", id="size",
        ),
        pytest.param(
            template(NIC, changed(hardwareProfile={"vmSize": "Standard_ND96isr_H100_v5"})),
            "InvalidTemplateDeployment", "exceeding approved", id="quota",
        ),
    ],
)  # fmt: skip
def test_what_azure_would_refuse_is_refused_before_it_starts(body: Any, code: str, told: str) -> None:
    azure, _ = quiet_azure()
    azure.world.subscription.set_quota("eastus", "cores", 50)

    for method, path in (("POST", f"{DEPLOYMENT}/validate"), ("PUT", DEPLOYMENT)):
        status, answer = send(azure, method, path, body)
        assert (status, answer["error"]["code"]) == (400, code)
        assert told in str(answer)


def test_an_assigned_deny_refuses_a_deployment_and_a_put_in_azures_form() -> None:
    azure, _ = quiet_azure()
    send(azure, "PUT", f"{POLICY}/policyDefinitions/none", {"properties": DENY_ALL})
    assigned = {"displayName": "None here", "policyDefinitionId": f"{POLICY}/policyDefinitions/none"}
    send(azure, "PUT", f"{POLICY}/policyAssignments/none", {"properties": assigned})

    status, answer = send(azure, "POST", f"{DEPLOYMENT}/validate", template(NIC, MACHINE))
    assert (status, answer["error"]["code"]) == (400, "InvalidTemplateDeployment")
    assert answer["error"]["details"][0]["code"] == "RequestDisallowedByPolicy"

    path = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
    status, answer = send(azure, "PUT", path, {"location": "eastus", "properties": {}})
    assert (status, answer["error"]["code"], answer["error"]["target"]) == (403, "RequestDisallowedByPolicy", "vm")
    assert '"policyAssignment":{"name":"None here"' in answer["error"]["message"]
    assert answer["error"]["additionalInfo"][0]["type"] == "PolicyViolation"


@pytest.mark.parametrize(
    ("path", "properties", "status", "told"),
    [
        pytest.param("policyDefinitions/x", {**DENY_ALL, "modes": "All"}, 400, "properties.modes", id="key"),
        pytest.param(
            "policyDefinitions/x",
            {**DENY_ALL, "policyRule": {"if": {"field": "tags[current('x')]", "exists": "true"}, "then": {}}},
            400, "not supported in the 'field' accessor", id="rule",
        ),
        pytest.param(
            "policyAssignments/x", {"policyDefinitionId": f"{POLICY}/policyDefinitions/no"}, 404, "NotFound", id="none"
        ),
        pytest.param(
            "policyAssignments/x",
            {"policyDefinitionId": f"{POLICY}/policyDefinitions/none", "parameters": {"y": {"value": 1}}},
            400, "no parameter y", id="parameter",
        ),
        pytest.param("policyAssignments/" + "x" * 65, {"policyDefinitionId": ""}, 400, "64 characters", id="long-name"),
    ],
)  # fmt: skip
def test_policy_that_azure_would_not_take_is_refused(path: str, properties: Any, status: int, told: str) -> None:
    azure, _ = quiet_azure()
    send(azure, "PUT", f"{POLICY}/policyDefinitions/none", {"properties": DENY_ALL})

    seen, answer = send(azure, "PUT", f"{POLICY}/{path}", {"properties": properties})

    assert seen == status
    assert told in str(answer)
