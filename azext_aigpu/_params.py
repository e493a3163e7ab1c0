"""The arguments of every command. Names, short forms and types are those of `az aks nodepool`; the rest is ours.

Most arguments of `add` and `update` are registered as extra ones: a handler takes them as keywords, and no function
has sixty parameters. azure-cli leaves out a parameter named `kwargs` when it reads a handler's signature.
"""
# ruff: noqa: S610  azure-cli's extra(), not Django's

from __future__ import annotations

from typing import Any

from azure.cli.core.commands.parameters import get_enum_type, tags_type, zones_type

from azext_aigpu import config_files, forms, machine_forms
from azext_aigpu._validators import (
    converted,
    exclusive,
    parse_waive,
    validate_group_ids,
    validate_place,
    validate_regions,
    validate_scope,
    validate_sizes,
    validate_spot,
    validate_zones,
)
from azext_aigpu.cluster.jobs import forms as job_forms
from azext_aigpu.cluster.manifests import forms as agent_forms
from azext_aigpu.cluster.manifests.settings import BASE, CONDITION, MODES, MONITORINGS, PROFILES, PROMETHEUS_OPERATOR
from azext_aigpu.export.formats import ADOPTIONS, EXPORTS
from azext_aigpu.pipeline import DOCUMENTS as PIPELINES
from azext_aigpu.policy import definitions as policy_definitions
from azext_aigpu.policy import forms as policy_forms

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
DOCUMENT = "Document"
SCOPE = "Scope"
KUBERNETES = "Kubernetes"


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
    _load_checks(loader)
    _load_plan(loader)
    _load_documents(loader)
    _load_sku(loader)
    _load_job(loader)
    _load_nodes(loader)
    _load_agent(loader)
    _load_policy(loader)
    _load_vm(loader)


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


def _load_checks(loader: Any) -> None:
    with loader.argument_context("aigpu check") as c:
        for name, option, text in (
            ("tfplan", "--tfplan", "Terraform plans, each as written by terraform show -json."),
            ("template", "--template", "ARM templates, each as written by az bicep build."),
            ("template_parameters", "--template-parameters", "Parameter files of the templates; later ones win."),
            ("what_if", "--what-if", "Results of az deployment ... what-if --no-pretty-print -o json."),
        ):
            c.argument(name, options_list=[option], nargs="+", action="extend", arg_group=DOCUMENT, help=text)
        c.argument("location", required=False, help="Region of whatever does not tell its own, for example eastus.")
        c.argument(
            "online",
            action="store_true",
            arg_group=RULES,
            help="Also ask Azure for availability, quota and price; needs a login, and a region in the file or here.",
        )
        _cost(c.argument)
        _checked(c)
    with loader.argument_context("aigpu nodepool check") as c:
        c.argument("resource_group_name", required=False, help="Name of the resource group of the cluster.")
        c.argument("cluster_name", required=False, help="Name of the AKS cluster. Default: every cluster there is.")
        c.argument(
            "all_subscriptions",
            action="store_true",
            arg_group=SCOPE,
            help="Look at every subscription that az account list shows.",
        )
        c.argument("management_group", arg_group=SCOPE, help="Look at every subscription of this management group.")
        c.argument(
            "spec",
            options_list=["--spec", "-f"],
            nargs="+",
            action="extend",
            help="Spec files that the pools are held against; - for standard input. Without a cluster, every cluster "
            "that they name is looked at.",
        )
        _overlay(c)
        _checked(c)


def _overlay(c: Any) -> None:
    c.argument(
        "overlay",
        nargs="+",
        action="extend",
        help="Files with what differs by environment, laid over the specs of the same pool name; later ones win.",
    )


def _checked(c: Any) -> None:
    c.argument(
        "gpu_pools",
        nargs="+",
        action="extend",
        arg_group=RULES,
        validator=converted("gpu_pools", forms.parse_pool_names),
        help="Names or addresses of pools and machines that are meant to have GPUs, with blanks or commas between.",
    )
    _waive(c.argument, "Rules not to hold, each as ID=reason. What they find becomes a warning.")
    _strict(c.argument)
    c.argument("sarif", help="File to write the findings to as SARIF 2.1.0, which code hosts show in pull requests.")


