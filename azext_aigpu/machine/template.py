"""The ARM template of one GPU virtual machine: network, machine, NVIDIA's driver extension. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azext_aigpu.machine.spec import MachineSpec

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
NETWORK_VERSION = "2024-05-01"
COMPUTE_VERSION = "2024-11-01"

MACHINE = "Microsoft.Compute/virtualMachines"
EXTENSION = "NvidiaGpuDriverLinux"
EXTENSION_PUBLISHER = "Microsoft.HpcCompute"
_EXTENSION_VERSION = "1.10"
"""The least version; Azure takes the newest of its major version."""

_GROUP = "Microsoft.Network/networkSecurityGroups"
_NETWORK = "Microsoft.Network/virtualNetworks"
_SUBNET = "Microsoft.Network/virtualNetworks/subnets"
_ADDRESS = "Microsoft.Network/publicIPAddresses"
_INTERFACE = "Microsoft.Network/networkInterfaces"
_SUBNET_NAME = "default"
_NET = "10.20.0.0/24"

_PUBLISHER = "Canonical"
_OFFER = "0001-com-ubuntu-server-jammy"
_IMAGES = {"V2": "22_04-lts-gen2", "V1": "22_04-lts"}
"""Ubuntu 22.04 for each generation of virtual machines."""

Resource = Mapping[str, Any]


def build_template(spec: MachineSpec) -> dict[str, Any]:
    """Return the template; it deploys into any resource group, with no parameters and no secrets."""
    resources: list[Resource] = []
    if spec.subnet_id is None:
        resources += [_security_group(spec), _network(spec)]
    elif spec.public_ip:
        resources.append(_security_group(spec))
    if spec.public_ip:
        resources.append(_public_address(spec))
    resources += [_interface(spec), _machine(spec), _extension(spec)]
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": resources}


def list_names(spec: MachineSpec) -> list[str]:
    """Return the names of the resources beside the machine that the template makes."""
    beside = (one["name"] for one in build_template(spec)["resources"] if not one["type"].startswith(MACHINE))
    return list(beside)


def _resource(spec: MachineSpec, kind: str, name: str, version: str, depends: list[str], body: Resource) -> Resource:
    head: dict[str, Any] = {"type": kind, "apiVersion": version, "name": name, "location": spec.location}
    depends_on = {"dependsOn": depends} if depends else {}
    return {**head, **depends_on, "tags": spec.all_tags, **body}


def _id(*parts: str) -> str:
    return f"[resourceId({', '.join(repr(part) for part in parts)})]"


def _elsewhere(resource_id: str) -> str:
    """Return the id of what is there already as an expression: azure-cli adds to every object with a plain id."""
    _, _, subscription, _, group, _, provider, *rest = resource_id.split("/")
    kind = "/".join([provider, *rest[::2]])
    return _id(subscription, group, kind, *rest[1::2])


def _security_group(spec: MachineSpec) -> Resource:
    """Return the group that lets nobody in from outside the network, but for SSH from where the user named."""
    rule = {
        "name": "ssh",
        "properties": {
            "priority": 1000,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "sourceAddressPrefix": spec.ssh_source,
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": "22",
        },
    }
    properties = {"securityRules": [rule] if spec.public_ip else []}
    return _resource(spec, _GROUP, _group_name(spec), NETWORK_VERSION, [], {"properties": properties})


def _network(spec: MachineSpec) -> Resource:
    # Without a way out the extension cannot load the driver. Networks made by newer versions of this API have none.
    subnet = {
        "name": _SUBNET_NAME,
        "properties": {
            "addressPrefix": _NET,
            "defaultOutboundAccess": True,
            "networkSecurityGroup": {"id": _id(_GROUP, _group_name(spec))},
        },
    }
    properties = {"addressSpace": {"addressPrefixes": [_NET]}, "subnets": [subnet]}
    depends = [_id(_GROUP, _group_name(spec))]
    return _resource(spec, _NETWORK, _network_name(spec), NETWORK_VERSION, depends, {"properties": properties})


def _public_address(spec: MachineSpec) -> Resource:
    zones = {"zones": [spec.zone]} if spec.zone else {}
    body = {"sku": {"name": "Standard"}, **zones, "properties": {"publicIPAllocationMethod": "Static"}}
    return _resource(spec, _ADDRESS, f"{spec.name}-ip", NETWORK_VERSION, [], body)


def _interface(spec: MachineSpec) -> Resource:
    own_network = spec.subnet_id is None
    subnet = _elsewhere(spec.subnet_id) if spec.subnet_id else _id(_SUBNET, _network_name(spec), _SUBNET_NAME)
    depends = [_id(_NETWORK, _network_name(spec))] if own_network else []
    ip: dict[str, Any] = {"privateIPAllocationMethod": "Dynamic", "subnet": {"id": subnet}}
    guard: dict[str, Any] = {}
    if spec.public_ip:
        ip["publicIPAddress"] = {"id": _id(_ADDRESS, f"{spec.name}-ip"), "properties": {"deleteOption": "Delete"}}
        depends.append(_id(_ADDRESS, f"{spec.name}-ip"))
    if spec.public_ip and not own_network:
        guard = {"networkSecurityGroup": {"id": _id(_GROUP, _group_name(spec))}}
        depends.append(_id(_GROUP, _group_name(spec)))
    properties = {"ipConfigurations": [{"name": "primary", "properties": ip}], **guard}
    return _resource(spec, _INTERFACE, f"{spec.name}-nic", NETWORK_VERSION, depends, {"properties": properties})


def _machine(spec: MachineSpec) -> Resource:
    interface = _id(_INTERFACE, f"{spec.name}-nic")
    properties: dict[str, Any] = {
        "hardwareProfile": {"vmSize": spec.size},
        "storageProfile": {"imageReference": build_image(spec), "osDisk": build_disk(spec)},
        "osProfile": {"computerName": spec.name, "adminUsername": spec.admin, "linuxConfiguration": _linux(spec)},
        "networkProfile": {"networkInterfaces": [{"id": interface, "properties": {"deleteOption": "Delete"}}]},
        **build_spot(spec),
    }
    zones = {"zones": [spec.zone]} if spec.zone else {}
    return _resource(spec, MACHINE, spec.name, COMPUTE_VERSION, [interface], {**zones, "properties": properties})


def build_image(spec: MachineSpec) -> dict[str, str]:
    """Return the image: Ubuntu 22.04 of the generation that the size runs."""
    generations = spec.sku.hyperv_generations if spec.sku else ()
    generation = "V1" if generations == ("V1",) else "V2"
    return {"publisher": _PUBLISHER, "offer": _OFFER, "sku": _IMAGES[generation], "version": "latest"}


def build_disk(spec: MachineSpec) -> dict[str, Any]:
    """Return the OS disk, which goes with the machine."""
    return {
        "createOption": "FromImage",
        "diskSizeGB": spec.disk_gb,
        "managedDisk": {"storageAccountType": "Premium_LRS"},
        "deleteOption": "Delete",
    }


def _linux(spec: MachineSpec) -> dict[str, Any]:
    path = f"/home/{spec.admin}/.ssh/authorized_keys"
    return {
        "disablePasswordAuthentication": True,
        "ssh": {"publicKeys": [{"path": path, "keyData": spec.ssh_key}]},
    }


def build_spot(spec: MachineSpec) -> dict[str, Any]:
    """Return what makes a machine a spot machine, empty for another."""
    if not spec.spot:
        return {}
    most = -1 if spec.spot_max_price is None else spec.spot_max_price
    return {"priority": "Spot", "evictionPolicy": "Deallocate", "billingProfile": {"maxPrice": most}}


def _extension(spec: MachineSpec) -> Resource:
    settings = {"driverVersion": spec.driver_version} if spec.driver_version else {}
    properties = {
        "publisher": EXTENSION_PUBLISHER,
        "type": EXTENSION,
        "typeHandlerVersion": _EXTENSION_VERSION,
        "autoUpgradeMinorVersion": True,
        "settings": settings,
    }
    name, depends = f"{spec.name}/{EXTENSION}", [_id(MACHINE, spec.name)]
    return _resource(spec, f"{MACHINE}/extensions", name, COMPUTE_VERSION, depends, {"properties": properties})


def _group_name(spec: MachineSpec) -> str:
    return f"{spec.name}-nsg"


def _network_name(spec: MachineSpec) -> str:
    return f"{spec.name}-vnet"
