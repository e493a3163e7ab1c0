from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, ClassVar

import pytest

from testbeds.local_azure.body_schema import model_fields, unknown_keys

pytestmark = pytest.mark.core

FULL = {
    "count": 1,
    "vmSize": "Standard_NC6s_v3",
    "nodeLabels": {"any": "key"},
    "tags": {"any": "key"},
    "nodeTaints": ["sku=gpu:NoSchedule"],
    "gpuProfile": {"driver": "Install"},
    "upgradeSettings": {"maxSurge": "10%"},
    "linuxOSConfig": {"sysctls": {"vmMaxMapCount": 1}},
    "networkProfile": {"allowedHostPorts": [{"portStart": 1, "portEnd": 2, "protocol": "TCP"}]},
}


@pytest.mark.parametrize(
    ("change", "unknown"),
    [
        pytest.param({}, [], id="all-known"),
        pytest.param({"nodeTaint": []}, ["properties.nodeTaint"], id="misspelt"),
        pytest.param({"vm_size": "x"}, ["properties.vm_size"], id="python-name"),
        pytest.param({"osDiskSizeGb": 1}, ["properties.osDiskSizeGb"], id="wrong-case"),
        pytest.param({"gpuProfile": {"drivr": "None"}}, ["properties.gpuProfile.drivr"], id="nested"),
        pytest.param(
            {"linuxOSConfig": {"sysctls": {"nope": 1}}}, ["properties.linuxOSConfig.sysctls.nope"], id="nested-twice"
        ),
        pytest.param(
            {"networkProfile": {"allowedHostPorts": [{"portStrt": 1}]}},
            ["properties.networkProfile.allowedHostPorts[0].portStrt"],
            id="in-a-list",
        ),
        pytest.param(
            {"gpuProfile": {"driverType": "GRID", "nvidia": {"managementMode": "Managed"}}}, [], id="newer-api"
        ),
    ],
)
def test_only_wire_names_that_the_sdk_knows_pass(change: dict[str, Any], unknown: list[str]) -> None:
    assert list(unknown_keys({"properties": {**FULL, **change}})) == unknown


def test_a_key_outside_the_properties_is_found_too() -> None:
    assert list(unknown_keys({"properties": FULL, "location": "eastus"})) == ["location"]


def test_models_of_the_older_generation_are_read_by_their_map(monkeypatch: pytest.MonkeyPatch) -> None:
    class Profile:
        _attribute_map: ClassVar[dict[str, dict[str, str]]] = {"driver": {"key": "driver", "type": "str"}}

    class AgentPool:
        _attribute_map: ClassVar[dict[str, dict[str, str]]] = {
            "name": {"key": "name", "type": "str"},
            "vm_size": {"key": "properties.vmSize", "type": "str"},
            "node_labels": {"key": "properties.nodeLabels", "type": "{str}"},
            "gpu_profile": {"key": "properties.gpuProfile", "type": "Profile"},
        }

    module = ModuleType("older_models")
    vars(module).update(AgentPool=AgentPool, Profile=Profile)
    AgentPool.__module__ = Profile.__module__ = module.__name__
    monkeypatch.setitem(sys.modules, module.__name__, module)
    fields = model_fields(AgentPool)
    assert fields.keys() == {"name", "properties"}
    assert fields["properties"] == {"vmSize": None, "nodeLabels": None, "gpuProfile": Profile}
