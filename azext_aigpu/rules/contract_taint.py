"""The pool must keep the taint that holds other pods off its GPUs, and get no taint that nobody could remove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from aigpu_contract import labels
from aigpu_contract.finding import Finding, Status
from aigpu_contract.labels import Taint
from azext_aigpu.rules.reserved import is_aks_own, is_reserved_for_taints
from azext_aigpu.spec import PoolSpec

ID = "contract-taint"
READS: tuple[str, ...] = ("node_taints", "mode", "priority")
WAIVABLE = False

_AGENTS_OWN = (labels.STARTUP_TAINT_KEY, labels.STATUS_TAINT_KEY)


def review(spec: PoolSpec) -> Iterator[Finding]:
    """Judge the mode, each taint by itself, and the taints together."""
    if (spec.mode or "User").lower() != "user":
        yield _mode(spec)
    if spec.limits.taint.effect == "PreferNoSchedule":
        yield _too_weak(spec.limits.taint)
    for taint in spec.all_taints:
        finding = _review_taint(spec, taint)
        if finding:
            yield finding
    yield from _review_repeated(spec)


def _review_taint(spec: PoolSpec, taint: Taint) -> Finding | None:
    contract = spec.limits.taint
    if taint.key in _AGENTS_OWN:
        return _agents_own(taint)
    if is_reserved_for_taints(taint.key):
        return None if is_aks_own(spec, taint.key, taint.value) else _reserved(taint)
    if taint.key == contract.key and taint != contract:
        return _contradicted(taint, contract)
    return None


def _review_repeated(spec: PoolSpec) -> Iterator[Finding]:
    own = [taint for taint in spec.node_taints if taint.key != spec.limits.taint.key]
    pairs = Counter((taint.key, taint.effect) for taint in own)
    keys = Counter(key for key, _ in pairs)
    for (key, effect), times in pairs.items():
        if times > 1:
            yield _repeated(key, f"{key} with effect {effect}, {times} times")
    for key, effects in keys.items():
        if effects > 1:
            yield _two_effects(key, [str(taint) for taint in own if taint.key == key])


def _mode(spec: PoolSpec) -> Finding:
    return Finding(
        ID,
        "ModeNotUser",
        Status.FAIL,
        f"AKS refuses the taint {spec.limits.taint} on pools of mode {spec.mode}; without it any pod may take the node",
        seen=f"--mode {spec.mode}",
        wanted="--mode User",
        next_step="leave --mode out",
    )


def _too_weak(taint: Taint) -> Finding:
    return Finding(
        ID,
        "TaintTooWeak",
        Status.FAIL,
        "a taint with effect PreferNoSchedule does not keep CPU pods off the GPU nodes",
        seen=str(taint),
        wanted="effect NoSchedule",
        next_step=f"az config set aigpu.taint={taint.key}={taint.value}:NoSchedule",
    )


def _agents_own(taint: Taint) -> Finding:
    return Finding(
        ID,
        "AgentTaintByHand",
        Status.FAIL,
        f"the taint {taint.key} is the agent's; set on the pool, nothing inside the cluster could ever remove it",
        seen=str(taint),
        wanted="a taint that is meant to stay",
        next_step=f"leave {taint.key} out of --node-taints",
    )


def _reserved(taint: Taint) -> Finding:
    return Finding(
        ID,
        "TaintReserved",
        Status.FAIL,
        f"the taint {taint.key} is in a namespace that Kubernetes and AKS keep for themselves",
        seen=str(taint),
        wanted="a domain of your own, or none",
        next_step=f"leave {taint.key} out of --node-taints",
    )


def _contradicted(taint: Taint, contract: Taint) -> Finding:
    return Finding(
        ID,
        "ContractTaintContradicted",
        Status.FAIL,
        f"the taint {taint} contradicts the one that GPU jobs tolerate",
        seen=str(taint),
        wanted=f"{contract}, which the pool gets by itself",
        next_step=f"leave {taint.key} out of --node-taints, or change the setting: az config set aigpu.taint={taint}",
    )


def _repeated(key: str, seen: str) -> Finding:
    return Finding(
        ID,
        "TaintRepeated",
        Status.FAIL,
        "Kubernetes takes a taint's key and effect only once on a node",
        seen=seen,
        wanted="each key and effect once",
        next_step=f"keep one taint of {key} in --node-taints",
    )


def _two_effects(key: str, given: list[str]) -> Finding:
    return Finding(
        ID,
        "TaintKeyRepeated",
        Status.WARN,
        f"the taint {key} is given with more than one effect, which AKS has refused before",
        seen=", ".join(given),
        wanted="each key once",
        next_step=f"keep one taint of {key} in --node-taints",
    )
