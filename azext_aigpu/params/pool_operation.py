"""Options of `nodepool add` and `update`: where the nodes stand, their network, upgrades and security."""
# ruff: noqa: S610  azure-cli's extra(), not Django's

from __future__ import annotations

from typing import Any

from azure.cli.core.commands.parameters import get_enum_type, zones_type

from azext_aigpu import config_files, forms
from azext_aigpu._validators import converted, exclusive, validate_group_ids, validate_zones
from azext_aigpu.params.option_groups import NETWORK, NODE, PLACEMENT, SECURITY, UPGRADE


def placement(c: Any) -> None:
    """Register zones and groups of the nodes."""
    c.extra(
        "zones",
        zones_type,
        arg_group=PLACEMENT,
        validator=validate_zones,
        help="Availability zones to spread the nodes over, with blanks between, for example 1 2 3.",
    )
    for name, kind, text in (
        ("ppg", "Microsoft.Compute/proximityPlacementGroups", "proximity placement group that keeps nodes close"),
        ("crg_id", "Microsoft.Compute/capacityReservationGroups", "capacity reservation group that the nodes draw on"),
        ("host_group_id", "Microsoft.Compute/hostGroups", "dedicated host group that the nodes run on"),
        ("snapshot_id", "Microsoft.ContainerService/snapshots", "node pool snapshot whose versions are taken"),
    ):
        _resource_id(c, PLACEMENT, name, kind, text)


def _resource_id(c: Any, group: str, name: str, kind: str, text: str) -> None:
    check = converted(name, forms.parse_resource_id, "--" + name.replace("_", "-"), kind)
    c.extra(name, arg_group=group, validator=check, help=f"Resource id of the {text}.")


def network(c: Any) -> None:
    """Register what of the network can be changed later too."""
    c.extra(
        "allowed_host_ports",
        nargs="+",
        arg_group=NETWORK,
        validator=converted("allowed_host_ports", forms.parse_ports),
        help="Ports of the nodes that are open, with blanks between, for example 80/tcp 4000-5000/udp.",
    )
    c.extra(
        "asg_ids",
        nargs="+",
        arg_group=NETWORK,
        validator=validate_group_ids,
        help="Resource ids of application security groups for the nodes. Needs --allowed-host-ports.",
    )
    c.extra(
        "localdns_config",
        arg_group=NETWORK,
        validator=converted("localdns_config", config_files.read_localdns_config),
        help="Path of a JSON file with the LocalDNS profile.",
    )


def network_of_new(c: Any) -> None:
    """Register the network of a new pool."""
    subnet = "Microsoft.Network/virtualNetworks/subnets"
    for name, kind, text in (
        ("vnet_subnet_id", subnet, "subnet of the nodes"),
        ("pod_subnet_id", subnet, "subnet of the pods (network plugin azure)"),
        ("node_public_ip_prefix_id", "Microsoft.Network/publicIPPrefixes", "prefix that public IPs are taken from"),
    ):
        _resource_id(c, NETWORK, name, kind, text)
    c.extra(
        "pod_ip_allocation_mode",
        get_enum_type(("DynamicIndividual", "StaticBlock")),
        arg_group=NETWORK,
        help="How pods get addresses of the pod subnet: one by one, or a node's block at once.",
    )
    c.extra("enable_node_public_ip", action="store_true", arg_group=NETWORK, help="Give each node a public IP.")
    c.extra(
        "node_public_ip_tags",
        nargs="*",
        arg_group=NETWORK,
        validator=converted("node_public_ip_tags", forms.parse_ip_tags),
        help="IP tags of the nodes' public IPs as key=value, for example RoutingPreference=Internet.",
    )


def upgrade(c: Any) -> None:
    """Register how upgrades go."""
    for name, text in (
        ("max_surge", "Nodes or percent of them that an upgrade adds. They need GPU quota too. For example 1 or 33%."),
        ("max_unavailable", "Nodes or percent of them that an upgrade may take away. For example 1 or 5%."),
    ):
        check = converted(name, forms.parse_surge, "--" + name.replace("_", "-"))
        c.extra(name, arg_group=UPGRADE, validator=check, help=text)
    for name, text in (
        ("drain_timeout", "Minutes that an upgrade waits for the pods of a node to end. Long jobs need more than 30."),
        ("node_soak_duration", "Minutes that an upgrade waits after a node before it takes the next."),
    ):
        check = converted(name, forms.parse_number, "--" + name.replace("_", "-"), 0)
        c.extra(name, type=int, arg_group=UPGRADE, validator=check, help=text)
    c.extra(
        "undrainable_node_behavior",
        get_enum_type(("Schedule", "Cordon")),
        arg_group=UPGRADE,
        help="What an upgrade does with a node that cannot be drained: go on scheduling to it, or cordon it.",
    )


def encryption(c: Any) -> None:
    """Register what of the disks is chosen once."""
    c.extra(
        "enable_encryption_at_host",
        action="store_true",
        arg_group=SECURITY,
        help="Encrypt the nodes' disks and caches on the host too.",
    )
    c.extra("enable_ultra_ssd", action="store_true", arg_group=NODE, help="Let the nodes attach Ultra disks.")


def security(c: Any) -> None:
    """Register what of security can be changed later too."""
    c.extra("enable_fips_image", action="store_true", arg_group=SECURITY, help="Use a node image with FIPS 140.")
    c.extra("enable_vtpm", action="store_true", arg_group=SECURITY, help="Give the nodes a virtual TPM.")
    c.extra(
        "enable_secure_boot",
        action="store_true",
        arg_group=SECURITY,
        help="Boot only signed code; a GPU driver must be signed too.",
    )


def security_of_existing(c: Any) -> None:
    """Register what of security an existing pool can give up."""
    switch_off(c, "fips_image", SECURITY, "Use a node image without FIPS 140.")
    switch_off(c, "vtpm", SECURITY, "Take the virtual TPM away.")
    switch_off(c, "secure_boot", SECURITY, "Boot code that is not signed too.")


def switch_off(c: Any, switch: str, group: str, text: str) -> None:
    """Register the `--disable-` option of an `--enable-` option."""
    check = exclusive(f"enable_{switch}", f"disable_{switch}")
    c.extra(f"disable_{switch}", action="store_true", arg_group=group, validator=check, help=text)


def raw(c: Any) -> None:
    """Register headers for what has no option yet."""
    c.extra(
        "aks_custom_headers",
        validator=converted("aks_custom_headers", forms.parse_headers),
        help="HTTP headers for AKS as Name=value with commas between, for features that have no option yet.",
    )
