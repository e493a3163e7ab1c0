"""The only list of reasons: stable names, what each means and what to do about it.

Rules and checks name a reason in each finding; the documentation is generated from this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Tuple

from aigpu_contract.agent_reasons import AGENT_REASONS
from aigpu_contract.check_reasons import CHECK_REASONS
from aigpu_contract.fleet_reasons import FLEET_REASONS
from aigpu_contract.job_reasons import JOB_REASONS


@dataclass(frozen=True)
class Reason:
    """A stable name in PascalCase, its meaning in one sentence and the usual next step."""

    name: str
    meaning: str
    next_step: str


_VERDICTS: Tuple[Reason, ...] = (
    Reason("Passed", "The rule or check looked and found nothing wrong.", "Nothing to do."),
    Reason(
        "ProofMissing",
        "A proof that is required was not looked at, so nothing can be said.",
        "Run the check again where the proof can be taken, or waive it with a reason.",
    ),
    Reason(
        "IntentMissing",
        "A GPU pool or node carries nothing that says what it is meant to be, so nothing can be compared with it.",
        "Declare the intent with the contract's labels, or make the pool with az aigpu nodepool add.",
    ),
    Reason(
        "ValueUnknown",
        "A value that a rule judges is known after apply only, is sensitive, or depends on what only Azure can tell.",
        "Give a value that the file shows, or look at the outcome with az aigpu nodepool check.",
    ),
    Reason(
        "PartUnreadable",
        "A part of a file, or a scope, may hold pools and could not be looked into.",
        "Put it into the file that is checked, get read access to it, or check it by itself.",
    ),
    Reason(
        "NamedPoolMissing",
        "A pool that was named as one that is meant to have GPUs is not there, so it was not looked at.",
        "Correct the name, or leave it out.",
    ),
    Reason(
        "PoolUnreadable",
        "A property of an existing pool is not in the API's form, so the pool could not be judged.",
        "Look at the pool with az aks nodepool show.",
    ),
    Reason(
        "PoolDrifted",
        "A pool that runs is not what its spec asks for: somebody changed the one or the other.",
        "See what would put it right with az aigpu nodepool plan -f FILE, or write what runs into the spec.",
    ),
    Reason(
        "PoolMissing",
        "A spec asks for a pool that the cluster has not got, or that is being deleted.",
        "See what would make it with az aigpu nodepool plan -f FILE, or take it out of the specs.",
    ),
)

_SIZE: Tuple[Reason, ...] = (
    Reason(
        "SizeMissing",
        "No VM size was named, and the GPU model and count that were named do not lead to one size.",
        "Name a size with --node-vm-size, or a GPU model and count that only one size has.",
    ),
    Reason(
        "SizeUnknown",
        "The size is in no list: not in the catalogue, not among the CPU families and not in Azure's answer.",
        "Correct the name; the message shows the nearest ones.",
    ),
    Reason(
        "SizeNotInCatalogue",
        "The catalogue does not know the size; it goes on because --gpu-model and --gpu-count say what it has.",
        "Compare with Azure's page about this size.",
    ),
    Reason(
        "SizeRefused",
        "The rule did not look, because another rule refuses the size.",
        "Correct the size first.",
    ),
    Reason("CpuSize", "The size has no GPU at all.", "Take one of the GPU sizes in the message."),
    Reason(
        "AmdGpu",
        "The size has an AMD GPU, on which CUDA does not run; AMD pools are outside of aigpu for now.",
        "Take an NVIDIA size, or build the ROCm pool with az aks nodepool add.",
    ),
    Reason("FpgaSize", "The size has an FPGA, which Azure counts among its GPUs.", "Take an NVIDIA size."),
    Reason("VideoSize", "The size has a video transcoding card and no GPU.", "Take an NVIDIA size."),
    Reason("NotCuda", "The size has an accelerator on which CUDA does not run.", "Take an NVIDIA size."),
    Reason("SizeRetired", "Azure has retired the size and makes no new node of it.", "Take a size that is offered."),
    Reason("SizeRetiring", "Azure will retire the size within 180 days.", "Plan the move to another size."),
    Reason(
        "PreviewSize",
        "The size is in preview: it may change or go, and comes without a service level.",
        "Go on if your subscription is registered for the preview.",
    ),
    Reason(
        "LifecycleUnknown",
        "No public page says whether the size is offered, in preview or retired.",
        "Ask your Azure contact; Azure refuses what it no longer offers.",
    ),
    Reason(
        "FractionalGpu",
        "A node of this size gets only a part of a physical GPU.",
        "Take a size with whole GPUs, or waive the rule with a reason.",
    ),
    Reason(
        "GpuShareUnknown",
        "Nobody documents whether the size has whole GPUs.",
        "Compare its GPU memory with the model's, then waive the rule with what you found.",
    ),
)

_INTENT: Tuple[Reason, ...] = (
    Reason("GpuCountInvalid", "The number of GPUs that was asked for is below 1.", "Ask for at least one."),
    Reason(
        "GpuCountMismatch",
        "The size has another number of GPUs than --gpu-count says.",
        "Change the size or the number, whichever is wrong.",
    ),
    Reason(
        "GpuCountUnknown",
        "Nobody documents how many GPUs the size has, and a missing one could not be noticed.",
        "Say it with --gpu-count.",
    ),
    Reason(
        "GpuCountDisagrees",
        "Azure's own GPU count of the size is not the catalogue's.",
        "Count with nvidia-smi on the first node.",
    ),
    Reason(
        "GpuModelMismatch",
        "The size has another GPU model than --gpu-model says.",
        "Change the size or the model, whichever is wrong.",
    ),
    Reason(
        "GpuModelUnknown",
        "--gpu-model names no NVIDIA GPU of the catalogue.",
        "Take one of the names in the message.",
    ),
    Reason(
        "GpuModelUndocumented",
        "Nobody documents which GPU the size has.",
        "Say it with --gpu-model.",
    ),
    Reason(
        "DriverLineUnknown",
        "Nobody documents that NVIDIA's driver extension for virtual machines has a driver for the size.",
        "Take another size, or an image that brings the driver.",
    ),
    Reason(
        "IntentUnverified",
        "The catalogue cannot confirm what --gpu-model or --gpu-count says; nodes are held to your word.",
        "Compare with nvidia-smi on the first node.",
    ),
    Reason(
        "IntentNeeded",
        "Azure offers the size with GPUs and the catalogue does not know it: somebody must say what it has.",
        "Add --gpu-model and --gpu-count.",
    ),
    Reason(
        "GpuNotConfirmed",
        "Azure names no GPU for a size that the catalogue does not know: a CPU size, or a very new GPU size.",
        "Take a size of the catalogue.",
    ),
    Reason(
        "ModelNotAllowed",
        "The local setting allowed_models does not allow this GPU model.",
        "Take an allowed model, or waive the rule with who agreed.",
    ),
)

_POOL: Tuple[Reason, ...] = (
    Reason(
        "DriverSkipped",
        "AKS would install the GPU driver, and --gpu-driver None tells it not to.",
        "Leave --gpu-driver out, or waive the rule with who installs the driver.",
    ),
    Reason(
        "DriverNotInstalled",
        "AKS installs no GPU driver on this size.",
        "Give --gpu-driver None and install the driver yourself, or take a size on AKS's list.",
    ),
    Reason(
        "DriverUnknown",
        "It is not documented whether AKS installs a GPU driver on this size.",
        "Bring your own with --gpu-driver None, or waive the rule with how you know.",
    ),
    Reason(
        "DriverIsYours",
        "Nodes come up without a GPU driver, as asked; CUDA finds no device until you have installed one.",
        "Install the driver before the first job.",
    ),
    Reason("WindowsPool", "Windows GPU pools are outside of aigpu for now.", "Leave --os-type out."),
    Reason("OsWithoutDriver", "AKS has no NVIDIA driver for this node image and size.", "Take Ubuntu."),
    Reason(
        "OsDriverUnknown",
        "It is not documented that AKS has an NVIDIA driver for this node image and size.",
        "Take Ubuntu.",
    ),
    Reason("OsDiskOutOfBounds", "AKS makes no OS disk of this size.", "Take 30 to 2048 GB."),
    Reason(
        "OsDiskTooLarge",
        "The ephemeral OS disk fits neither the cache nor the temporary disk nor the NVMe disk of the size.",
        "Take a smaller disk or a managed one.",
    ),
    Reason(
        "LocalStorageUnknown",
        "It is not known whether the size has room for the ephemeral OS disk.",
        "Take a smaller disk or a managed one.",
    ),
    Reason("MigProfileInvalid", "AKS has no MIG profile of this name.", "Take MIG1g, MIG2g, MIG3g, MIG4g or MIG7g."),
    Reason(
        "MigNotSupported",
        "The GPUs of this size cannot be partitioned by MIG.",
        "Take an A100, H100 or H200 size, or no profile.",
    ),
    Reason(
        "MigSupportUnknown",
        "It is not documented that AKS partitions the GPUs of this size by MIG.",
        "Take an A100, H100 or H200 size, or no profile.",
    ),
    Reason(
        "MigResourceUndeclared",
        "Nothing says which resource a MIG node is to offer, so a node that offers less would not be noticed.",
        "Give the labels aigpu.io/resource and aigpu.io/resource-count.",
    ),
    Reason("CountOutOfRange", "AKS makes no pool with this number of nodes.", "Take 0 to 1000 nodes."),
    Reason("BoundsMissing", "The autoscaler is on and a bound is missing.", "Give --min-count and --max-count."),
    Reason("BoundsReversed", "--min-count is above --max-count.", "Swap them."),
    Reason(
        "CountOutsideBounds",
        "--node-count is outside of --min-count and --max-count.",
        "Take a number between the bounds.",
    ),
    Reason(
        "BoundsWithoutAutoscaler",
        "Bounds are given and the autoscaler is off.",
        "Turn the autoscaler on, or leave the bounds out.",
    ),
    Reason("TagMissing", "A tag that the local settings require is missing or empty.", "Give it with --tags."),
    Reason(
        "CostCenterMissing",
        "No tag says who pays for the pool, and no list of required tags is configured.",
        "Give a tag cost-center, or configure required_tags.",
    ),
)

_CONTRACT: Tuple[Reason, ...] = (
    Reason("LabelInvalid", "A label's key or value is not in a form that can be used.", "Correct or remove it."),
    Reason("LabelReserved", "A label is in a namespace of Kubernetes or AKS.", "Take a domain of your own."),
    Reason("AgentLabelByHand", "A label that only the node agent writes was set on the pool.", "Remove it."),
    Reason(
        "ContractLabelContradicted",
        "A label says something else about the pool than what it is.",
        "Remove it: the pool gets the right one by itself.",
    ),
    Reason(
        "ContractLabelMissing",
        "Of the labels that say what the pool is meant to be, one is missing.",
        "Give it with the others.",
    ),
    Reason(
        "GpuLabelWithoutGpu",
        "Labels would send GPU jobs to a size on which CUDA does not run.",
        "Take the labels away.",
    ),
    Reason(
        "MinDriverDiffers",
        "The label with the least driver is not what the local setting says.",
        "Remove the label, or change the setting.",
    ),
    Reason(
        "ModeNotUser",
        "Only pools of mode User can carry the taint that holds other pods off the GPUs.",
        "Leave --mode out.",
    ),
    Reason(
        "ContractTaintContradicted",
        "A taint has the contract's key and another value or effect.",
        "Remove it, or change the setting taint.",
    ),
    Reason(
        "TaintMissing",
        "A GPU pool has no taint, so pods that need no GPU may take its nodes.",
        "Give it the taint sku=gpu:NoSchedule, or the one of your settings.",
    ),
    Reason("TaintTooWeak", "The contract's taint only prefers, it does not keep pods off.", "Take effect NoSchedule."),
    Reason(
        "AgentTaintByHand",
        "A taint that only the node agent may set was set on the pool, where nothing in the cluster can remove it.",
        "Remove it.",
    ),
    Reason("TaintReserved", "A taint is in a namespace of Kubernetes or AKS.", "Take a domain of your own."),
    Reason("TaintRepeated", "A taint's key and effect are given more than once.", "Keep one of them."),
    Reason("TaintKeyRepeated", "A taint's key is given with several effects.", "Keep one of them."),
)

_CLOUD: Tuple[Reason, ...] = (
    Reason("ClusterStopped", "The cluster is stopped.", "Start it with az aks start."),
    Reason("ClusterDeleting", "The cluster is being deleted.", "Take another cluster."),
    Reason("ClusterFailed", "The last operation on the cluster failed.", "Repair it with az aks update."),
    Reason(
        "ClusterBusy", "Another operation is running on the cluster.", "Wait for it; the command does so by itself."
    ),
    Reason("ClusterUnknown", "The cluster, or its state, could not be read.", "Look at it with az aks show."),
    Reason("PoolExists", "The cluster has a pool of this name.", "Take another name, or update that pool."),
    Reason(
        "PoolLeftFailed",
        "A failed pool of this tool with 0 nodes has the name, most often left by a lack of capacity.",
        "Give --replace-failed.",
    ),
    Reason("PoolsUnknown", "The cluster's pools could not be read.", "Look at them with az aks nodepool list."),
    Reason(
        "NodeAutoProvisioning",
        "The cluster provisions nodes by itself, and AKS then refuses pools with the autoscaler.",
        "Take a fixed --node-count.",
    ),
    Reason(
        "ManagedGpuPool",
        "AKS manages the pool's GPU software, and such a pool takes no autoscaler.",
        "Take a fixed --node-count.",
    ),
    Reason(
        "AutoscalerUnknown",
        "It could not be read whether the autoscaler is allowed.",
        "Get read access to the cluster and its pools.",
    ),
    Reason(
        "OfferUnknown",
        "The catalogue does not know the size, and Azure could not be asked.",
        "Get the permission Microsoft.Compute/skus/read, or take a size of the catalogue.",
    ),
    Reason("SizeNotInRegion", "Azure does not offer the size in the cluster's region.", "Take another size or region."),
    Reason(
        "SizeRestricted",
        "Azure offers the size in the region, but not to this subscription.",
        "Ask Azure support, or take another size, region or subscription.",
    ),
    Reason(
        "ZoneNotAvailable",
        "The size cannot be had in a zone that was asked for.",
        "Take the zones in the message, or none.",
    ),
    Reason("NoSpot", "The size does not come as spot in this region.", "Leave --priority Spot out."),
    Reason(
        "AvailabilityUnknown",
        "It could not be read whether the size can be had; Azure decides on the create.",
        "Get the permission Microsoft.Compute/skus/read.",
    ),
    Reason(
        "QuotaExceeded",
        "The first nodes and their surge do not fit the vCPU quota.",
        "Ask for more quota, or take fewer nodes, another size or another region.",
    ),
    Reason(
        "QuotaTooSmallForMost",
        "The pool can start, but the vCPU quota ends before its largest size.",
        "Ask for more quota, or lower --max-count.",
    ),
    Reason(
        "QuotaUnknown",
        "The vCPU quota could not be compared; Azure decides on the create.",
        "Get the permission Microsoft.Compute/locations/usages/read.",
    ),
    Reason(
        "CostOverLimit",
        "The pool at its largest costs more an hour than the limit.",
        "Take fewer nodes or a cheaper size, raise the limit, or waive the rule with who pays.",
    ),
    Reason(
        "PriceUnknown",
        "There is a cost limit, and no price to compare it with.",
        "Try again, leave the limit out, or waive the rule with what it will cost.",
    ),
    Reason(
        "DevicePluginNotNamed",
        "AKS installs no device plugin on the pool, so nothing will offer nvidia.com/gpu.",
        "Install NVIDIA's device plugin or the GPU Operator, with a toleration for the pool's taint.",
    ),
    Reason(
        "SurgeBeyondQuota",
        "At its largest the pool has no quota left for the surge nodes of an upgrade.",
        "Upgrade without surge nodes, or ask for more quota.",
    ),
    Reason("DrainTooShort", "An upgrade gives jobs little time to write a checkpoint.", "Raise --drain-timeout."),
    Reason(
        "AutomaticUpgrades",
        "AKS upgrades the nodes by itself, and drains them for it.",
        "Set a maintenance window in which no long job runs.",
    ),
    Reason(
        "UpgradeUnknown",
        "It could not be read what the next upgrade will do to running jobs.",
        "Look at the cluster's upgrade settings.",
    ),
)

_JOB: Tuple[Reason, ...] = (
    Reason(
        "SilentCPUFallback",
        "A running job computes on the CPU, and by the deadline none of its processes had a context on a GPU.",
        "Ask the framework in the job's image why it finds no GPU; take a longer deadline where the GPU comes late.",
    ),
    Reason(
        "GPUNotOpened",
        "By the deadline none of a running job's processes had a context on a GPU, and it hardly used the CPU either.",
        "See what the job waits for; take a longer deadline, or 0, where it may start late.",
    ),
    Reason(
        "PreflightNotInstalled",
        "The GPU is proven, but the program could not be put where the main container finds it.",
        "Mount one emptyDir in both containers, writable for the user of the init container.",
    ),
)

_AGENT: Tuple[Reason, ...] = tuple(Reason(*row) for row in AGENT_REASONS)
_CHECKS: Tuple[Reason, ...] = tuple(Reason(*row) for row in CHECK_REASONS)
_MANIFESTS: Tuple[Reason, ...] = tuple(Reason(*row) for row in JOB_REASONS)
_FLEET: Tuple[Reason, ...] = tuple(Reason(*row) for row in FLEET_REASONS)

_POOLS = _VERDICTS + _SIZE + _INTENT + _POOL + _CONTRACT + _CLOUD
_ALL: Tuple[Reason, ...] = _POOLS + _JOB + _CHECKS + _MANIFESTS + _FLEET + _AGENT

REASONS: Mapping[str, Reason] = {reason.name: reason for reason in _ALL}
