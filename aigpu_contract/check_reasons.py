"""The reasons of the node agent's checks: name, meaning in one sentence, usual next step.

Plain rows, so that `aigpu_contract.reasons` can take them into its list without a circle of imports.
"""

from __future__ import annotations

from typing import Tuple

Row = Tuple[str, str, str]

_LOOKING: Tuple[Row, ...] = (
    (
        "ProofWaived",
        "A required proof was not looked at, and somebody took that upon himself with a reason.",
        "Take the waiver away when its reason is gone.",
    ),
    (
        "NotApplicable",
        "There is nothing to look at: not asked for, or this machine has no such thing.",
        "Nothing to do.",
    ),
    (
        "NotReached",
        "The check could not look, because what an earlier check found stands in its way.",
        "Settle the earlier finding first.",
    ),
    (
        "ReadingUnknown",
        "Something that the check needs could not be read, so it says neither good nor bad.",
        "Look at every reading with aigpu-preflight facts, or aigpu-agent facts on a node.",
    ),
    (
        "DriverUnresponsive",
        "A process that asked the driver got no answer in time; a FAIL after a minute, or where it cannot be killed.",
        "Read dmesg on the node; reboot a node whose driver stays silent.",
    ),
    (
        "DriverCrashed",
        "A process that asked the driver was killed inside NVIDIA's library.",
        "Compare the versions of library and kernel module, and read dmesg on the node.",
    ),
    (
        "BindingUnusable",
        "The Python module pynvml is missing, or another module of that name stands before NVIDIA's.",
        "Remove the other module; nvidia-ml-py is the right package.",
    ),
    (
        "SandboxedRuntime",
        "The container runs in gVisor or Kata, where devices and driver are not the node's own.",
        "Run the pod without that RuntimeClass, or prove CUDA with a program of your own.",
    ),
)

_INTENT: Tuple[Row, ...] = (
    (
        "IntentUnreadable",
        "What was declared by labels, flags or environment cannot be read.",
        "Correct the label, flag or variable in the message.",
    ),
    (
        "IntentContradictory",
        "What was declared contradicts itself, or the catalogue's facts about the size.",
        "Correct whichever is wrong.",
    ),
    (
        "WrongVMSize",
        "The machine is of another VM size than was asked for, or of one without an NVIDIA GPU.",
        "Make the pool anew with the right size; for a job, limit nvidia.com/gpu.",
    ),
    (
        "VMSizeContradictory",
        "The node's label and Azure's metadata service name different sizes.",
        "Compare the node's label with the pool's scale set.",
    ),
)

_MACHINE: Tuple[Row, ...] = (
    (
        "NoPCIDevice",
        "There is no NVIDIA GPU on the PCI bus: the machine has none at all.",
        "Make the pool anew with a GPU size; for a job, limit nvidia.com/gpu.",
    ),
    (
        "PCICountMismatch",
        "The PCI bus has another number of NVIDIA GPUs than was intended: one fell off, or the size is wrong.",
        "Reboot or replace the node.",
    ),
    ("NouveauBound", "The nouveau driver holds a GPU, and CUDA cannot use it.", "Blacklist nouveau in the node image."),
    (
        "WrongPCIDriver",
        "NVIDIA's driver is loaded and does not hold every GPU.",
        "Read dmesg on the node, then reboot or replace it.",
    ),
    (
        "DriverNotLoaded",
        "NVIDIA's kernel module is not loaded.",
        "Load it with modprobe nvidia, or see why AKS installed no driver.",
    ),
)

_CONTAINER: Tuple[Row, ...] = (
    (
        "CUDAVisibleDevicesEmpty",
        "CUDA_VISIBLE_DEVICES is empty or -1 and hides every GPU.",
        "Take the variable out of the pod and the image.",
    ),
    (
        "CUDAVisibleDevicesInvalid",
        "CUDA_VISIBLE_DEVICES names a device that does not exist (CUDA stops there), or one twice (CUDA shows none).",
        "Take the variable out of the pod and the image.",
    ),
    (
        "CUDAVisibleDevicesShort",
        "CUDA_VISIBLE_DEVICES leaves a part of the given GPUs unused.",
        "Unset it, or ask for fewer GPUs.",
    ),
    (
        "ComputeNotInCapabilities",
        "NVIDIA_DRIVER_CAPABILITIES leaves out compute, without which no libcuda comes into the container.",
        "Set it to compute,utility.",
    ),
    (
        "AllocationTooSmall",
        "The pod was given fewer GPUs than the job expects.",
        "Limit as many nvidia.com/gpu as are expected.",
    ),
    (
        "NoGPUInContainer",
        "The container has no device node of a GPU, because the pod asked for none.",
        "Limit nvidia.com/gpu in this container.",
    ),
    (
        "RuntimeNotNVIDIA",
        "The pod was given a GPU, and the node's container runtime did not bring it in.",
        "Set the RuntimeClass nvidia, or repair the node's runtime.",
    ),
    (
        "AgentNotInjected",
        "The node has GPUs and a driver, and the agent's own container got neither nodes nor libraries.",
        "Set NVIDIA_VISIBLE_DEVICES=all for the agent, and see that nvidia is the default runtime.",
    ),
    (
        "DeviceNodeMissing",
        "A device node that CUDA needs is missing, /dev/nvidia-uvm most often.",
        "Make it with nvidia-modprobe -c 0 -u on the node.",
    ),
    (
        "DeviceNodeWrong",
        "A file in the place of a device node is not the driver's device.",
        "Recreate the pod; no image may bring device nodes.",
    ),
    (
        "DeviceNodeUnusable",
        "A device node is there and gives an error that is not about rights.",
        "Read dmesg on the node; reboot or replace it.",
    ),
    (
        "DeviceCgroupLost",
        "The container lost the right to its GPU, most often by systemctl daemon-reload on the node.",
        "Recreate the pod.",
    ),
    (
        "NoPermission",
        "The user of this process may not use the GPU.",
        "Run as a user or group that may open /dev/nvidia*.",
    ),
    ("MuslLibc", "The image has musl, and NVIDIA's libraries need glibc.", "Build the image on Debian or Ubuntu."),
)

