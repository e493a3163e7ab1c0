"""The arguments of every command. Names, short forms and types are those of `az aks nodepool`; the rest is ours.

Most arguments of `add` and `update` are registered as extra ones: a handler takes them as keywords, and no function
has sixty parameters. azure-cli leaves out a parameter named `kwargs` when it reads a handler's signature.
"""
# ruff: noqa: S610  azure-cli's extra(), not Django's

from __future__ import annotations

from typing import Any

from azure.cli.core.commands.parameters import get_enum_type, tags_type, zones_type

from azext_aigpu import config_files, forms
from azext_aigpu._validators import (
    converted,
    exclusive,
    parse_waive,
    validate_group_ids,
    validate_sizes,
    validate_spot,
    validate_zones,
)

OS_SKUS = ("Ubuntu", "Ubuntu2204", "Ubuntu2404", "AzureLinux", "AzureLinux3", "AzureContainerLinux")
OLD_OS_SKUS = ("CBLMariner", "Mariner")
MIG_PROFILES = ("MIG1g", "MIG2g", "MIG3g", "MIG4g", "MIG7g")

GPU = "GPU"
SCALE = "Scale"
SCHEDULING = "Scheduling"
NODE = "Node"
PLACEMENT = "Placement"
NETWORK = "Network"
UPGRADE = "Upgrade"
SECURITY = "Security"
RULES = "Rules"


def load_arguments(loader: Any) -> None:
    """Register every argument with azure-cli."""
    _load_names(loader)
    with loader.argument_context("aigpu nodepool add") as c:
        for load in (_gpu_of_new, _rules, _rules_of_new, _scale, _scale_of_new, _scheduling, _spot):
            load(c)
        for load in (_node, _placement, _network, _network_of_new, _upgrade, _encryption, _security, _raw):
            load(c)
    with loader.argument_context("aigpu nodepool update") as c:
        for load in (_gpu, _rules, _scale, _scale_of_existing, _scheduling, _node_of_existing):
            load(c)
        for load in (_network, _upgrade, _security, _security_of_existing, _raw):
            load(c)
        c.extra("if_match", help="Change the pool only while its ETag is this one. Default: the ETag just read.")
    _load_delete_and_wait(loader)
    _load_sku(loader)


def _load_names(loader: Any) -> None:
    with loader.argument_context("aigpu nodepool") as c:
        c.argument("cluster_name", options_list=["--cluster-name"], help="Name of the AKS cluster.")
        c.argument(
            "nodepool_name",
            options_list=["--nodepool-name", "--name", "-n"],
            validator=converted("nodepool_name", forms.parse_pool_name),
            help="Name of the node pool: 1 to 12 lower-case letters and digits that start with a letter.",
        )


def _load_delete_and_wait(loader: Any) -> None:
    with loader.argument_context("aigpu nodepool delete") as c:
        c.argument("if_match", help="Delete the pool only while its ETag is this one.")
        c.argument(
            "ignore_pdb",
            options_list=["--ignore-pdb", "-i"],
            action="store_true",
            help="Delete the nodes even where a PodDisruptionBudget would have them wait.",
        )
    with loader.argument_context("aigpu nodepool wait", arg_group="Wait Condition") as c:
        c.argument("created", action="store_true", help="Wait until the pool is created: provisioned 'Succeeded'.")
        c.argument("updated", action="store_true", help="Wait until the pool is updated: provisioned 'Succeeded'.")
        c.argument("deleted", action="store_true", help="Wait until the pool is gone.")
        c.argument("exists", action="store_true", help="Wait until the pool is there, in whatever state.")
        for name, text in (
            ("interval", "Seconds between two looks."),
            ("timeout", "The most seconds to wait. A wait that runs out is an error."),
        ):
            check = converted(name, forms.parse_number, f"--{name}", 1)
            c.argument(name, type=int, validator=check, help=text)


