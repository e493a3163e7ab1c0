"""`az aigpu job` check and inject: manifests of workloads, offline, with no login and no cluster."""

from __future__ import annotations

from typing import Any

from azext_aigpu._errors import refuse
from azext_aigpu.cluster.jobs import report
from azext_aigpu.cluster.jobs.documents import parse_documents
from azext_aigpu.cluster.jobs.guard import Wanted
from azext_aigpu.cluster.jobs.inject import inject
from azext_aigpu.cluster.jobs.inject_error import InjectError
from azext_aigpu.cluster.jobs.review import review_workloads
from azext_aigpu.cluster.jobs.workloads import list_workloads
from azext_aigpu.exit_code import end_with
from azext_aigpu.handlers.session import Session, open_session
from azext_aigpu.input_files import name_of
from azext_aigpu.text_files import print_text, read_text, write_text


def check_job(cmd: Any, file: str, gpu_pools: frozenset[str] | None = None) -> dict[str, Any]:
    """Return what the manifest's workloads say about GPUs; ends with 4 for findings, 5 where it could not judge."""
    session = open_session(cmd)
    name = name_of(file)
    documents = parse_documents(read_text(file), name)
    workloads = [workload for document in documents for workload in list_workloads(document)]
    reviewed = review_workloads(workloads, session.settings.taint, gpu_pools)
    session.say(report.render_report(name, reviewed))
    end_with(cmd.cli_ctx, report.exit_code_of(reviewed))
    return report.build_report(name, reviewed)


def inject_job(
    cmd: Any,
    file: str,
    gpus: int | None = None,
    image: str | None = None,
    on_fallback: str | None = None,
    gpu_deadline: str | None = None,
    container: str | None = None,
    program_ends_with_78: bool = False,
    output_file: str | None = None,
    diff: bool = False,
) -> None:
    """Write the manifest with its GPU jobs guarded to stdout or a file, or the difference; all of it or nothing."""
    session = open_session(cmd)
    wanted = Wanted(
        gpus=gpus,
        image=image or session.settings.agent_image,
        on_fallback=on_fallback,
        gpu_deadline=gpu_deadline,
        container=container,
        taint=session.settings.taint,
        program_ends_with_78=program_ends_with_78,
    )
    name = name_of(file)
    before = read_text(file)
    after = _inject(session, before, name, wanted)
    if diff:
        print_text(report.build_diff(name, before, after))
    elif output_file:
        write_text(output_file, after)
        session.say(f"Wrote {output_file}.")
    else:
        print_text(after)


def _inject(session: Session, text: str, name: str, wanted: Wanted) -> str:
    try:
        injected = inject(text, name, wanted)
    except InjectError as refusal:
        refuse(f"{name} was not changed: {refusal.problem}.\n{refusal.next_step}")
    if injected.refused or not injected.guarded:
        refuse(report.render_refused(name, injected))
    session.say(report.render_injected(injected))
    return injected.text