_LIBRARIES: Tuple[Row, ...] = (
    (
        "NVMLLibraryMissing",
        "The library libnvidia-ml.so.1 is nowhere to be found.",
        "In a job, add utility to NVIDIA_DRIVER_CAPABILITIES; on a node, reinstall the driver.",
    ),
    (
        "NVMLLibraryUnloadable",
        "The library libnvidia-ml.so.1 is there and cannot be loaded: empty, foreign, or without what it needs.",
        "Remove it from the image; the runtime brings the driver's own.",
    ),
    (
        "CUDALibraryMissing",
        "The library libcuda.so.1 is nowhere to be found; frameworks then count no device and say nothing.",
        "See that the container runtime brings the driver's libraries in.",
    ),
    (
        "CUDALibraryUnloadable",
        "The library libcuda.so.1 is there and cannot be loaded: empty, of another architecture, or on musl.",
        "Remove it from the image, and build the image on glibc.",
    ),
    (
        "StubLibrary",
        "The libcuda here is the toolkit's stub, which only serves for linking.",
        "Take the stubs folder out of the image's library path.",
    ),
    (
        "DriverLibraryMismatch",
        "A library of the driver and the kernel module are of different versions.",
        "Reboot the node; take the driver's libraries out of the image.",
    ),
    (
        "CompatLibraryRefused",
        "The image's forward-compatibility libcuda does not work with this GPU or driver.",
        "Take the compat folder out of the library path, or take an image for an older CUDA.",
    ),
)

_NVML: Tuple[Row, ...] = (
    (
        "NVMLFailed",
        "NVML gave an error that has no cause here, or contradicts itself; the message has its number.",
        "Run nvidia-smi -q on the node and read dmesg.",
    ),
    ("NoDevices", "NVML works and shows no GPU.", "Reboot or replace the node."),
    (
        "DeviceCountMismatch",
        "NVML shows another number of GPUs than was intended; the message names the layer that lost them.",
        "Reboot or replace the node.",
    ),
    ("GPULost", "A GPU does not answer any more.", "Replace the node."),
    ("GPUResetRequired", "A GPU works again only after a reset.", "Reset the GPU on the idle node, or reboot it."),
    ("GPUHardwareFault", "A GPU has a fault of power, interrupts or infoROM.", "Replace the node."),
    (
        "GPUBusy",
        "Another process holds the GPU or its memory, so nothing could be proven; nobody's fault.",
        "Check again when it is free, or waive the proof with a reason where GPUs are shared.",
    ),
    (
        "CounterRefused",
        "NVML does not tell everything about a GPU here, as for parts of GPUs and without rights.",
        "Run nvidia-smi -q on the node.",
    ),
    (
        "DeviceModelMismatch",
        "A GPU is of another model than was intended.",
        "Make the pool anew with the right size, or select the right pool in the pod.",
    ),
    (
        "DeviceModelUnknown",
        "NVML's product name can be compared with no known model.",
        "Compare it by eye with nvidia-smi -L, and waive gpu-model with what you saw.",
    ),
    ("MemoryTooSmall", "A device has clearly less memory than was asked for.", "Take a pool with larger GPUs."),
    ("MIGModeMismatch", "MIG is on where whole GPUs were intended, or off where parts were.", "Replace the node."),
    ("MIGWithoutInstances", "MIG is on and a GPU has no instance, so CUDA finds no device.", "Replace the node."),
    (
        "ComputeModeProhibited",
        "The GPU refuses every program.",
        "Set the compute mode back with nvidia-smi -c DEFAULT.",
    ),
    (
        "ComputeModeExclusive",
        "The GPU takes one process at a time, which fits MPS and hardly anything else.",
        "Set the compute mode back with nvidia-smi -c DEFAULT.",
    ),
    ("DriverTooOld", "The driver is older than the one asked for.", "Upgrade the pool's node image."),
)

