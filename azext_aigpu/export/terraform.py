"""A pool as Terraform: `azurerm_kubernetes_cluster_node_pool` of azurerm 4.43 or newer. Pure.

Names of the attributes: the provider's documentation of the resource, major 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from azext_aigpu import body
from azext_aigpu.export.hcl import Block, Expression, render_attributes, render_blocks
from azext_aigpu.export.pool import Export, list_unwritten, write_comments
from azext_aigpu.foreign.azurerm import POOL, POOL_ATTRIBUTES
from azext_aigpu.spec import PoolSpec, wire_fields

UPGRADE = "upgrade_settings"
CLUSTER_VARIABLE = "kubernetes_cluster_id"

ATTRIBUTES: Mapping[str, str] = {
    **{path: names[0] for path, names in POOL_ATTRIBUTES.items() if path != "type"},
    "scaleDownMode": "scale_down_mode",
    "scaleSetEvictionPolicy": "eviction_policy",
    "spotMaxPrice": "spot_max_price",
    "maxPods": "max_pods",
    "proximityPlacementGroupID": "proximity_placement_group_id",
    "hostGroupID": "host_group_id",
    "creationData.sourceResourceId": "snapshot_id",
    "vnetSubnetID": "vnet_subnet_id",
    "podSubnetID": "pod_subnet_id",
    "enableNodePublicIP": "node_public_ip_enabled",
    "nodePublicIPPrefixID": "node_public_ip_prefix_id",
    "enableEncryptionAtHost": "host_encryption_enabled",
    "enableUltraSSD": "ultra_ssd_enabled",
    "enableFIPS": "fips_enabled",
    "workloadRuntime": "workload_runtime",
    "upgradeSettings.maxUnavailable": f"{UPGRADE}.max_unavailable",
    "upgradeSettings.nodeSoakDurationInMinutes": f"{UPGRADE}.node_soak_duration_in_minutes",
    "upgradeSettings.undrainableNodeBehavior": f"{UPGRADE}.undrainable_node_behavior",
}
"""Path in the API to the attribute, with the block that it stands in."""

KUBELET: Mapping[str, str] = {
    "cpuManagerPolicy": "cpu_manager_policy",
    "cpuCfsQuota": "cpu_cfs_quota_enabled",
    "cpuCfsQuotaPeriod": "cpu_cfs_quota_period",
    "imageGcHighThreshold": "image_gc_high_threshold",
    "imageGcLowThreshold": "image_gc_low_threshold",
    "topologyManagerPolicy": "topology_manager_policy",
    "allowedUnsafeSysctls": "allowed_unsafe_sysctls",
    "containerLogMaxSizeMB": "container_log_max_size_mb",
    "containerLogMaxFiles": "container_log_max_line",
    "podMaxPids": "pod_max_pid",
}
LINUX: Mapping[str, str] = {
    "swapFileSizeMB": "swap_file_size_mb",
    "transparentHugePageEnabled": "transparent_huge_page_enabled",
    "transparentHugePageDefrag": "transparent_huge_page_defrag",
}
_SYSCTLS = "sysctls"
_PORT_RANGE = "netIpv4IpLocalPortRange"
_PORTS = re.compile(r"(\d{1,5})\s+(\d{1,5})")
_IRREGULAR = {"netIpv4TcpkeepaliveIntvl": "net_ipv4_tcp_keepalive_intvl"}
_NETWORK = ("allowed_host_ports", "asg_ids", "node_public_ip_tags")
_WITH_BLOCKS = ("kubelet_config", "linux_os_config", *_NETWORK)
_IMPLIED = ("vm_set_type",)
_NO_ATTRIBUTE = "azurerm has no attribute for it"
_FILL_IN = f"Fill in: variable {CLUSTER_VARIABLE}, the id of the cluster that is to have the clone."


def list_notes(export: Export) -> tuple[str, ...]:
    """Return what a reader of the document has to know."""
    paths = dict(wire_fields())
    written = frozenset(name for name, path in paths.items() if path in ATTRIBUTES)
    unwritten = list_unwritten(export.spec, written | {*_WITH_BLOCKS, *_IMPLIED}, _NO_ATTRIBUTE)
    fill_in = () if export.cluster else (_FILL_IN,)
    return (*export.notes, *unwritten, *_list_unwritten_settings(export.spec), *fill_in)


def write_terraform(export: Export) -> str:
    """Return the document; for a pool that exists it begins with the block that imports it."""
    head = write_comments(list_notes(export), "#")
    return head + ("\n" if head else "") + render_blocks([*_build_first(export), build_resource(export)])


def write_lines(labels: Mapping[str, str], taints: list[str]) -> str:
    """Return `node_labels` and `node_taints` as lines for somebody's own resource."""
    return render_attributes({"node_taints": taints, "node_labels": dict(labels)})


