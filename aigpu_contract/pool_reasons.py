"""The reasons of rules on a pool's other fields and its contract: name, meaning in one sentence, usual next step."""

from __future__ import annotations

from typing import Tuple

Row = Tuple[str, str, str]

POOL_REASONS: Tuple[Row, ...] = (
    (
        "DriverSkipped",
        "AKS would install the GPU driver, and --gpu-driver None tells it not to.",
        "Leave --gpu-driver out, or waive the rule with who installs the driver.",
    ),
    (
        "DriverNotInstalled",
        "AKS installs no GPU driver on this size.",
        "Give --gpu-driver None and install the driver yourself, or take a size on AKS's list.",
    ),
    (
        "DriverUnknown",
        "It is not documented whether AKS installs a GPU driver on this size.",
        "Bring your own with --gpu-driver None, or waive the rule with how you know.",
    ),
    (
        "DriverIsYours",
        "Nodes come up without a GPU driver, as asked; CUDA finds no device until you have installed one.",
        "Install the driver before the first job.",
    ),
    (
        "WindowsPool",
        "Windows GPU pools are outside of aigpu for now.",
        "Leave --os-type out.",
    ),
    (
        "OsWithoutDriver",
        "AKS has no NVIDIA driver for this node image and size.",
        "Take Ubuntu.",
    ),
    (
        "OsDriverUnknown",
        "It is not documented that AKS has an NVIDIA driver for this node image and size.",
        "Take Ubuntu.",
    ),
    (
        "OsDiskOutOfBounds",
        "AKS makes no OS disk of this size.",
        "Take 30 to 2048 GB.",
    ),
    (
        "OsDiskTooLarge",
        "The ephemeral OS disk fits neither the cache nor the temporary disk nor the NVMe disk of the size.",
        "Take a smaller disk or a managed one.",
    ),
    (
        "LocalStorageUnknown",
        "It is not known whether the size has room for the ephemeral OS disk.",
        "Take a smaller disk or a managed one.",
    ),
    (
        "MigProfileInvalid",
        "AKS has no MIG profile of this name.",
        "Take MIG1g, MIG2g, MIG3g, MIG4g or MIG7g.",
    ),
    (
        "MigNotSupported",
        "The GPUs of this size cannot be partitioned by MIG.",
        "Take an A100, H100 or H200 size, or no profile.",
    ),
    (
        "MigSupportUnknown",
        "It is not documented that AKS partitions the GPUs of this size by MIG.",
        "Take an A100, H100 or H200 size, or no profile.",
    ),
    (
        "MigResourceUndeclared",
        "Nothing says which resource a MIG node is to offer, so its nodes stay Unknown.",
        "Give the labels aigpu.io/resource and aigpu.io/resource-count.",
    ),
    (
        "CountOutOfRange",
        "AKS makes no pool with this number of nodes.",
        "Take 0 to 1000 nodes.",
    ),
    (
        "BoundsMissing",
        "The autoscaler is on and a bound is missing.",
        "Give --min-count and --max-count.",
    ),
    (
        "BoundsReversed",
        "--min-count is above --max-count.",
        "Swap them.",
    ),
    (
        "CountOutsideBounds",
        "--node-count is outside of --min-count and --max-count.",
        "Take a number between the bounds.",
    ),
    (
        "BoundsWithoutAutoscaler",
        "Bounds are given and the autoscaler is off.",
        "Turn the autoscaler on, or leave the bounds out.",
    ),
    (
        "TagMissing",
        "A tag that the local settings require is missing or empty.",
        "Give it with --tags.",
    ),
    (
        "CostCenterMissing",
        "No tag says who pays for the pool, and no list of required tags is configured.",
        "Give a tag cost-center, or configure required_tags.",
    ),
    (
        "LabelInvalid",
        "A label's key or value is not in a form that can be used.",
        "Correct or remove it.",
    ),
    (
        "LabelReserved",
        "A label is in a namespace of Kubernetes or AKS.",
        "Take a domain of your own.",
    ),
    (
        "AgentLabelByHand",
        "A label that only the node agent writes was set on the pool.",
        "Remove it.",
    ),
    (
        "ContractLabelContradicted",
        "A label says something else about the pool than what it is.",
        "Remove it: the pool gets the right one by itself.",
    ),
    (
        "ContractLabelMissing",
        "Of the labels that say what the pool is meant to be, one is missing.",
        "Give it with the others.",
    ),
    (
        "GpuLabelWithoutGpu",
        "Labels would send GPU jobs to a size on which CUDA does not run.",
        "Take the labels away.",
    ),
    (
        "MinDriverDiffers",
        "The label with the least driver is not what the local setting says.",
        "Remove the label, or change the setting.",
    ),
    (
        "ModeNotUser",
        "Only pools of mode User can carry the taint that holds other pods off the GPUs.",
        "Leave --mode out.",
    ),
    (
        "ContractTaintContradicted",
        "A taint has the contract's key and another value or effect.",
        "Remove it, or change the setting taint.",
    ),
    (
        "TaintMissing",
        "A GPU pool has no taint, so pods that need no GPU may take its nodes.",
        "Give it the taint sku=gpu:NoSchedule, or the one of your settings.",
    ),
    (
        "TaintTooWeak",
        "The contract's taint only prefers, it does not keep pods off.",
        "Take effect NoSchedule.",
    ),
    (
        "AgentTaintByHand",
        "A taint that only the node agent may set was set on the pool, where nothing in the cluster can remove it.",
        "Remove it.",
    ),
    (
        "TaintReserved",
        "A taint is in a namespace of Kubernetes or AKS.",
        "Take a domain of your own.",
    ),
    (
        "TaintRepeated",
        "A taint's key and effect are given more than once.",
        "Keep one of them.",
    ),
    (
        "TaintKeyRepeated",
        "A taint's key is given with several effects.",
        "Keep one of them.",
    ),
)
