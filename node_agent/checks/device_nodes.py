"""NVIDIA's device files are in this container, are devices of the driver, and can be opened."""

from __future__ import annotations

import re
from typing import Iterator, List, Mapping, Optional, Tuple

from aigpu_contract.finding import Blame, Finding
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.visible_devices import gives_no_gpu
from node_agent import modes
from node_agent.checks import container, kernel_module, pci_devices
from node_agent.checks.devices import blame_for_missing, uses_mig
from node_agent.checks.earlier import cause_among
from node_agent.checks.findings import (
    Words,
    container_fault,
    fault,
    job_fault,
    node_fault,
    not_reached,
    not_read,
    passed,
    unclear,
)
from node_agent.checks.next_steps import ASK_FOR_GPU, REBOOT_OR_REPLACE
from node_agent.expected import Expected
from node_agent.facts import DeviceNode, Facts

ID = "device-nodes"
MODES = modes.EVERY_MODE

CONTROL = "/dev/nvidiactl"
UVM = "/dev/nvidia-uvm"
ABSENT = "ENOENT"
_GPU = re.compile(r"/dev/nvidia\d+")

BLOCKED = frozenset({"EPERM"})
REFUSED = frozenset({"EACCES"})
BUSY = frozenset({"EBUSY"})
BROKEN = frozenset({"EIO", "ENODEV", "ENXIO"})


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge what opening each node gave; the first trouble that explains the others is told."""
    if isinstance(facts.device_nodes, Unknown):
        yield not_read(ID, "the device nodes", facts.device_nodes)
        return
    nodes = {node.path: node for node in facts.device_nodes.value}
    trouble = _trouble(nodes, facts, expected)
    if trouble is None:
        yield passed(ID, "every device node opens", ", ".join(node.path for node in nodes.values()))
        return
    cause = cause_among([pci_devices, kernel_module], facts, expected)
    yield trouble if cause is None else not_reached(ID, cause)


def _trouble(nodes: Mapping[str, DeviceNode], facts: Facts, expected: Expected) -> Optional[Finding]:
    if all(node.error == ABSENT for node in nodes.values()):
        return _none_at_all(facts, expected)
    least = 1 if uses_mig(facts, expected) else max(1, expected.least_gpus)
    return _unusable(nodes, expected, least) or _incomplete(nodes, facts, expected, least)


def has_none(facts: Facts) -> bool:
    """Return whether it is known that the container has no device node at all."""
    nodes = facts.device_nodes
    return isinstance(nodes, Known) and all(node.error == ABSENT for node in nodes.value)


def agent_not_injected(facts: Facts, expected: Expected) -> bool:
    """Return whether the node has GPUs and driver, and the agent's own container got neither library nor nodes."""
    return (
        expected.on_the_node
        and isinstance(facts.pci, Known)
        and bool(facts.pci.value)
        and isinstance(facts.module, Known)
        and facts.module.value.loaded
        and isinstance(facts.nvml_library, Known)
        and facts.nvml_library.value.error is not None
        and has_none(facts)
    )


def _none_at_all(facts: Facts, expected: Expected) -> Finding:
    if agent_not_injected(facts, expected):
        return _not_injected()
    if expected.on_the_node:
        return _none_on_the_node()
    return _none_in_the_job(facts)


def _not_injected() -> Finding:
    words = Words(
        "the container runtime gave the agent neither device nodes nor driver libraries; the node may be well",
        seen="GPUs on the PCI bus and the module loaded, but no /dev/nvidia* and no libnvidia-ml.so.1 here",
        wanted="both, in the agent's container",
        next_step="set NVIDIA_VISIBLE_DEVICES=all in the agent's DaemonSet, and see that nvidia is the node's default "
        "runtime: grep -A2 default_runtime_name /etc/containerd/config.toml",
    )
    return unclear(ID, "AgentNotInjected", words)


def _none_on_the_node() -> Finding:
    words = Words(
        "the driver is loaded and has no device nodes",
        seen="no /dev/nvidiactl, /dev/nvidia0 or /dev/nvidia-uvm",
        wanted="all of them",
        next_step=f"sudo nvidia-modprobe -c 0 -u, on the node; {REBOOT_OR_REPLACE}",
    )
    return node_fault(ID, "DeviceNodeMissing", words)


def _none_in_the_job(facts: Facts) -> Finding:
    given = container.allocated_uuids(facts)
    asked = container.variables(facts).get(container.VISIBLE_TO_CONTAINER)
    seen = f"no /dev/nvidia*, and NVIDIA_VISIBLE_DEVICES {'is not set' if asked is None else f'is {asked!r}'}"
    if given:
        words = Words(
            "the pod was given a GPU, and the container runtime did not bring it in: it is not NVIDIA's",
            seen,
            wanted="the device nodes of that GPU",
            next_step="kubectl get runtimeclass; set spec.runtimeClassName: nvidia, or make nvidia-container-runtime "
            "the node's default; on AKS, take a node image with the driver",
        )
        return node_fault(ID, "RuntimeNotNVIDIA", words)
    hidden = asked is not None and gives_no_gpu(asked)
    problem = "the container has no GPU" + (": NVIDIA_VISIBLE_DEVICES asks for none" if hidden else "")
    next_step = f"{ASK_FOR_GPU}; an init container needs the same limit as the main one"
    return fault(ID, "NoGPUInContainer", Blame.JOB, Words(problem, seen, "device nodes of a GPU", next_step))