def _load_sku(loader: Any) -> None:
    place = "Region to look at, for example eastus. Without it the catalogue alone is shown and Azure is not asked."
    with loader.argument_context("aigpu sku") as c:
        c.argument("location", required=False, help=place)
    with loader.argument_context("aigpu sku list") as c:
        _model(c.argument, "Show only sizes with this GPU model: a100 finds every A100, a100-80gb only that one.")
        _count(c.argument, "Show only sizes with this number of GPUs.")
        c.argument(
            "show_all",
            options_list=["--all"],
            action="store_true",
            help="Show every row of the catalogue: AMD GPUs, FPGAs, video cards and retired sizes too.",
        )
    with loader.argument_context("aigpu sku show") as c:
        c.argument(
            "size",
            options_list=["--size", "-s"],
            validator=converted("size", forms.parse_vm_size, "--size"),
            help="VM size, for example Standard_NC24ads_A100_v4.",
        )


def _gpu_of_new(c: Any) -> None:
    c.extra(
        "node_vm_size",
        options_list=["--node-vm-size", "-s"],
        arg_group=GPU,
        validator=converted("node_vm_size", forms.parse_vm_size),
        help="VM size of the nodes. There is no default: give it, or give --gpu-model and --gpu-count.",
    )
    _model(
        c.extra,
        "GPU model that the nodes are to have, by the ids of the catalogue: a100 takes any A100, a100-80gb only that "
        "one. With a size, the size must have it; without, the size is found by it.",
        arg_group=GPU,
    )
    _count(
        c.extra,
        "Number of GPUs that a node is to have. With a size, the size must have it; without, the size is found by it.",
        arg_group=GPU,
    )
    _gpu(c)
    c.extra(
        "gpu_instance_profile",
        get_enum_type(MIG_PROFILES),
        arg_group=GPU,
        help="Split each GPU into Multi-Instance GPU (MIG) slices of this profile.",
    )


def _model(register: Any, text: str, **settings: Any) -> None:
    register("gpu_model", validator=converted("gpu_model", forms.parse_model), help=text, **settings)


def _count(register: Any, text: str, **settings: Any) -> None:
    check = converted("gpu_count", forms.parse_number, "--gpu-count", 1)
    register("gpu_count", type=int, validator=check, help=text, **settings)


def _gpu(c: Any) -> None:
    c.extra(
        "gpu_driver",
        get_enum_type(("Install", "None")),
        arg_group=GPU,
        help="Whether AKS installs NVIDIA's driver. With None, something else must bring it, such as the GPU Operator.",
    )
    c.extra(
        "enable_managed_dranet",
        action="store_true",
        arg_group=GPU,
        help="Let AKS run DRANET, which hands network devices to pods by Dynamic Resource Allocation.",
    )


def _rules(c: Any) -> None:
    c.extra(
        "max_hourly_cost",
        arg_group=RULES,
        validator=converted("max_hourly_cost", forms.parse_cost),
        help="Refuse a pool that may cost more than this at its largest, in USD an hour.",
    )
    c.extra(
        "waive",
        nargs="+",
        action="extend",
        arg_group=RULES,
        validator=converted("waive", parse_waive),
        help="Rules not to hold, each as ID=reason. What they find becomes a warning; the reason is kept as a tag.",
    )
    c.extra(
        "strict",
        action="store_true",
        arg_group=RULES,
        help="Also stop where a rule could not judge and Azure itself would refuse the same thing later.",
    )
    c.extra("dry_run", action="store_true", arg_group=RULES, help="Judge, show plan and cost, and send nothing.")


def _rules_of_new(c: Any) -> None:
    c.extra(
        "replace_failed",
        action="store_true",
        arg_group=RULES,
        help="Delete a pool of this name first, when this tool made it and it is Failed with 0 nodes.",
    )
    c.extra(
        "try_zones",
        nargs="+",
        arg_group=RULES,
        help="Zones to try one after the other until one has room, for example 1 2 3. Not with --zones.",
    )
    c.extra(
        "try_sizes",
        nargs="+",
        arg_group=RULES,
        validator=validate_sizes,
        help="VM sizes to try after --node-vm-size when it has no room. Each is judged and priced like the first.",
    )


