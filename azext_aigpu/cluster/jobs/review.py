"""Judges the workloads of a manifest: does what targets the GPU pool ask for a GPU, and can the job see it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aigpu_contract.finding import Finding, Status
from aigpu_contract.labels import DEFAULT_TAINT, Taint
from aigpu_contract.verdict import Verdict, judge
from azext_aigpu.cluster.admission.reverse_rule import GpuPools, asks, is_of_daemonset, list_asking, list_targets
from azext_aigpu.cluster.jobs import container_checks, pod_checks
from azext_aigpu.cluster.jobs.placement import list_open
from azext_aigpu.cluster.jobs.workloads import DAEMON_SET, Template, Workload
from azext_aigpu.cluster.object_parts import items, mapping

KIND_ID = "workload-kind"
FORM_ID = "workload-form"


@dataclass(frozen=True)
class Reviewed:
    """A workload and what there is to say about it."""

    workload: Workload
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """Return the status of the worst finding."""
        return max(finding.status for finding in self.findings)


def review_workloads(
    workloads: Iterable[Workload], taint: Taint = DEFAULT_TAINT, gpu_pools: frozenset[str] | None = None
) -> tuple[Reviewed, ...]:
    """Return every workload with its findings; one that nothing was found about is SKIPPED or UNKNOWN, never passed.

    `taint` is that of the GPU pools, `gpu_pools` their names; None where nobody said them.
    """
    return tuple(Reviewed(workload, tuple(_review(workload, taint, gpu_pools))) for workload in workloads)


def judge_manifest(reviewed: Iterable[Reviewed]) -> Verdict:
    """Return the verdict over a whole manifest; one that holds no workload at all is UNKNOWN."""
    return judge(finding for one in reviewed for finding in one.findings)


def _review(workload: Workload, taint: Taint, gpu_pools: frozenset[str] | None) -> Iterator[Finding]:
    if workload.problems:
        yield from (_misshapen(problem) for problem in workload.problems)
    elif workload.has_no_pods:
        yield Finding(KIND_ID, "NotApplicable", Status.SKIPPED, "objects of this kind start no pod")
    elif not workload.is_known:
        yield _unknown_kind(workload)
    else:
        for template in workload.templates:
            found = list(_review_template(workload, template, taint, gpu_pools))
            yield from (_placed(finding, template) for finding in found)


def _review_template(
    workload: Workload, template: Template, taint: Taint, gpu_pools: frozenset[str] | None
) -> Iterator[Finding]:
    spec, pools = mapping(template.pod, "spec"), GpuPools(taint.key, gpu_pools)
    targets, undecided = list_targets(spec, pools), list_open(spec, pools)
    if workload.type == DAEMON_SET or is_of_daemonset(template.pod):
        yield Finding(pod_checks.REQUEST_ID, "Passed", Status.PASS, "", evidence=(("exempt", "a DaemonSet's pod"),))
        return
    asking = any(asks(one) for one in items(spec, "containers"))
    found = [
        *pod_checks.review_request(workload, template, targets, undecided),
        *(pod_checks.review_scheduling(spec, taint, workload.step_to_add) if asking and template.whole else ()),
        *pod_checks.review_cpu_only(template.pod, targets, undecided),
        *container_checks.review_containers(spec, workload.step_to_add, template.whole),
        *(pod_checks.review_failure_policy(workload, spec)),
    ]
    yield from found or [Finding(pod_checks.REQUEST_ID, "Passed", Status.PASS, "", evidence=_why(targets, spec))]


def _why(targets: tuple[str, ...], spec: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if not targets and not list_asking(spec):
        return (("note", "targets no GPU pool and asks for no GPU"),)
    return (("asks", ", ".join(list_asking(spec))),) if list_asking(spec) else ()


def _placed(finding: Finding, template: Template) -> Finding:
    """Return the finding with the part of the workload that it is about, where there are several parts."""
    role = (("role", template.role),) if template.role else ()
    return replace(finding, evidence=(*role, *finding.evidence))


def _misshapen(problem: str) -> Finding:
    return Finding(
        FORM_ID,
        "WorkloadMisshapen",
        Status.UNKNOWN,
        "the workload has not the form that the API server takes, so it could not be judged",
        seen=problem,
        wanted="the form of the Kubernetes API",
        next_step="correct it; kubectl apply --dry-run=server -f FILE has the API server look at it too",
    )


def _unknown_kind(workload: Workload) -> Finding:
    return Finding(
        KIND_ID,
        "WorkloadKindUnknown",
        Status.UNKNOWN,
        "it is not known whether and where this kind keeps pods, so it could not be judged",
        seen=f"{workload.kind} of {workload.group or 'the core API'}",
        wanted="a kind that job check reads: docs/how-to/job-manifests.md lists them",
        next_step="check the pods that it makes: kubectl get pod NAME -o yaml | az aigpu job check -f -",
    )