def build_resource(export: Export) -> Block:
    """Return the resource."""
    cluster = str(export.cluster) if export.cluster else Expression(f"var.{CLUSTER_VARIABLE}")
    attributes: dict[str, Any] = {"name": export.spec.name, CLUSTER_VARIABLE: cluster}
    upgrade: dict[str, Any] = {}
    for path, name in ATTRIBUTES.items():
        value = body.get(export.properties, path)
        if value is None:
            continue
        block, _, inner = name.rpartition(".")
        if block == UPGRADE:
            upgrade[inner] = value
        else:
            attributes[name] = value
    return Block("resource", (POOL, export.spec.name), attributes, tuple(_build_blocks(export.spec, upgrade)))


def _build_first(export: Export) -> Iterator[Block]:
    if export.cluster is None:
        about = "Id of the AKS cluster that is to have the pool."
        yield Block("variable", (CLUSTER_VARIABLE,), {"type": Expression("string"), "description": about})
    else:
        pool_id = f"{export.cluster}/agentPools/{export.spec.name}"
        yield Block("import", (), {"to": Expression(f"{POOL}.{export.spec.name}"), "id": pool_id})


def _build_blocks(spec: PoolSpec, upgrade: Mapping[str, Any]) -> Iterator[Block]:
    if upgrade:
        yield Block(UPGRADE, (), upgrade)
    if spec.kubelet_config:
        yield Block("kubelet_config", (), _renamed(spec.kubelet_config, KUBELET))
    if spec.linux_os_config:
        sysctls = _build_sysctls(spec.linux_os_config.get(_SYSCTLS) or {})
        inner = (Block("sysctl_config", (), sysctls),) if sysctls else ()
        yield Block("linux_os_config", (), _renamed(spec.linux_os_config, LINUX), inner)
    if any(getattr(spec, name) for name in _NETWORK):
        yield _build_network(spec)


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names[key]: value for key, value in values.items() if key in names and value is not None}


def _build_sysctls(sysctls: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in sysctls.items():
        if value is None:
            continue
        if key == _PORT_RANGE:
            match = _PORTS.fullmatch(str(value))
            ends = zip(("min", "max"), match.groups() if match else (), strict=False)
            found |= {f"net_ipv4_ip_local_port_range_{end}": int(port) for end, port in ends}
        else:
            found[_IRREGULAR.get(key) or re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), key)] = value
    return found


def _build_network(spec: PoolSpec) -> Block:
    names = {"portStart": "port_start", "portEnd": "port_end", "protocol": "protocol"}
    attributes: dict[str, Any] = {}
    if spec.asg_ids:
        attributes["application_security_group_ids"] = spec.asg_ids
    if spec.node_public_ip_tags:
        attributes["node_public_ip_tags"] = {tag["ipTagType"]: tag["tag"] for tag in spec.node_public_ip_tags}
    ports = tuple(Block("allowed_host_ports", (), _renamed(port, names)) for port in spec.allowed_host_ports or ())
    return Block("node_network_profile", (), attributes, ports)


def _list_unwritten_settings(spec: PoolSpec) -> Iterator[str]:
    for field, values, names in (
        ("kubeletConfig", spec.kubelet_config or {}, KUBELET),
        ("linuxOsConfig", spec.linux_os_config or {}, {**LINUX, _SYSCTLS: ""}),
    ):
        for key, value in values.items():
            if key not in names and value is not None:
                yield f"Left out: {field}.{key}: {value}; {_NO_ATTRIBUTE}."
    ports = body.get(spec.linux_os_config or {}, f"{_SYSCTLS}.{_PORT_RANGE}")
    if ports is not None and not _PORTS.fullmatch(str(ports)):
        yield f"Left out: linuxOsConfig.{_SYSCTLS}.{_PORT_RANGE}: {ports}; it is no range of ports."