def _scale(c: Any) -> None:
    c.extra(
        "enable_cluster_autoscaler",
        options_list=["--enable-cluster-autoscaler", "-e"],
        action="store_true",
        arg_group=SCALE,
        help="Let the cluster autoscaler choose the number of nodes between --min-count and --max-count.",
    )
    _nodes(c, "min_count", ["--min-count"], "The least nodes that the autoscaler keeps, 0 to 1000.")
    _nodes(c, "max_count", ["--max-count"], "The most nodes that the autoscaler makes, 0 to 1000.")
    c.extra(
        "scale_down_mode",
        get_enum_type(("Delete", "Deallocate")),
        arg_group=SCALE,
        help="Whether a node that is not needed is deleted, or stopped and kept with its disk.",
    )


def _scale_of_new(c: Any) -> None:
    _nodes(
        c,
        "node_count",
        ["--node-count", "-c"],
        "Number of nodes, 0 to 1000. Alone it means a fixed size; without any count the pool scales from 0 to 5.",
    )


def _nodes(c: Any, name: str, options: list[str], text: str) -> None:
    check = converted(name, forms.parse_number, options[0], 0, forms.MOST_NODES)
    c.extra(name, options_list=options, type=int, arg_group=SCALE, validator=check, help=text)


def _scale_of_existing(c: Any) -> None:
    c.extra(
        "disable_cluster_autoscaler",
        options_list=["--disable-cluster-autoscaler", "-d"],
        action="store_true",
        arg_group=SCALE,
        help="Switch the autoscaler off; the nodes that are there stay.",
    )
    c.extra(
        "update_cluster_autoscaler",
        options_list=["--update-cluster-autoscaler", "-u"],
        action="store_true",
        arg_group=SCALE,
        validator=exclusive(*(f"{verb}_cluster_autoscaler" for verb in ("enable", "disable", "update"))),
        help="Change --min-count, --max-count or both; a bound that is left out stays.",
    )


def _scheduling(c: Any) -> None:
    c.extra(
        "labels",
        nargs="*",
        arg_group=SCHEDULING,
        validator=converted("labels", forms.parse_labels),
        help='Node labels of your own as key=value. The labels that make it a GPU pool are always there. "" for none.',
    )
    c.extra(
        "node_taints",
        arg_group=SCHEDULING,
        validator=converted("node_taints", forms.parse_taints),
        help='Taints of your own as key=value:Effect with commas between. The GPU taint is always there. "" for none.',
    )
    c.extra(
        "tags",
        tags_type,
        arg_group=SCHEDULING,
        validator=converted("tags", forms.parse_tags),
        help='Azure tags as key[=value] with blanks between. "" for none.',
    )
    c.extra(
        "mode",
        get_enum_type(("User",)),
        arg_group=SCHEDULING,
        help="User is the only mode: AKS refuses the GPU taint on system pools.",
    )


def _spot(c: Any) -> None:
    c.extra(
        "priority",
        get_enum_type(("Regular", "Spot")),
        arg_group=SCALE,
        validator=validate_spot,
        help="Spot nodes cost less, and Azure takes them back when it needs them.",
    )
    c.extra(
        "eviction_policy",
        get_enum_type(("Delete", "Deallocate")),
        arg_group=SCALE,
        help="What happens to a spot node that Azure takes back. Only with --priority Spot.",
    )
    c.extra(
        "spot_max_price",
        type=float,
        arg_group=SCALE,
        help="The most to pay for a spot node in USD an hour, at most 5 decimals; -1 for up to the price on demand.",
    )


