"""Arguments of `az aigpu vm`."""
# ruff: noqa: S610  azure-cli's extra(), not Django's

from __future__ import annotations

from typing import Any

from azure.cli.core.commands.parameters import get_enum_type, tags_type

from azext_aigpu import forms
from azext_aigpu._validators import converted, validate_spot
from azext_aigpu.machine import forms as machine_forms
from azext_aigpu.params import gpus, judging
from azext_aigpu.params.option_groups import GPU, NETWORK, NODE, PLACEMENT, SCALE


def load_arguments(loader: Any) -> None:
    """Register the arguments of the group."""
    with loader.argument_context("aigpu vm create") as c:
        c.argument(
            "vm_name",
            options_list=["--name", "-n"],
            validator=converted("vm_name", machine_forms.parse_machine_name),
            help="Name of the virtual machine, and of its host.",
        )
        c.argument(
            "ssh_key",
            options_list=["--ssh-key-values"],
            validator=converted("ssh_key", machine_forms.read_ssh_key),
            help="Public SSH key, RSA or Ed25519, or the file that holds it. There is no password.",
        )
        _machine_size(c)
        _machine_place(c)
        judging.rules(c)
        c.extra(
            "tags",
            tags_type,
            validator=converted("tags", forms.parse_tags),
            help="Azure tags as key[=value] with blanks between, on everything that is made.",
        )


def _machine_size(c: Any) -> None:
    c.extra(
        "node_vm_size",
        options_list=["--size", "--node-vm-size", "-s"],
        arg_group=GPU,
        validator=converted("node_vm_size", forms.parse_vm_size),
        help="VM size. There is no default: give it, or give --gpu-model and --gpu-count.",
    )
    gpus.model(
        c.extra,
        "GPU model that the machine is to have: a100 takes any A100, a100-80gb only that one.",
        arg_group=GPU,
    )
    gpus.count(c.extra, "Number of GPUs that the machine is to have.", arg_group=GPU)
    c.extra(
        "driver_version",
        arg_group=GPU,
        help="Version that NVIDIA's extension is to install. Default: the one that it chooses for the size.",
    )
    c.extra(
        "priority",
        get_enum_type(("Regular", "Spot")),
        arg_group=SCALE,
        validator=validate_spot,
        help="A spot machine costs less, and Azure takes it back when it needs it.",
    )
    c.extra(
        "spot_max_price",
        type=float,
        arg_group=SCALE,
        help="The most to pay for a spot machine in USD an hour; -1 for up to the price on demand.",
    )


def _machine_place(c: Any) -> None:
    c.extra(
        "location",
        options_list=["--location", "-l"],
        arg_group=PLACEMENT,
        help="Region, for example eastus. Default: that of the resource group.",
    )
    c.extra(
        "zone",
        get_enum_type(("1", "2", "3")),
        options_list=["--zone", "-z"],
        arg_group=PLACEMENT,
        help="Availability zone. Default: none.",
    )
    subnet = converted("subnet_id", forms.parse_resource_id, "--subnet-id", "Microsoft.Network/virtualNetworks/subnets")
    c.extra(
        "subnet_id",
        arg_group=NETWORK,
        validator=subnet,
        help="Subnet to join, by its resource id. It needs a way out: the driver comes from the internet. Default: a "
        "network of its own.",
    )
    c.extra(
        "ssh_source",
        arg_group=NETWORK,
        validator=converted("ssh_source", machine_forms.parse_source),
        help="Give the machine a public IP, and open SSH to this address or range alone. Without it there is none.",
    )
    c.extra(
        "admin",
        options_list=["--admin-username"],
        arg_group=NODE,
        validator=converted("admin", machine_forms.parse_admin),
        help="Name of the first user. Default: azureuser.",
    )
    disk = (machine_forms.LEAST_DISK_GB, machine_forms.MOST_DISK_GB)
    c.extra(
        "disk_gb",
        type=int,
        options_list=["--os-disk-size-gb"],
        arg_group=NODE,
        validator=converted("disk_gb", forms.parse_number, "--os-disk-size-gb", *disk),
        help="Size of the Premium OS disk in GB, 64 to 4095. Default: 256.",
    )
