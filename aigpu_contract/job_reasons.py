"""The reasons of `az aigpu job check`: name, meaning in one sentence, usual next step."""

from __future__ import annotations

from typing import Tuple

Row = Tuple[str, str, str]

JOB_REASONS: Tuple[Row, ...] = (
    (
        "GPUNotRequested",
        "A pod targets a GPU pool and asks for no GPU, so nothing keeps it from computing on the CPU.",
        "Limit nvidia.com/gpu in the container that computes.",
    ),
    (
        "GPUInInitContainerOnly",
        "Only an init container asks for a GPU, and the main container gets none.",
        "Limit nvidia.com/gpu in the container that computes.",
    ),
    (
        "GPULimitMissing",
        "A GPU stands under requests and not under limits, which the API server refuses.",
        "Move it to limits.",
    ),
    (
        "GPULimitInvalid",
        "An amount of GPUs is no whole number, or limit and request differ, which the API server refuses.",
        "Correct the container's resources.",
    ),
    (
        "GPUGivenAndHidden",
        "A container asks for a GPU, and its own NVIDIA_VISIBLE_DEVICES (void, none or empty) takes it away.",
        "Take the variable out, or the limit.",
    ),
    (
        "VisibleDevicesElsewhere",
        "A variable that can hide GPUs comes from a ConfigMap, a Secret or a field, so its value cannot be told.",
        "Take it out, or write its value into the manifest.",
    ),
    (
        "RequestInRuntime",
        "A TrainJob names no GPU; the runtime that it runs on may, and stands elsewhere.",
        "Write the limit into spec.trainer.resourcesPerNode.",
    ),
    (
        "TargetUnknown",
        "A pod asks for no GPU, and whether the pool or the size that it selects has GPUs cannot be told.",
        "Name the cluster's GPU pools with --gpu-pools.",
    ),
    (
        "TolerationMissing",
        "A pod asks for a GPU and does not tolerate the taint of the GPU pools, so it stays Pending.",
        "Add the toleration; az aigpu job inject does.",
    ),
    (
        "VisibleDevicesByHand",
        "NVIDIA_VISIBLE_DEVICES is set in the manifest, where only the device plugin should set it.",
        "Take it out, and limit nvidia.com/gpu.",
    ),
    (
        "PreflightMissing",
        "Nothing proves inside the container that CUDA works.",
        "Put aigpu-preflight exec before the command; az aigpu job inject does.",
    ),
    (
        "RestartPolicyUnfit",
        "A Job has a podFailurePolicy and a restartPolicy that is not Never, which the API server refuses.",
        "Set restartPolicy: Never.",
    ),
    (
        "CPUOnlyUnfit",
        "A pod is declared CPU-only and is not: no reason, a GPU asked for, or containers that can see GPUs.",
        "Give a reason, and set NVIDIA_VISIBLE_DEVICES=void in every container.",
    ),
    (
        "WorkloadKindUnknown",
        "It is not known whether and where objects of this kind keep pods.",
        "Check the pods that it makes.",
    ),
    (
        "WorkloadMisshapen",
        "A workload has not the form of the Kubernetes API, so it could not be judged.",
        "Correct what the message names.",
    ),
)
