"""The reasons of rules that ask Azure: name, meaning in one sentence, usual next step."""

from __future__ import annotations

from typing import Tuple

Row = Tuple[str, str, str]

CLOUD_REASONS: Tuple[Row, ...] = (
    (
        "ClusterStopped",
        "The cluster is stopped.",
        "Start it with az aks start.",
    ),
    (
        "ClusterDeleting",
        "The cluster is being deleted.",
        "Take another cluster.",
    ),
    (
        "ClusterFailed",
        "The last operation on the cluster failed.",
        "Repair it with az aks update.",
    ),
    (
        "ClusterBusy",
        "Another operation is running on the cluster.",
        "Wait for it; the command does so by itself.",
    ),
    (
        "ClusterUnknown",
        "The cluster, or its state, could not be read.",
        "Look at it with az aks show.",
    ),
    (
        "PoolExists",
        "The cluster has a pool of this name.",
        "Take another name, or update that pool.",
    ),
    (
        "PoolLeftFailed",
        "A failed pool of this tool with 0 nodes has the name, most often left by a lack of capacity.",
        "Give --replace-failed.",
    ),
    (
        "PoolsUnknown",
        "The cluster's pools could not be read.",
        "Look at them with az aks nodepool list.",
    ),
    (
        "NodeAutoProvisioning",
        "The cluster provisions nodes by itself, and AKS then refuses pools with the autoscaler.",
        "Take a fixed --node-count.",
    ),
    (
        "ManagedGpuPool",
        "AKS manages the pool's GPU software, and such a pool takes no autoscaler.",
        "Take a fixed --node-count.",
    ),
    (
        "AutoscalerUnknown",
        "It could not be read whether the autoscaler is allowed.",
        "Get read access to the cluster and its pools.",
    ),
    (
        "OfferUnknown",
        "The catalogue does not know the size, and Azure could not be asked.",
        "Get the permission Microsoft.Compute/skus/read, or take a size of the catalogue.",
    ),
    (
        "SizeNotInRegion",
        "Azure does not offer the size in the cluster's region.",
        "Take another size or region.",
    ),
    (
        "SizeRestricted",
        "Azure offers the size in the region, but not to this subscription.",
        "Ask Azure support, or take another size, region or subscription.",
    ),
    (
        "ZoneNotAvailable",
        "The size cannot be had in a zone that was asked for.",
        "Take the zones in the message, or none.",
    ),
    (
        "NoSpot",
        "The size does not come as spot in this region.",
        "Leave --priority Spot out.",
    ),
    (
        "AvailabilityUnknown",
        "It could not be read whether the size can be had; Azure decides on the create.",
        "Get the permission Microsoft.Compute/skus/read.",
    ),
    (
        "QuotaExceeded",
        "The first nodes and their surge do not fit the vCPU quota.",
        "Ask for more quota, or take fewer nodes, another size or another region.",
    ),
    (
        "QuotaTooSmallForMost",
        "The pool can start, but the vCPU quota ends before its largest size.",
        "Ask for more quota, or lower --max-count.",
    ),
    (
        "QuotaUnknown",
        "The vCPU quota could not be compared; Azure decides on the create.",
        "Get the permission Microsoft.Compute/locations/usages/read.",
    ),
    (
        "CostOverLimit",
        "The pool at its largest costs more an hour than the limit.",
        "Take fewer nodes or a cheaper size, raise the limit, or waive the rule with who pays.",
    ),
    (
        "PriceUnknown",
        "There is a cost limit, and no price to compare it with.",
        "Try again, leave the limit out, or waive the rule with what it will cost.",
    ),
    (
        "DevicePluginNotNamed",
        "AKS installs no device plugin on the pool, so nothing will offer nvidia.com/gpu.",
        "Install NVIDIA's device plugin or the GPU Operator, with a toleration for the pool's taint.",
    ),
    (
        "SurgeBeyondQuota",
        "At its largest the pool has no quota left for the surge nodes of an upgrade.",
        "Upgrade without surge nodes, or ask for more quota.",
    ),
    (
        "DrainTooShort",
        "An upgrade gives jobs little time to write a checkpoint.",
        "Raise --drain-timeout.",
    ),
    (
        "AutomaticUpgrades",
        "AKS upgrades the nodes by itself, and drains them for it.",
        "Set a maintenance window in which no long job runs.",
    ),
    (
        "UpgradeUnknown",
        "It could not be read what the next upgrade will do to running jobs.",
        "Look at the cluster's upgrade settings.",
    ),
)
