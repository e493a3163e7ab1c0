"""The fields of a spec: those of `PoolSpec`, in camelCase, each with its JSON Schema. One table for all who need them.

Types come from `PoolSpec` itself, so a field that is added there is a field of specs at once. What a field takes beyond
its type stands in `_FORMS`.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract.labels import TAINT_EFFECTS, Taint
from azext_aigpu import forms
from azext_aigpu.review import waivable_ids
from azext_aigpu.spec import PoolSpec
from azext_aigpu.waivers import MOST_CHARACTERS

API_VERSION = "aigpu.io/v1alpha1"
KIND = "GpuNodePool"
CLUSTER = "cluster"

NOT_IN_SPEC = ("subscription", "resource_group", "cluster_name", "name", "limits")
"""Fields of `PoolSpec` that a document says by its name and its cluster, or that are the reader's own settings."""

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class SpecField:
    """One key under `spec`: the field of `PoolSpec`, its camelCase name, and what it takes."""

    name: str
    key: str
    schema: Schema


def spec_key(name: str) -> str:
    """Return the camelCase name of a field: `node_vm_size` is `nodeVmSize`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


@functools.cache
def spec_fields() -> tuple[SpecField, ...]:
    """Return every field that a spec may have, in the order of `PoolSpec`."""
    hints = typing.get_type_hints(PoolSpec)
    names = [item.name for item in dataclasses.fields(PoolSpec) if item.name not in NOT_IN_SPEC]
    return tuple(SpecField(name, spec_key(name), _build_schema(name, hints[name])) for name in names)


def _build_schema(name: str, hint: Any) -> Schema:
    about, more = _FORMS.get(name, ("", {}))
    schema = {**_schema_of(hint), **more}
    return {"description": about, **schema} if about else schema


def _schema_of(hint: Any) -> dict[str, Any]:
    """Return the JSON Schema of a type. Raises TypeError for one that no field of a spec has had so far."""
    options = [option for option in typing.get_args(hint) if option is not type(None)]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return _schema_of(options[0])
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": _schema_of(options[0])}
    if isinstance(typing.get_origin(hint), type) and issubclass(typing.get_origin(hint), Mapping):
        return {"type": "object", **({"additionalProperties": {"type": "string"}} if options[1] is str else {})}
    if hint is Taint:
        return {"type": "string", "pattern": _TAINT}
    if hint not in _SCALARS:
        raise TypeError(f"no JSON Schema is known for {hint}")
    return {"type": _SCALARS[hint]}


_SCALARS: Mapping[Any, str] = {str: "string", int: "integer", bool: "boolean", float: "number"}
_TAINT = f"^[^=:\\s]+=[^=:\\s]+:({'|'.join(TAINT_EFFECTS)})$"
_SURGE = {"pattern": "^([0-9]{1,4}|[0-9]{1,3}%)$"}
_NODES = {"minimum": 0, "maximum": forms.MOST_NODES}
_ID = {"pattern": "^/subscriptions/[^/]+/[^/]+/.+$"}

WAIVERS: Schema = {
    "additionalProperties": False,
    "properties": {
        rule: {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS, "pattern": "^[^\\x00-\\x1f\\x7f]+$"}
        for rule in waivable_ids()
    },
}
_PORTS = {
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["portStart", "portEnd", "protocol"],
        "properties": {
            "portStart": {"type": "integer", "minimum": 1, "maximum": 65535},
            "portEnd": {"type": "integer", "minimum": 1, "maximum": 65535},
            "protocol": {"type": "string", "enum": ["TCP", "UDP"]},
        },
    }
}
_IP_TAGS = {
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["ipTagType", "tag"],
        "properties": {"ipTagType": {"type": "string"}, "tag": {"type": "string"}},
    }
}
_SPOT_PRICE = {"anyOf": [{"const": -1}, {"exclusiveMinimum": 0}]}

_FORMS: Mapping[str, tuple[str, Schema]] = {
    "gpu_model": ("GPU model meant, a model id of the catalogue: a100 or a100-80gb.", {"pattern": "^[A-Za-z0-9._-]+$"}),
    "gpu_count": ("GPUs meant on one node.", {"minimum": 1}),
    "waivers": ("Rules not to hold, each with the reason; it is kept as a tag of the pool.", WAIVERS),
    "node_vm_size": (
        "VM size, as Azure writes it. Without it the size is found for gpuModel and gpuCount.",
        {"pattern": "^[A-Za-z0-9_-]+$"},
    ),
    "vm_set_type": ("Kind of machines; a scale set is the only one.", {"enum": ["VirtualMachineScaleSets"]}),
    "mode": ("User is the only mode: AKS refuses the GPU taint on system pools.", {"enum": ["User"]}),
    "os_type": ("Linux is the only system.", {"enum": ["Linux"]}),
    "os_sku": (
        "Linux distribution of the nodes.",
        {"enum": ["Ubuntu", "Ubuntu2204", "Ubuntu2404", "AzureLinux", "AzureLinux3", "AzureContainerLinux"]},
    ),
    "kubernetes_version": (
        "Kubernetes on the nodes, in quotes: YAML takes 1.30 for 1.3. Default: as the control plane.",
        {"pattern": "^[0-9]+\\.[0-9]+(\\.[0-9]+)?$"},
    ),
    "node_count": ("Nodes. Alone it means a fixed size; without any count the pool scales from 0 to 5.", _NODES),
    "enable_cluster_autoscaler": ("Let the cluster autoscaler choose the number of nodes.", {}),
    "min_count": ("Least nodes under the autoscaler.", _NODES),
    "max_count": ("Most nodes under the autoscaler.", _NODES),
    "scale_down_mode": ("What becomes of nodes that are not needed.", {"enum": ["Delete", "Deallocate"]}),
    "priority": ("Spot nodes cost less, and Azure takes them back.", {"enum": ["Regular", "Spot"]}),
    "eviction_policy": ("What becomes of a spot node that is taken back.", {"enum": ["Delete", "Deallocate"]}),
    "spot_max_price": ("Most to pay for a spot node, USD an hour; -1 for up to the price on demand.", _SPOT_PRICE),
    "labels": ("Node labels of your own, all of them; those that make it a GPU pool are always there.", {}),
    "node_taints": ("Taints of your own as key=value:Effect, all of them; the GPU taint is always there.", {}),
    "tags": ("Azure tags, all of them.", {}),
    "node_osdisk_size": (
        "OS disk in GB. Default of a new pool: 256.",
        {"minimum": forms.LEAST_OS_DISK_GB, "maximum": forms.MOST_OS_DISK_GB},
    ),
    "node_osdisk_type": ("Kind of the OS disk.", {"enum": ["Managed", "Ephemeral"]}),
    "max_pods": ("Most pods on a node.", {"minimum": 1}),
    "zones": ("Availability zones to spread over, in quotes.", {"items": {"type": "string", "enum": ["1", "2", "3"]}}),
    "gpu_driver": ("Install, or None to bring the driver yourself.", {"enum": ["Install", "None"]}),
    "gpu_instance_profile": ("MIG profile.", {"enum": ["MIG1g", "MIG2g", "MIG3g", "MIG4g", "MIG7g"]}),
    "crg_id": ("Id of a capacity reservation group.", _ID),
    "ppg": ("Id of a proximity placement group.", _ID),
    "host_group_id": ("Id of a dedicated host group.", _ID),
    "snapshot_id": ("Id of a node pool snapshot.", _ID),
    "vnet_subnet_id": ("Id of the nodes' subnet.", _ID),
    "pod_subnet_id": ("Id of the pods' subnet.", _ID),
    "pod_ip_allocation_mode": ("How pods get addresses.", {"enum": ["DynamicIndividual", "StaticBlock"]}),
    "enable_node_public_ip": ("Give each node a public IP.", {}),
    "node_public_ip_prefix_id": ("Id of a public IP prefix.", _ID),
    "node_public_ip_tags": ("IP tags of the nodes' public IPs.", _IP_TAGS),
    "allowed_host_ports": ("Ports of the nodes that are open.", _PORTS),
    "asg_ids": ("Ids of application security groups. Needs allowedHostPorts.", {"items": {"type": "string", **_ID}}),
    "managed_dranet": ("Managed DRANET.", {"enum": ["Managed"]}),
    "max_surge": ("Nodes or percent that an upgrade adds, in quotes.", _SURGE),
    "max_unavailable": ("Nodes or percent that an upgrade may take away, in quotes.", _SURGE),
    "drain_timeout": ("Minutes that an upgrade waits for a node's pods.", {"minimum": 0}),
    "node_soak_duration": ("Minutes that an upgrade waits after a node.", {"minimum": 0}),
    "undrainable_node_behavior": ("What becomes of an undrainable node.", {"enum": ["Schedule", "Cordon"]}),
    "enable_encryption_at_host": ("Encrypt disks and caches on the host too.", {}),
    "enable_ultra_ssd": ("Let the nodes attach Ultra disks.", {}),
    "enable_fips_image": ("Node image with FIPS 140.", {}),
    "enable_vtpm": ("Virtual TPM.", {}),
    "enable_secure_boot": ("Boot only signed code; a GPU driver must be signed too.", {}),
    "enable_artifact_streaming": ("Start containers while their image is still being read.", {}),
    "kubelet_config": ("Settings of the kubelet, under the API's names.", {}),
    "linux_os_config": ("Settings of Linux, under the API's names.", {}),
    "localdns_config": ("LocalDNS profile, under the API's names.", {}),
    "message_of_the_day": ("Text shown at login to a node.", {}),
    "workload_runtime": ("Runtime of the pods.", {"enum": ["KataVmIsolation"]}),
}

POOL_NAME = {"type": "string", "pattern": "^[a-z][a-z0-9]{0,11}$"}
_OPTION = re.compile(r"--([a-z][a-z-]*[a-z])(=| (?=[A-Z0-9'\"$]))?")


@functools.cache
def build_schema() -> Schema:
    """Return the JSON Schema of one document."""
    properties = {item.key: item.schema for item in spec_fields()}
    cluster = {"description": "Resource id of the AKS cluster.", "type": "string", **_ID}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": KIND,
        "description": "One GPU node pool of an AKS cluster, as `az aigpu nodepool plan` reads it.",
        "type": "object",
        "additionalProperties": False,
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": KIND},
            "metadata": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {"name": {"description": "Name of the node pool.", **POOL_NAME}},
            },
            "spec": {
                "type": "object",
                "additionalProperties": False,
                "required": [CLUSTER],
                "properties": {CLUSTER: cluster, **properties},
            },
        },
    }


def name_keys(text: str) -> str:
    """Return a message of the command line with the names of options turned into those of the spec's keys.

    Lines that hold a command to copy stay.
    """
    keys = {item.name: item.key for item in spec_fields()}

    def rename(match: re.Match[str]) -> str:
        key = keys.get(match.group(1).replace("-", "_"))
        return match.group() if key is None else f"{key}: " if match.group(2) else key

    lines = text.split("\n")
    return "\n".join(line if "az aigpu" in line else _OPTION.sub(rename, line) for line in lines)