def _node(c: Any) -> None:
    _os_sku(c, OS_SKUS + OLD_OS_SKUS)
    c.extra("os_type", get_enum_type(("Linux",)), arg_group=NODE, help="Linux is the only system for GPU pools here.")
    c.extra(
        "vm_set_type",
        get_enum_type(("VirtualMachineScaleSets",)),
        arg_group=NODE,
        help="A scale set is the only kind for GPU pools here: all its nodes have one size.",
    )
    c.extra(
        "kubernetes_version",
        options_list=["--kubernetes-version", "-k"],
        arg_group=NODE,
        validator=converted("kubernetes_version", forms.parse_kubernetes_version),
        help="Version of Kubernetes on the nodes, for example 1.34. Default: that of the control plane.",
    )
    c.extra(
        "node_osdisk_size",
        type=int,
        arg_group=NODE,
        validator=converted(
            "node_osdisk_size",
            forms.parse_number,
            "--node-osdisk-size",
            forms.LEAST_OS_DISK_GB,
            forms.MOST_OS_DISK_GB,
        ),
        help="Size of the OS disk in GB, 30 to 2048. Default: 256, as images for GPUs are large.",
    )
    c.extra(
        "node_osdisk_type",
        get_enum_type(("Managed", "Ephemeral")),
        arg_group=NODE,
        help="Kind of the OS disk. AKS takes Ephemeral where the size has room for it.",
    )
    c.extra(
        "max_pods",
        options_list=["--max-pods", "-m"],
        type=int,
        arg_group=NODE,
        validator=converted("max_pods", forms.parse_number, "--max-pods", 1),
        help="The most pods on a node.",
    )
    _files(c)
    c.extra(
        "workload_runtime",
        get_enum_type(("KataVmIsolation",)),
        arg_group=NODE,
        help="Runtime of the pods, where it is not the usual one.",
    )
    _streaming(c)


def _files(c: Any) -> None:
    for name, read, text in (
        ("kubelet_config", config_files.read_kubelet_config, "Path of a JSON file with settings of the kubelet."),
        ("linux_os_config", config_files.read_linux_os_config, "Path of a JSON file with settings of Linux."),
        ("message_of_the_day", config_files.read_message, "Path of a text file that is shown at login to a node."),
    ):
        c.extra(name, arg_group=NODE, validator=converted(name, read), help=text)


def _os_sku(c: Any, choices: tuple[str, ...]) -> None:
    c.extra("os_sku", get_enum_type(choices), arg_group=NODE, help="Linux distribution of the nodes.")


def _streaming(c: Any) -> None:
    c.extra(
        "enable_artifact_streaming",
        action="store_true",
        arg_group=NODE,
        help="Start containers while their image is still being read; the registry must have it switched on too.",
    )


def _node_of_existing(c: Any) -> None:
    _os_sku(c, OS_SKUS)
    _streaming(c)
    _switch_off(c, "artifact_streaming", NODE, "Wait for the whole image before a container starts.")


def _placement(c: Any) -> None:
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


def _network(c: Any) -> None:
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


def _network_of_new(c: Any) -> None:
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


def _upgrade(c: Any) -> None:
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


def _encryption(c: Any) -> None:
    c.extra(
        "enable_encryption_at_host",
        action="store_true",
        arg_group=SECURITY,
        help="Encrypt the nodes' disks and caches on the host too.",
    )
    c.extra("enable_ultra_ssd", action="store_true", arg_group=NODE, help="Let the nodes attach Ultra disks.")


def _security(c: Any) -> None:
    c.extra("enable_fips_image", action="store_true", arg_group=SECURITY, help="Use a node image with FIPS 140.")
    c.extra("enable_vtpm", action="store_true", arg_group=SECURITY, help="Give the nodes a virtual TPM.")
    c.extra(
        "enable_secure_boot",
        action="store_true",
        arg_group=SECURITY,
        help="Boot only signed code; a GPU driver must be signed too.",
    )


def _security_of_existing(c: Any) -> None:
    _switch_off(c, "fips_image", SECURITY, "Use a node image without FIPS 140.")
    _switch_off(c, "vtpm", SECURITY, "Take the virtual TPM away.")
    _switch_off(c, "secure_boot", SECURITY, "Boot code that is not signed too.")


def _switch_off(c: Any, switch: str, group: str, text: str) -> None:
    check = exclusive(f"enable_{switch}", f"disable_{switch}")
    c.extra(f"disable_{switch}", action="store_true", arg_group=group, validator=check, help=text)


def _raw(c: Any) -> None:
    c.extra(
        "aks_custom_headers",
        validator=converted("aks_custom_headers", forms.parse_headers),
        help="HTTP headers for AKS as Name=value with commas between, for features that have no option yet.",
    )
