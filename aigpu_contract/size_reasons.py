"""The reasons of rules on the VM size and the GPUs asked for: name, meaning in one sentence, usual next step."""

from __future__ import annotations

from typing import Tuple

Row = Tuple[str, str, str]

SIZE_REASONS: Tuple[Row, ...] = (
    (
        "SizeMissing",
        "No VM size was named, and the GPU model and count that were named do not lead to one size.",
        "Name a size with --node-vm-size, or a GPU model and count that only one size has.",
    ),
    (
        "SizeUnknown",
        "The size is in no list: not in the catalogue, not among the CPU families and not in Azure's answer.",
        "Correct the name; the message shows the nearest ones.",
    ),
    (
        "SizeNotInCatalogue",
        "The catalogue does not know the size; it goes on because --gpu-model and --gpu-count say what it has.",
        "Compare with Azure's page about this size.",
    ),
    (
        "SizeRefused",
        "The rule did not look, because another rule refuses the size.",
        "Correct the size first.",
    ),
    (
        "CpuSize",
        "The size has no GPU at all.",
        "Take one of the GPU sizes in the message.",
    ),
    (
        "AmdGpu",
        "The size has an AMD GPU, on which CUDA does not run; AMD pools are outside of aigpu for now.",
        "Take an NVIDIA size, or build the ROCm pool with az aks nodepool add.",
    ),
    (
        "FpgaSize",
        "The size has an FPGA, which Azure counts among its GPUs.",
        "Take an NVIDIA size.",
    ),
    (
        "VideoSize",
        "The size has a video transcoding card and no GPU.",
        "Take an NVIDIA size.",
    ),
    (
        "NotCuda",
        "The size has an accelerator on which CUDA does not run.",
        "Take an NVIDIA size.",
    ),
    (
        "SizeRetired",
        "Azure has retired the size and makes no new node of it.",
        "Take a size that is offered.",
    ),
    (
        "SizeRetiring",
        "Azure will retire the size within 180 days.",
        "Plan the move to another size.",
    ),
    (
        "PreviewSize",
        "The size is in preview: it may change or go, and comes without a service level.",
        "Go on if your subscription is registered for the preview.",
    ),
    (
        "LifecycleUnknown",
        "No public page says whether the size is offered, in preview or retired.",
        "Ask your Azure contact; Azure refuses what it no longer offers.",
    ),
    (
        "FractionalGpu",
        "A node of this size gets only a part of a physical GPU.",
        "Take a size with whole GPUs, or waive the rule with a reason.",
    ),
    (
        "GpuShareUnknown",
        "Nobody documents whether the size has whole GPUs.",
        "Compare its GPU memory with the model's, then waive the rule with what you found.",
    ),
    (
        "GpuCountInvalid",
        "The number of GPUs that was asked for is below 1.",
        "Ask for at least one.",
    ),
    (
        "GpuCountMismatch",
        "The size has another number of GPUs than --gpu-count says.",
        "Change the size or the number, whichever is wrong.",
    ),
    (
        "GpuCountUnknown",
        "Nobody documents how many GPUs the size has, and a missing one could not be noticed.",
        "Say it with --gpu-count.",
    ),
    (
        "GpuCountDisagrees",
        "Azure's own GPU count of the size is not the catalogue's.",
        "Count with nvidia-smi on the first node.",
    ),
    (
        "GpuModelMismatch",
        "The size has another GPU model than --gpu-model says.",
        "Change the size or the model, whichever is wrong.",
    ),
    (
        "GpuModelUnknown",
        "--gpu-model names no NVIDIA GPU of the catalogue.",
        "Take one of the names in the message.",
    ),
    (
        "GpuModelUndocumented",
        "Nobody documents which GPU the size has.",
        "Say it with --gpu-model.",
    ),
    (
        "DriverLineUnknown",
        "Nobody documents that NVIDIA's driver extension for virtual machines has a driver for the size.",
        "Take another size, or an image that brings the driver.",
    ),
    (
        "IntentUnverified",
        "The catalogue cannot confirm what --gpu-model or --gpu-count says; nodes are held to your word.",
        "Compare with nvidia-smi on the first node.",
    ),
    (
        "IntentNeeded",
        "Azure offers the size with GPUs and the catalogue does not know it: somebody must say what it has.",
        "Add --gpu-model and --gpu-count.",
    ),
    (
        "GpuNotConfirmed",
        "Azure names no GPU for a size that the catalogue does not know: a CPU size, or a very new GPU size.",
        "Take a size of the catalogue.",
    ),
    (
        "ModelNotAllowed",
        "The local setting allowed_models does not allow this GPU model.",
        "Take an allowed model, or waive the rule with who agreed.",
    ),
)