_HEALTH: Tuple[Row, ...] = (
    ("ECCUncorrectable", "A GPU met memory errors that ECC could not correct.", "Replace the node."),
    ("RowRemapPending", "A bad memory row is replaced only at the next reset.", "Reset the GPU, or reboot the node."),
    ("RowRemapFailed", "A GPU has no spare memory row left.", "Replace the node and tell Azure."),
    ("RetiredPagesPending", "Bad memory pages are retired only when the driver is loaded again.", "Reboot the node."),
    ("RetiredPagesMany", "A GPU is nearly out of spare memory pages.", "Tell Azure; plan to replace the node."),
    ("NodeRebootRequired", "The driver asks for a reboot of the node.", "Drain and reboot the node."),
    ("PeerDrainRequired", "The driver asks to stop traffic between GPUs.", "Drain the node, then reboot it."),
    ("FabricRecoveryRequired", "The driver asks to recover the IMEX domain.", "Drain the nodes of the domain."),
    ("RecoveryActionUnknown", "The driver asks for an action that has no name here.", "Run nvidia-smi -q on the node."),
    (
        "FabricNotReady",
        "The NVLink fabric is not up: CUDA does not start, while NVML looks healthy.",
        "Look at nvidia-fabricmanager on the node; reboot or replace it.",
    ),
    ("FabricDegraded", "The NVLink fabric works with less than all of its links.", "Look at nvidia-fabricmanager."),
    ("NVLinkInactive", "NVLinks of a GPU are down, and data goes over PCIe.", "Run nvidia-smi nvlink -s on the node."),
    ("NVLinkError", "NVLink failed beyond correction while CUDA ran.", "Replace the node."),
    ("Throttled", "A GPU is slowed down by heat or by its power supply.", "Watch it; tell Azure when it stays."),
)

_CUDA: Tuple[Row, ...] = (
    ("CUDAInitFailed", "The CUDA driver does not start.", "Read dmesg on the node; reboot or replace it."),
    (
        "CUDAFailed",
        "CUDA gave an error that has no cause here; the message has its number.",
        "Look the number up in cuda.h, and read dmesg on the node.",
    ),
    ("NoCUDADevice", "CUDA finds no device, and frameworks fall back to the CPU without a word.", "Replace the node."),
    ("CUDACountMismatch", "CUDA shows fewer devices than there must be.", "Reboot or replace the node."),
    (
        "MoreDevicesThanExpected",
        "CUDA shows GPUs that belong to other jobs.",
        "Limit nvidia.com/gpu, and run no privileged container.",
    ),
    ("GRIDNotLicensed", "A vGPU has no licence.", "Look at nvidia-gridd on the node."),
    ("MPSUnavailable", "The MPS daemon that CUDA was told to use does not answer.", "Start it, or unset CUDA_MPS_*."),
    ("CUDAVersionTooLow", "The driver offers an older CUDA than was asked for.", "Upgrade the pool's node image."),
    (
        "UUIDMismatch",
        "NVML, CUDA and the pod's allocation do not mean the same GPUs.",
        "Recreate the pod; read the facts when it stays.",
    ),
    ("ForeignGPUVisible", "The container sees GPUs that it was not given.", "Run no privileged container."),
    ("CUDAKernelFailed", "A small kernel failed on a GPU.", "Read dmesg on the node; reboot or replace it."),
    ("WrongResult", "A GPU computed a wrong result.", "Drain the node at once, and replace it."),
    (
        "MemoryProofOnly",
        "Only memory was written and read back: the driver could not compile the kernel.",
        "Bring libnvidia-ptxjitcompiler into the container.",
    ),
    (
        "PluginCountMismatch",
        "The kubelet does not offer the number of GPUs that was intended.",
        "Look at the device plugin's pod on this node.",
    ),
)

_FRAMEWORKS: Tuple[Row, ...] = (
    ("InterpreterUnknown", "The command's Python was not found, so no framework was looked at.", "Write it out."),
    ("FrameworkNotInstalled", "A framework that was named is not installed.", "Install it, or take the right Python."),
    ("FrameworkWithoutCUDA", "No framework of the job has CUDA.", "Install the CUDA build."),
    ("CPUFrameworkBeside", "A build without CUDA stands beside one with it.", "Uninstall the one without."),
    ("FrameworkUnreadable", "What a framework was built for could not be read.", "Reinstall it, or ask it yourself."),
    (
        "DriverTooOldForFramework",
        "A framework is built for a newer CUDA than the driver has.",
        "Install a build for the driver's CUDA, or take a pool with a newer driver.",
    ),
    (
        "ArchitectureNotInFramework",
        "A framework holds no code for this GPU.",
        "Take a release with code for it, or a pool with newer GPUs.",
    ),
    ("FrameworkForcedToCPU", "A variable sends a framework to the CPU.", "Unset it, unless it is meant."),
    ("FrameworkMayFallBack", "JAX is told to take the CPU when CUDA fails.", "Set JAX_PLATFORMS=cuda."),
)

CHECK_REASONS: Tuple[Row, ...] = (
    _LOOKING + _INTENT + _MACHINE + _CONTAINER + _LIBRARIES + _NVML + _HEALTH + _CUDA + _FRAMEWORKS
)
