"""One machine for each check that makes it speak: the message on the check's page is the one given for it."""

from __future__ import annotations

from dataclasses import replace

from aigpu_contract.reading import Known
from node_agent import modes
from node_agent.expected import Expected
from node_agent.facts import Environment, Facts
from tests.node_agent.healthy import (
    healthy,
    library,
    no_gpu,
    of_job,
    of_node,
    torch,
    with_cuda,
    with_cuda_device,
    with_every_gpu,
    with_gpu,
    with_module,
    with_nodes,
    with_nvml,
    with_variables,
    with_wheels,
    without_cuda,
    without_nvml,
)

_NO_NODES = with_variables(with_nodes(healthy()), NVIDIA_VISIBLE_DEVICES=None)
_STRANGE = with_cuda_device(healthy(), uuid="99999999-0000-4000-8000-000000000000")
_LOST = with_gpu(healthy(), errors=(("nvmlDeviceGetTotalEccErrors", 15),))
_COMPAT = library("libcuda.so.1", path="/usr/local/cuda/compat/libcuda.so.595.58.03", version="595.58.03")

EXAMPLES: dict[str, tuple[Facts, Expected]] = {
    "intent": (healthy(), Expected("", mode=modes.LOOP)),
    "sandbox": (replace(healthy(), environment=Known(Environment({}, sandbox="gVisor"))), of_job()),
    "vm-size": (no_gpu(), of_node(gpus=1, vm_size="Standard_NC6s_v3", model=None)),
    "pci-devices": (no_gpu(), of_job()),
    "kernel-module": (with_module(healthy(), loaded=False, state=None, version=None), of_node()),
    "visible-devices": (with_variables(healthy(), CUDA_VISIBLE_DEVICES=""), of_job()),
    "device-nodes": (_NO_NODES, of_job()),
    "libc": (replace(healthy(), environment=Known(Environment({}, libc="musl"))), of_job()),
    "driver-library": (
        replace(healthy(), nvml_library=Known(library("libnvidia-ml.so.1", version="570.211.01"))),
        of_node(),
    ),
    "nvml-init": (without_nvml(healthy(), 18, "Driver/library version mismatch"), of_node()),
    "gpu-count": (with_gpu(healthy(), error=15), of_node()),
    "gpu-errors": (_LOST, of_node()),
    "gpu-recovery": (with_gpu(healthy(), recovery_action=2), of_node()),
    "gpu-model": (with_every_gpu(healthy(), name="Tesla T4"), of_job(model="a100")),
    "gpu-memory": (with_cuda_device(healthy(), memory_mib=40339), of_job(min_memory_gib=80.0)),
    "mig-mode": (
        with_every_gpu(healthy(), mig_enabled=True),
        of_node(mig_profile="MIG1g", resource="nvidia.com/mig-1g"),
    ),
    "compute-mode": (with_gpu(healthy(), compute_mode=2), of_node()),
    "driver-version": (with_nvml(healthy(), driver_version="570.211.01"), of_node()),
    "gpu-ecc": (with_gpu(healthy(), ecc_uncorrected_volatile=3), of_node()),
    "gpu-row-remap": (with_gpu(healthy(), remap_pending=True), of_node()),
    "gpu-retired-pages": (with_gpu(healthy(), retired_pages_pending=True), of_node()),
    "fabric": (with_every_gpu(healthy(), fabric_state=1), of_job()),
    "nvlink": (with_gpu(healthy(), nvlinks_active=10, nvlinks_inactive=2), of_node()),
    "throttle": (with_gpu(healthy(), throttle_reasons=0x40), of_node()),
    "cuda-init": (with_cuda(without_cuda(healthy(), 804), library=_COMPAT), of_job()),
    "cuda-version": (healthy(), of_job(min_cuda=(13, 2))),
    "uuid-match": (_STRANGE, of_job()),
    "cuda-kernel": (with_cuda_device(healthy(), wrong_result=True), of_job()),
    "kubelet-resource": (replace(healthy(), kubelet_resources=Known({"cpu": 24})), of_node()),
    "framework": (with_wheels(healthy(), torch(version="2.13.0+cpu", cuda=None)), of_job()),
    "framework-environment": (with_variables(healthy(), JAX_PLATFORMS="cuda,cpu"), of_job()),
}
