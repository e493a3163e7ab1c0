"""What `job check` and `job inject` say about a manifest. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from aigpu_contract.exit_codes import EXIT_COULD_NOT_JUDGE, EXIT_FINDINGS, EXIT_OK
from aigpu_contract.finding import Status
from aigpu_contract.rendering import count, printable, render_findings
from azext_aigpu.cluster.admission.reverse_rule import GpuPools, cpu_only_reason
from azext_aigpu.cluster.jobs.inject import Injected
from azext_aigpu.cluster.jobs.notes import list_notes
from azext_aigpu.cluster.jobs.placement import list_open
from azext_aigpu.cluster.jobs.review import Reviewed, judge_manifest
from azext_aigpu.cluster.jobs.workloads import Workload
from azext_aigpu.cluster.object_parts import mapping

EXIT_CODES = {Status.FAIL: EXIT_FINDINGS, Status.UNKNOWN: EXIT_COULD_NOT_JUDGE}


def exit_code_of(reviewed: Sequence[Reviewed]) -> int:
    """Return the exit code of `job check`: 4 where something is wrong, 5 where something could not be judged."""
    return EXIT_CODES.get(judge_manifest(reviewed).status, EXIT_OK)


def build_report(name: str, reviewed: Sequence[Reviewed]) -> dict[str, Any]:
    """Return the result of `job check` as JSON data."""
    return {
        "file": name,
        "verdict": judge_manifest(reviewed).status.name,
        "judged": _count(reviewed, judged=True),
        "notJudged": _count(reviewed, judged=False),
        "withoutPods": sum(one.status is Status.SKIPPED for one in reviewed),
        "workloads": [_row(one) for one in reviewed],
    }


def render_report(name: str, reviewed: Sequence[Reviewed]) -> str:
    """Return the findings for people, a block each, and a line that counts."""
    parts = []
    for one in reviewed:
        text = render_findings(one.findings)
        if text:
            parts.append(f"{printable(one.workload.title)} ({name}, line {one.workload.line}):\n{text}")
    skipped = sum(one.status is Status.SKIPPED for one in reviewed)
    counts = f"{_count(reviewed, True)} judged, {_count(reviewed, False)} not judged, {skipped} without pods"
    nothing = "" if reviewed else "; the manifest is empty, and nothing proves nothing"
    return "\n".join([*parts, f"{name}: {judge_manifest(reviewed).status.name}: {counts}{nothing}."])


def render_injected(injected: Injected) -> str:
    """Return what was guarded and what was left as it is, a line each."""
    lines = []
    for one in injected.guarded:
        lines += [f"Guarded: {printable(one.title)}.", *(f"  note    {note}" for note in list_notes(one))]
    for one in injected.left:
        lines.append(f"Left as it is: {printable(one.title)}{printable(_why_left(one))}.")
    return "\n".join(lines)


def _why_left(workload: Workload) -> str:
    """Return why a workload was not guarded; nothing for one that starts no pod."""
    if workload.has_no_pods:
        return ""
    if not workload.is_known:
        return "; its kind is not known"
    if any(cpu_only_reason(template.pod) for template in workload.templates):
        return "; it is declared CPU-only"
    undecided = [text for one in workload.templates for text in list_open(mapping(one.pod, "spec"), GpuPools())]
    if undecided:
        return f"; it asks for no GPU, and whether {undecided[0]} means GPU nodes cannot be told"
    return "; nothing in it says GPU"


def render_refused(name: str, injected: Injected) -> str:
    """Return why nothing was changed."""
    if not injected.refused:
        seen = ", ".join(one.title for one in injected.left) or "nothing"
        return (
            f"{name} holds no job that could be guarded; nothing was changed.\n"
            f"It holds: {printable(seen)}. Where one of them is a GPU job, give its GPU limit, or --gpus N."
        )
    workloads = count(len(injected.refused), "workload")
    lines = [f"{name} was not changed: {workloads} in it cannot be guarded safely."]
    for one in injected.refused:
        lines.append(f"  {printable(one.workload.title)}, line {one.workload.line}: {printable(one.refusal.problem)}")
        lines.append(f"          next    {printable(one.refusal.next_step)}")
    return "\n".join(lines)


def build_diff(name: str, before: str, after: str) -> str:
    """Return what changed as a unified diff, which `patch` takes."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    lines = difflib.unified_diff(old, new, fromfile=name, tofile=name)
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


def _count(reviewed: Sequence[Reviewed], judged: bool) -> int:
    return sum(one.status is not Status.SKIPPED and (one.status is not Status.UNKNOWN) == judged for one in reviewed)


def _row(one: Reviewed) -> dict[str, Any]:
    workload = one.workload
    return {
        "kind": workload.kind,
        "name": workload.name,
        "namespace": workload.namespace or None,
        "line": workload.line,
        "verdict": one.status.name,
        "findings": [finding.to_json() for finding in one.findings],
    }