def _load_plan(loader: Any) -> None:
    with loader.argument_context("aigpu nodepool plan") as c:
        c.argument(
            "file",
            options_list=["--file", "-f"],
            nargs="+",
            action="extend",
            help="Spec files, each with any number of pools: YAML documents of kind GpuNodePool; - for standard input.",
        )
        _overlay(c)
        c.argument("plan_file", help="File to write the plan to, for apply.")
        c.argument("exit_code", action="store_true", help="End with 4 where something would change, with 0 where not.")
        c.argument(
            "replace_failed",
            action="store_true",
            help="Plan to delete a pool first that an earlier try left Failed with 0 nodes, and to make it again.",
        )
        _cost(c.argument)
        _strict(c.argument)
    with loader.argument_context("aigpu nodepool apply") as c:
        c.argument("plan_file", help="Plan to carry out, as written by az aigpu nodepool plan --plan-file.")
        c.argument(
            "digest",
            validator=converted("digest", forms.parse_digest),
            help="Digest of the plan that was approved. A plan with another one is refused.",
        )
        c.argument(
            "yes",
            options_list=["--yes", "-y"],
            action="store_true",
            help="Do not ask before nodes that run are taken away.",
        )
        _strict(c.argument)


def _load_documents(loader: Any) -> None:
    file = "File to write instead of standard output."
    with loader.argument_context("aigpu nodepool export") as c:
        c.argument("format", get_enum_type(tuple(EXPORTS)), help="Form of the document. Default: spec.")
        c.argument("file", options_list=["--file", "-f"], help=file)
        place = "Region for a clone: what belongs to the old region is left out, and room is looked for there."
        c.argument("location", required=False, help=place)
        _model(c.argument, "GPU model that the nodes are meant to have, where the pool does not say.", arg_group=GPU)
        _count(c.argument, "Number of GPUs that a node is meant to have, where the pool does not say.", arg_group=GPU)
    with loader.argument_context("aigpu nodepool adopt") as c:
        _model(c.argument, "GPU model that the nodes are meant to have.", arg_group=GPU)
        _count(c.argument, "Number of GPUs that a node is meant to have.", arg_group=GPU)
        check = converted("expect_size", forms.parse_vm_size, "--expect-size")
        c.argument("expect_size", validator=check, arg_group=GPU, help="VM size that the pool is meant to have.")
        c.argument("format", get_enum_type(ADOPTIONS), help="The ConfigMap (default), or lines for the pool's source.")
        c.argument("apply", action="store_true", help="Apply the ConfigMap to the cluster, too, and read it back.")
        _kubernetes(c)
        _via(c)
    with loader.argument_context("aigpu pipeline show") as c:
        c.argument("format", get_enum_type(tuple(PIPELINES)), help="Which document: the script, or what runs it where.")
        c.argument("file", options_list=["--file", "-f"], help=file)


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
    with loader.argument_context("aigpu sku find") as c:
        _model(c.argument, "GPU model to look for: h100 finds every H100, h100-80gb only that one.", required=True)
        _count(c.argument, "Number of GPUs that one node is to have. Default: any number.")
        c.argument(
            "location",
            nargs="+",
            required=False,
            validator=validate_regions,
            help="Regions to look at, with blanks between. Default: every region of the subscription.",
        )
        c.argument("spot", action="store_true", help="Look for spot capacity: its price, and the quota of spot nodes.")
        c.argument("refresh", action="store_true", help="Read every region again, whatever is kept.")
    with loader.argument_context("aigpu sku show") as c:
        c.argument(
            "size",
            options_list=["--size", "-s"],
            validator=converted("size", forms.parse_vm_size, "--size"),
            help="VM size, for example Standard_NC24ads_A100_v4.",
        )


def _load_policy(loader: Any) -> None:
    with loader.argument_context("aigpu policy show") as c:
        c.argument(
            "name",
            get_enum_type(policy_definitions.NAMES),
            options_list=["--name", "-n"],
            help="Show only this definition.",
        )
    for verb in ("create", "list", "delete"):
        with loader.argument_context(f"aigpu policy {verb}") as c:
            c.argument("resource_group_name", required=False, arg_group=SCOPE, validator=validate_scope)
            c.argument(
                "management_group",
                arg_group=SCOPE,
                validator=converted("management_group", policy_forms.parse_management_group),
                help="Management group to act on. Default: the subscription in use.",
            )
    with loader.argument_context("aigpu policy create") as c:
        _policy(c)