def _unusable(nodes: Mapping[str, DeviceNode], expected: Expected, least: int) -> Optional[Finding]:
    # A job that mounts the node's /dev sees the GPUs of others too, and may not open them.
    of_others = not expected.on_the_node and len(_open_gpus(nodes)) >= least
    judged = [node for path, node in nodes.items() if not (of_others and _GPU.fullmatch(path))]
    wrong = [node for node in judged if node.is_character_device is False or node.is_drivers is False]
    if wrong:
        return _wrong_file(wrong, expected)
    refused = [node for node in judged if not _opened(node) and node.error != ABSENT]
    return _refused(refused, expected) if refused else None


def _opened(node: DeviceNode) -> bool:
    return node.error is None and node.is_character_device is True and node.is_drivers is not False


def _wrong_file(wrong: List[DeviceNode], expected: Expected) -> Finding:
    words = Words(
        "what stands in the place of a device node is not the driver's device",
        seen=", ".join(f"{node.path} ({_kind(node)})" for node in wrong),
        wanted="character devices with the driver's major number (/proc/devices)",
        next_step="recreate the pod, so that the runtime makes the nodes anew; no image may bring /dev/nvidia* itself",
    )
    return container_fault(expected, ID, "DeviceNodeWrong", words)


def _kind(node: DeviceNode) -> str:
    return "no character device" if node.is_character_device is False else "another driver's major number"


def _refused(refused: List[DeviceNode], expected: Expected) -> Finding:
    errors = {node.error or "not examined" for node in refused}
    seen = ", ".join(f"{node.path}: {node.error or 'not examined'}" for node in refused)
    opened = "every node, opened for reading and writing"
    if errors & BLOCKED:
        problem = "the container lost the right to use its GPU, most often by systemctl daemon-reload on the node"
        next_step = "recreate the pod: a new container gets the right anew; running ones stay without it"
        return container_fault(expected, ID, "DeviceCgroupLost", Words(problem, seen, opened, next_step))
    if errors & REFUSED:
        problem = "this user may not open the device nodes"
        next_step = "ls -l /dev/nvidia*; run as a user or group (securityContext.supplementalGroups) that may open them"
        return job_fault(expected, ID, "NoPermission", Words(problem, seen, opened, next_step))
    if errors & BROKEN:
        problem = "the driver does not answer behind a device node"
        next_step = f"dmesg -T | grep -i -e nvrm -e xid, on the node; {REBOOT_OR_REPLACE}"
        return node_fault(ID, "DeviceNodeUnusable", Words(problem, seen, opened, next_step))
    if errors <= BUSY:
        problem = "another process holds the device"
        next_step = "nvidia-smi shows who; wait until it is done, and check again"
        return unclear(ID, "GPUBusy", Words(problem, seen, opened, next_step))
    words = Words("a device node could not be opened", seen, opened, "look the error up in errno(3)")
    return unclear(ID, "DeviceNodeUnusable", words)


def _incomplete(nodes: Mapping[str, DeviceNode], facts: Facts, expected: Expected, least: int) -> Optional[Finding]:
    missing = [path for path in (CONTROL, UVM) if path not in nodes or nodes[path].error == ABSENT]
    gpus = len(_open_gpus(nodes))
    if not missing and gpus >= least:
        return None
    if not missing and blame_for_missing(facts, expected, gpus) is Blame.JOB:
        return _too_few_given(gpus, least)
    words = Words(
        "CUDA needs /dev/nvidia-uvm, and it is missing" if missing == [UVM] else "device nodes are missing",
        seen=f"without {', '.join(missing)}" if missing else f"{gpus} of {least} /dev/nvidiaN",
        wanted=f"{CONTROL}, {UVM} and {least} /dev/nvidiaN",
        next_step="sudo modprobe nvidia-uvm && sudo nvidia-modprobe -c 0 -u, on the node; then recreate the pod",
    )
    return node_fault(ID, "DeviceNodeMissing", words)


def _too_few_given(gpus: int, least: int) -> Finding:
    words = Words(
        "the container has the GPUs that it was given, and the job expects more",
        seen=f"{gpus} /dev/nvidiaN",
        wanted=f"{least}",
        next_step=f"limit nvidia.com/gpu: {least} in the container, or correct --expect-gpus",
    )
    return fault(ID, "AllocationTooSmall", Blame.JOB, words)


def _open_gpus(nodes: Mapping[str, DeviceNode]) -> Tuple[str, ...]:
    return tuple(path for path, node in nodes.items() if _GPU.fullmatch(path) and _opened(node))
