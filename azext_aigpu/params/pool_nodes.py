"""Options of `nodepool add` and `update`: which nodes, how many, and what may run on them."""
# ruff: noqa: S610  azure-cli's extra(), not Django's

from __future__ import annotations

from typing import Any

from azure.cli.core.commands.parameters import get_enum_type, tags_type

from azext_aigpu import config_files, forms
from azext_aigpu._validators import converted, exclusive, validate_spot
from azext_aigpu.params import gpus, pool_operation
from azext_aigpu.params.option_groups import GPU, NODE, SCALE, SCHEDULING

OS_SKUS = ("Ubuntu", "Ubuntu2204", "Ubuntu2404", "AzureLinux", "AzureLinux3", "AzureContainerLinux")
OLD_OS_SKUS = ("CBLMariner", "Mariner")
MIG_PROFILES = ("MIG1g", "MIG2g", "MIG3g", "MIG4g", "MIG7g")


def gpu_of_new(c: Any) -> None:
    """Register the GPUs of a new pool."""
    c.extra(
        "node_vm_size",
        options_list=["--node-vm-size", "-s"],
        arg_group=GPU,
        validator=converted("node_vm_size", forms.parse_vm_size),
        help="VM size of the nodes. There is no default: give it, or give --gpu-model and --gpu-count.",
    )
    gpus.model(
        c.extra,
        "GPU model that the nodes are to have: a100 takes any A100, a100-80gb only that one. With a size, the size "
        "must have it; without, the size is found by it.",
        arg_group=GPU,
    )
    gpus.count(
        c.extra,
        "Number of GPUs that a node is to have. With a size, the size must have it; without, the size is found by it.",
        arg_group=GPU,
    )
    gpu(c)
    c.extra(
        "gpu_instance_profile",
        get_enum_type(MIG_PROFILES),
        arg_group=GPU,
        help="Split each GPU into Multi-Instance GPU (MIG) slices of this profile.",
    )


def gpu(c: Any) -> None:
    """Register what of the GPUs can be changed later too."""
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


def scale(c: Any) -> None:
    """Register the autoscaler's bounds."""
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


def scale_of_new(c: Any) -> None:
    """Register the number of nodes of a new pool."""
    _nodes(
        c,
        "node_count",
        ["--node-count", "-c"],
        "Number of nodes, 0 to 1000. Alone it means a fixed size; without any count the pool scales from 0 to 5.",
    )


def _nodes(c: Any, name: str, options: list[str], text: str) -> None:
    check = converted(name, forms.parse_number, options[0], 0, forms.MOST_NODES)
    c.extra(name, options_list=options, type=int, arg_group=SCALE, validator=check, help=text)


def scale_of_existing(c: Any) -> None:
    """Register how the autoscaler of an existing pool changes."""
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


def spot(c: Any) -> None:
    """Register spot nodes."""
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


def scheduling(c: Any) -> None:
    """Register labels, taints, tags and mode."""
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


def node(c: Any) -> None:
    """Register what runs on the nodes of a new pool."""
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


def node_of_existing(c: Any) -> None:
    """Register what runs on the nodes of an existing pool."""
    _os_sku(c, OS_SKUS)
    _streaming(c)
    pool_operation.switch_off(c, "artifact_streaming", NODE, "Wait for the whole image before a container starts.")
