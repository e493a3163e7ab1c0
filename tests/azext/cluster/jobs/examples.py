"""For every reason of every finding of `job check` a manifest that gives it, by the finding's id.

The first of an id is the one that its page in `docs/reference/job-checks` shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.azext.cluster.jobs.given import PLAIN, a_container, a_job, a_pod, an_object

Examples = Mapping[str, Mapping[tuple[str, str], Mapping[str, Any]]]

_ELSEWHERE = {"configMapKeyRef": {"name": "settings", "key": "gpus"}}
_TWO = {"limits": {"nvidia.com/gpu": 2}}


def _setting(name: str, value: str, **container: Any) -> dict[str, Any]:
    return a_job(a_pod(a_container(env=[{"name": name, "value": value}], **container)))


def _from_elsewhere(name: str) -> dict[str, Any]:
    return a_job(a_pod(a_container(env=[{"name": name, "valueFrom": _ELSEWHERE}])))


def _limiting(**resources: Any) -> dict[str, Any]:
    return a_job(a_pod(a_container(resources=resources)))


_AT_A_POOL = {"nodeSelector": {"agentpool": "p1"}, "tolerations": None}
_CPU_ONLY = {"aigpu.io/cpu-only": "starts the workers"}

EXAMPLES: Examples = {
    "gpu-request": {
        ("GPUNotRequested", "FAIL"): a_job(a_pod(a_container(resources=None))),
        ("GPUInInitContainerOnly", "FAIL"): a_job(
            a_pod(a_container(resources=None), initContainers=[a_container(name="prepare")])
        ),
        ("GPULimitMissing", "FAIL"): _limiting(requests={"nvidia.com/gpu": 1}),
        ("GPULimitInvalid", "FAIL"): _limiting(limits={"nvidia.com/gpu": 0.5}),
        ("RequestInRuntime", "UNKNOWN"): an_object(
            "trainer.kubeflow.org/v1alpha1", "TrainJob", {"runtimeRef": {"name": "torch-distributed"}}
        ),
        ("TargetUnknown", "UNKNOWN"): a_job(a_pod(a_container(resources=None), **_AT_A_POOL)),
    },
    "gpu-scheduling": {("TolerationMissing", "WARN"): a_job(a_pod(tolerations=[{"key": "sku", "value": "cpu"}]))},
    "cpu-only": {
        ("CPUOnlyUnfit", "FAIL"): a_job(a_pod(a_container(name="launcher", resources=None), annotations=_CPU_ONLY)),
        ("TargetUnknown", "UNKNOWN"): a_job(
            a_pod(a_container(name="launcher", resources=None), annotations=_CPU_ONLY, **_AT_A_POOL)
        ),
    },
    "failure-policy": {
        ("RestartPolicyUnfit", "FAIL"): a_job(a_pod(restartPolicy="OnFailure"), podFailurePolicy={"rules": []})
    },
    "cuda-visible-devices": {
        ("CUDAVisibleDevicesEmpty", "FAIL"): _setting("CUDA_VISIBLE_DEVICES", "-1,0"),
        ("CUDAVisibleDevicesInvalid", "FAIL"): _setting("CUDA_VISIBLE_DEVICES", "none"),
        ("CUDAVisibleDevicesInvalid", "WARN"): _setting("CUDA_VISIBLE_DEVICES", "0,-1"),
        ("CUDAVisibleDevicesShort", "WARN"): _setting("CUDA_VISIBLE_DEVICES", "1", resources=_TWO),
        ("VisibleDevicesElsewhere", "UNKNOWN"): _from_elsewhere("CUDA_VISIBLE_DEVICES"),
        ("VisibleDevicesElsewhere", "WARN"): a_job(
            a_pod(a_container(command=PLAIN, envFrom=[{"configMapRef": {"name": "settings"}}]))
        ),
    },
    "nvidia-visible-devices": {
        ("GPUGivenAndHidden", "FAIL"): _setting("NVIDIA_VISIBLE_DEVICES", "none"),
        ("VisibleDevicesByHand", "WARN"): _setting("NVIDIA_VISIBLE_DEVICES", "all"),
        ("VisibleDevicesElsewhere", "UNKNOWN"): _from_elsewhere("NVIDIA_VISIBLE_DEVICES"),
    },
    "driver-capabilities": {
        ("ComputeNotInCapabilities", "FAIL"): _setting("NVIDIA_DRIVER_CAPABILITIES", "utility,video"),
        ("VisibleDevicesElsewhere", "UNKNOWN"): _from_elsewhere("NVIDIA_DRIVER_CAPABILITIES"),
    },
    "preflight": {("PreflightMissing", "WARN"): a_job(a_pod(a_container(command=PLAIN)))},
    "workload-form": {("WorkloadMisshapen", "UNKNOWN"): a_job(a_pod(a_container(command="python train.py")))},
    "workload-kind": {
        ("WorkloadKindUnknown", "UNKNOWN"): an_object("example.com/v1", "Train", {}),
        ("NotApplicable", "SKIPPED"): an_object("v1", "Secret", None),
    },
}
