"""The checks, in the order of causes: what stands lower explains what fails above it.

A check is a module: `ID`, `MODES`, and `check`, which is pure. The modules beside them hold what several need: the
forms of findings, the driver's codes, what is to be seen of containers and devices.
"""

from __future__ import annotations

from typing import Iterable, List, Mapping

from aigpu_contract.finding import Finding, Status
from aigpu_contract.frozen import replace
from aigpu_contract.verdict import Verdict, judge
from node_agent.checks import (
    compute_mode,
    cuda_init,
    cuda_kernel,
    cuda_version,
    device_nodes,
    driver_library,
    driver_version,
    fabric,
    framework,
    framework_environment,
    gpu_count,
    gpu_ecc,
    gpu_errors,
    gpu_memory,
    gpu_model,
    gpu_recovery,
    gpu_retired_pages,
    gpu_row_remap,
    intent,
    kernel_module,
    kubelet_resource,
    libc,
    mig_mode,
    nvlink,
    nvml_init,
    pci_devices,
    sandbox,
    throttle,
    uuid_match,
    visible_devices,
    vm_size,
)
from node_agent.checks.check import Check
from node_agent.checks.intent import is_sound
from node_agent.expected import Expected
from node_agent.facts import Facts
from node_agent.modes import PROOFS

CHECKS: List[Check] = [
    intent,
    sandbox,
    vm_size,
    pci_devices,
    kernel_module,
    visible_devices,
    device_nodes,
    libc,
    driver_library,
    nvml_init,
    gpu_count,
    gpu_errors,
    gpu_recovery,
    gpu_model,
    gpu_memory,
    mig_mode,
    compute_mode,
    driver_version,
    gpu_ecc,
    gpu_row_remap,
    gpu_retired_pages,
    fabric,
    nvlink,
    throttle,
    cuda_init,
    cuda_version,
    uuid_match,
    cuda_kernel,
    kubelet_resource,
    framework,
    framework_environment,
]


def judge_facts(facts: Facts, expected: Expected, mode: str) -> Verdict:
    """Return the verdict of the checks of `mode`, worst first and in the order of causes.

    No machine is blamed for not being what was declared in words that cannot be read or that contradict each other:
    it is then held only to what holds without a declaration.
    Raises KeyError for a mode that `node_agent.modes` does not name.
    """
    proofs = PROOFS[mode]
    declared = replace(expected, mode=mode)
    held_to = declared if is_sound(declared) else Expected(declared_by="", waived=expected.waived, mode=mode)
    found = list(intent.check(facts, declared))
    found += [finding for check in CHECKS[1:] if mode in check.MODES for finding in check.check(facts, held_to)]
    # Neither the intent nor a fault can be waived, and a sandbox makes a fault no smaller than it is.
    waived = {check: reason for check, reason in expected.waived if reason.strip() and check != intent.ID}
    found = [_waive(finding, waived) for finding in found] + _waived_proofs(proofs, found, waived)
    if sandbox.is_sandboxed(facts):
        found = [_beyond_sandbox(finding) for finding in found]
    return judge(sorted(found, key=lambda finding: -finding.status), proofs)


def _beyond_sandbox(finding: Finding) -> Finding:
    """Return a fault seen in a sandbox as a doubt: it may be the sandbox's own."""
    if finding.status is not Status.FAIL:
        return finding
    return replace(finding, status=Status.UNKNOWN)


def _waive(finding: Finding, waived: Mapping[str, str]) -> Finding:
    """Return a doubt that somebody took upon himself as a warning; a fault stays one."""
    if finding.status is not Status.UNKNOWN or finding.id not in waived:
        return finding
    return replace(finding, status=Status.WARN, problem=f"{finding.problem} (waived: {waived[finding.id]})")


def _waived_proofs(proofs: Iterable[str], found: Iterable[Finding], waived: Mapping[str, str]) -> List[Finding]:
    looked_at = {finding.id for finding in found if finding.status is not Status.SKIPPED}
    return [
        Finding(proof, "ProofWaived", Status.WARN, f"nothing looked at it (waived: {waived[proof]})")
        for proof in proofs
        if proof in waived and proof not in looked_at
    ]