def _policy(c: Any) -> None:
    c.argument(
        "effect",
        get_enum_type(policy_definitions.EFFECTS),
        help="What happens to a request that does not fit: it is reported, refused, or nothing.",
    )
    for name, parse, text in (
        (
            "allowed_sizes",
            policy_forms.parse_sizes,
            "GPU sizes that may be used. Default: those of --allowed-models, or every size that CUDA runs on.",
        ),
        (
            "required_tags",
            policy_forms.parse_tag_names,
            "Tags that GPU machines must carry. Default: the setting aigpu.required_tags.",
        ),
        (
            "gpu_pool_names",
            policy_forms.parse_pool_patterns,
            "Names of node pools that must have a GPU size, each with at most one star. Default: none.",
        ),
    ):
        c.argument(name, nargs="+", validator=converted(name, parse), help=text)
    c.argument(
        "allowed_models",
        nargs="+",
        validator=converted("allowed_models", lambda texts: tuple(forms.parse_model(text) for text in texts)),
        help="GPU models whose sizes may be used. Default: the setting aigpu.allowed_models.",
    )
    c.argument("dry_run", action="store_true", help="Show what would be written, and write nothing.")
    c.argument("yes", options_list=["--yes", "-y"], action="store_true", help="Do not ask before a Deny.")


def _load_vm(loader: Any) -> None:
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
        _rules(c)
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
    _model(c.extra, "GPU model that the machine is to have, by the ids of the catalogue.", arg_group=GPU)
    _count(c.extra, "Number of GPUs that the machine is to have.", arg_group=GPU)
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


def _load_job(loader: Any) -> None:
    with loader.argument_context("aigpu job") as c:
        c.argument(
            "file",
            options_list=["--file", "-f"],
            help="Manifest to read: YAML or JSON, any number of documents; - for standard input.",
        )
    with loader.argument_context("aigpu job check") as c:
        c.argument(
            "gpu_pools",
            validator=converted("gpu_pools", job_forms.parse_pools),
            help="Names of the cluster's GPU node pools with commas between. Without it, a pod that selects a pool by "
            "its name and asks for no GPU is UNKNOWN.",
        )
    with loader.argument_context("aigpu job inject") as c:
        _guard(c)


def _load_nodes(loader: Any) -> None:
    for command in ("aigpu node", "aigpu scan"):
        with loader.argument_context(command) as c:
            _kubernetes(c)
            _azure_name(c)
    pools = converted("gpu_pools", job_forms.parse_pools)
    with loader.argument_context("aigpu node") as c:
        c.argument(
            "check",
            action="store_true",
            help="End with exit code 4 unless every GPU node is True, and with 5 where that could not be judged.",
        )
    with loader.argument_context("aigpu node show") as c:
        c.argument("node_name", options_list=["--node-name", "--name", "-n"], help="Name of the node in Kubernetes.")
    with loader.argument_context("aigpu node list") as c:
        c.argument(
            "gpu_pools",
            validator=pools,
            help="Names of node pools with commas between whose nodes are meant to have GPUs, whatever their labels.",
        )
        c.argument(
            "show_all",
            options_list=["--all"],
            action="store_true",
            help="Show the nodes too that are not meant to have GPUs and have none; they get no verdict.",
        )
    with loader.argument_context("aigpu scan") as c:
        c.argument(
            "gpu_pools",
            validator=pools,
            help="Names of node pools with commas between that are meant to have GPUs, whatever their labels.",
        )


def _kubernetes(c: Any) -> None:
    c.argument(
        "kubeconfig",
        arg_group=KUBERNETES,
        help="Kubeconfig of the cluster. Default: what kubectl takes, KUBECONFIG or ~/.kube/config.",
    )
    c.argument("context", arg_group=KUBERNETES, help="Context of the kubeconfig. Default: its current one.")


def _load_agent(loader: Any) -> None:
    for verb in ("install", "status", "uninstall"):
        with loader.argument_context(f"aigpu agent {verb}") as c:
            _kubernetes(c)
            _azure_place(c)
    for verb in ("show", "install"):
        with loader.argument_context(f"aigpu agent {verb}") as c:
            _agent(c)
            _admission(c)
    with loader.argument_context("aigpu agent show") as c:
        c.argument("format", get_enum_type(("yaml", "json")), help="Form of the document. Default: yaml.")
        c.argument("file", options_list=["--file", "-f"], help="File to write instead of standard output.")
    with loader.argument_context("aigpu agent install") as c:
        c.argument(
            "force_conflicts",
            action="store_true",
            help="Take over fields that another tool has set on the same objects.",
        )


def _azure_place(c: Any) -> None:
    _azure_name(c)
    _via(c)


def _via(c: Any) -> None:
    c.argument(
        "via",
        get_enum_type(("command-invoke",)),
        arg_group=KUBERNETES,
        help="How to reach a private cluster: have AKS run kubectl in it, as az aks command invoke does.",
    )


def _azure_name(c: Any) -> None:
    c.argument("resource_group_name", required=False, arg_group=KUBERNETES, validator=validate_place)
    c.argument(
        "cluster_name",
        options_list=["--cluster-name"],
        arg_group=KUBERNETES,
        help="Name of the AKS cluster, with --resource-group instead of a kubeconfig: your own credentials for it are "
        "asked for, kept for the time of the command, and never those of administrators.",
    )


