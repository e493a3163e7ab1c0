"""Keys and values that the pool, the agent and the job share: labels, taints, tags, annotations.

A Kubernetes label value holds at most 63 letters, digits, '-', '_' and '.': it cannot hold the slash of
`nvidia.com/gpu`. `aigpu.io/resource` therefore carries the part after the slash.
"""

from __future__ import annotations

import re
from typing import Dict, Mapping, Optional, Tuple

from aigpu_contract.frozen import dataclass

HARDWARE = "hardware"
GPU_TYPE = "gpu-type"
WORKLOAD = "workload"
SKU = "aigpu.io/sku"
GPU_MODEL = "aigpu.io/gpu-model"
GPU_COUNT = "aigpu.io/gpu-count"
RESOURCE = "aigpu.io/resource"
RESOURCE_COUNT = "aigpu.io/resource-count"
MIN_DRIVER = "aigpu.io/min-driver"
MIG_PROFILE = "aigpu.io/mig-profile"
PRICE_HOUR = "aigpu.io/price-hour"
DRIVER = "aigpu.io/driver"

FIXED_LABELS: Mapping[str, str] = {HARDWARE: "gpu", GPU_TYPE: "nvidia", WORKLOAD: "ai"}
"""The labels that say "a GPU pool" and are the same on every one."""

STARTUP_TAINT_KEY = "startup-taint.cluster-autoscaler.kubernetes.io/aigpu-unverified"
STATUS_TAINT_KEY = "status-taint.cluster-autoscaler.kubernetes.io/aigpu-unhealthy"

CPU_ONLY_ANNOTATION = "aigpu.io/cpu-only"
DEADLINE_ANNOTATION = "aigpu.io/gpu-deadline"

CONDITION_TYPE = "aigpu.io/GPUReady"
"""The agent's condition on its node. True is good; nobody but the agent writes it."""

PROOF_ANNOTATION = "aigpu.io/proof"
"""What the agent last proved, as JSON: `bootId`, `driver`, `gpus` (NVML's number), `provenAt` (RFC 3339)."""

FAULTS_ANNOTATION = "aigpu.io/faults"
"""What the agent must not forget in a boot, as JSON: `bootId`, `xids` (`xid`, `gpu`), `badRounds`, `mismatchSince`,
`lost` (why the XIDs may be not all)."""

PAUSE_LABEL = "aigpu.io/pause"
"""On a node: the agent stops every child, so that a driver can be upgraded."""

NAMESPACE = "aigpu-system"
"""Where every object of the agent lives. Its heartbeat is the Lease there that has the node's name."""

EXEMPT_NAMESPACES: Tuple[str, ...] = (
    "kube-system",
    "kube-public",
    "kube-node-lease",
    NAMESPACE,
    "gatekeeper-system",
    "gpu-operator",
    "network-operator",
)
"""Where the cluster's own parts and the GPU operators live: neither admission nor the watchdog judges pods there."""

INTENT_CONFIGMAP = "aigpu-intent"
"""Intent of pools that other tools made: key pool name, value the contract's labels as JSON."""

INSTALL_ANNOTATION = "aigpu.io/installed-as"
"""On the agent's DaemonSet: the options of `az aigpu agent install` as JSON, which `agent status` holds it to."""

CONTRACT_LABELS = (SKU, GPU_MODEL, GPU_COUNT, RESOURCE, RESOURCE_COUNT, MIN_DRIVER, MIG_PROFILE, PRICE_HOUR)
"""The labels that a pool writes beside the fixed ones; `aigpu.io/driver` is the agent's."""

TAG_PREFIX = "aigpu-"
SPEC_TAG = "aigpu-spec"
WAIVER_TAG_PREFIX = "aigpu-waive-"

RESOURCE_DOMAIN = "nvidia.com/"
NO_RESOURCE = "none"
"""Value of `aigpu.io/resource` where the GPUs come by Dynamic Resource Allocation and not as a counted resource."""

TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


@dataclass(frozen=True)
class Taint:
    """A Kubernetes taint, written `key=value:Effect`."""

    key: str
    value: str
    effect: str

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}"


DEFAULT_TAINT = Taint("sku", "gpu", "NoSchedule")
"""AKS's documentation uses this taint for GPU pools; AKS itself adds none."""


def parse_taint(text: str) -> Taint:
    """Return the taint written in `text`.

    Raises ValueError, whose message says what is wanted: AKS takes `key=value:Effect` and no empty value
    (azure-cli's own validator, run on 2.91).
    """
    pair, _, effect = text.strip().rpartition(":")
    key, _, value = pair.partition("=")
    if not is_qualified_name(key) or not is_label_value(value) or not value or effect not in TAINT_EFFECTS:
        raise ValueError(
            "taint {!r} is not in the form key=value:Effect, with an effect of {}".format(
                text, ", ".join(TAINT_EFFECTS)
            )
        )
    return Taint(key, value, effect)


def is_label_value(text: str) -> bool:
    """Return whether Kubernetes takes `text` as the value of a label."""
    return text == "" or _NAME.fullmatch(text) is not None


def is_qualified_name(text: str) -> bool:
    """Return whether Kubernetes takes `text` as the key of a label or a taint."""
    prefix, slash, name = text.rpartition("/")
    return _NAME.fullmatch(name) is not None and (not slash or _PREFIX.fullmatch(prefix) is not None)


def resource_label(resource: str) -> str:
    """Return the value of `aigpu.io/resource` for a resource name: `nvidia.com/gpu` becomes `gpu`.

    Raises ValueError for a resource of another domain.
    """
    if resource == NO_RESOURCE:
        return resource
    if not resource.startswith(RESOURCE_DOMAIN):
        raise ValueError(f"{resource!r} is not a resource of {RESOURCE_DOMAIN}")
    return resource[len(RESOURCE_DOMAIN) :]


def resource_name(label: str) -> str:
    """Return the resource name that a value of `aigpu.io/resource` stands for: `gpu` becomes `nvidia.com/gpu`."""
    return label if label == NO_RESOURCE else RESOURCE_DOMAIN + label


def waiver_tags(waivers: Mapping[str, str]) -> Dict[str, str]:
    """Return the tags that keep `waivers` (rule id to reason) on the pool."""
    return {WAIVER_TAG_PREFIX + rule: reason for rule, reason in sorted(waivers.items())}


def waivers_of_tags(tags: Mapping[str, str]) -> Dict[str, str]:
    """Return the waivers (rule id to reason) kept in `tags`."""
    start = len(WAIVER_TAG_PREFIX)
    return {key[start:]: value for key, value in tags.items() if key.startswith(WAIVER_TAG_PREFIX)}


def is_ours(labels: Mapping[str, str], tags: Mapping[str, str]) -> bool:
    """Return whether a pool was made by this tool, by the contract's own label or tag."""
    return SKU in labels or SPEC_TAG in tags


def has_gpu_intent(labels: Mapping[str, str], taint_keys: Tuple[str, ...], taint_key: str) -> Optional[str]:
    """Return what declares a pool to be a GPU pool (`label hardware=gpu`, `taint sku`), or None."""
    for key in (SKU, GPU_MODEL, GPU_COUNT):
        if key in labels:
            return "label " + key
    for key in (HARDWARE, GPU_TYPE):
        if labels.get(key) == FIXED_LABELS[key]:
            return f"label {key}={FIXED_LABELS[key]}"
    return "taint " + taint_key if taint_key in taint_keys else None