def _agent(c: Any) -> None:
    c.extra(
        "image",
        validator=converted("image", agent_forms.parse_image),
        help="Image of the agent, in your own registry. Default: the setting aigpu.agent_image; there is no other.",
    )
    c.extra(
        "profile",
        get_enum_type(PROFILES),
        default=BASE,
        help="Profile watch adds the pod watchdog, which needs hostPID and the right to list pods.",
    )
    c.extra(
        "mode",
        get_enum_type(MODES),
        default=CONDITION,
        help="What the agent writes: nothing (observe), its node condition, or taints too.",
    )
    c.extra(
        "gpu_pools",
        validator=converted("gpu_pools", job_forms.parse_pools),
        help="Names of GPU node pools with commas between that carry no label of ours. Default: with --cluster-name "
        "the pools that Azure knows to be GPU pools.",
    )
    c.extra(
        "taint",
        validator=converted("taint", agent_forms.parse_taint),
        help="Taint of the GPU pools. Default: the setting aigpu.taint, sku=gpu:NoSchedule.",
    )
    c.extra(
        "tolerate",
        nargs="+",
        default=(),
        validator=converted("tolerate", agent_forms.parse_taint_keys),
        help="Keys of further taints that GPU pools carry, with blanks between.",
    )
    c.extra(
        "with_device_plugin",
        action="store_true",
        help="Also NVIDIA's device plugin, for a cluster that has none. It tolerates the agent's taints.",
    )
    c.extra(
        "with_monitoring",
        get_enum_type(MONITORINGS),
        nargs="?",
        const=PROMETHEUS_OPERATOR,
        help="Also a PodMonitor, alerts and a Grafana dashboard. Azure Monitor takes no alerts from a cluster. Without "
        f"a value: {PROMETHEUS_OPERATOR}.",
    )


def _admission(c: Any) -> None:
    c.extra(
        "enforce",
        action="store_true",
        help="Refuse pods that target a GPU pool and ask for no GPU. Without it the API server warns and audits.",
    )
    c.extra(
        "exempt_namespaces",
        nargs="+",
        default=(),
        validator=converted("exempt_namespaces", agent_forms.parse_namespaces),
        help="Namespaces that are not judged, with blanks between, besides those of the system and the GPU operators.",
    )


def _guard(c: Any) -> None:
    c.argument(
        "gpus",
        type=int,
        validator=converted("gpus", forms.parse_number, "--gpus", 1),
        help="GPUs of the main container. Default: the limit that the manifest has.",
    )
    for name, parse, text in (
        ("image", job_forms.parse_image, "Image with aigpu-preflight. Default: the setting aigpu.agent_image."),
        (
            "gpu_deadline",
            job_forms.parse_deadline,
            "How long the job may take to open the GPU, for example 45m; 0 for no watch. Default: 30 minutes.",
        ),
        ("container", job_forms.parse_container, "Container that computes, where several might."),
    ):
        c.argument(name, validator=converted(name, parse), help=text)
    c.argument(
        "on_fallback",
        get_enum_type(("stop", "warn")),
        help="What happens to a job that computes on the CPU instead. Default: stop for jobs, warn for a bare Pod.",
    )
    c.argument(
        "program_ends_with_78",
        action="store_true",
        help="The program itself may end with exit code 78, so that code of its container must not end the Job.",
    )
    c.argument("output_file", help="File to write instead of standard output; may be the one that is read.")
    c.argument(
        "diff",
        action="store_true",
        validator=exclusive("diff", "output_file"),
        help="Print the difference instead of the manifest; patch takes it.",
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


def _cost(register: Any) -> None:
    register(
        "max_hourly_cost",
        arg_group=RULES,
        validator=converted("max_hourly_cost", forms.parse_cost),
        help="Refuse a pool that may cost more than this at its largest, in USD an hour.",
    )


def _waive(register: Any, text: str) -> None:
    check = converted("waive", parse_waive)
    register("waive", nargs="+", action="extend", arg_group=RULES, validator=check, help=text)


def _strict(register: Any) -> None:
    register(
        "strict",
        action="store_true",
        arg_group=RULES,
        help="Also stop where a rule could not judge and Azure itself would refuse the same thing later.",
    )


def _rules(c: Any) -> None:
    _cost(c.extra)
    _waive(
        c.extra,
        "Rules not to hold, each as ID=reason. What they find becomes a warning; the reason is kept as a tag.",
    )
    _strict(c.extra)
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
