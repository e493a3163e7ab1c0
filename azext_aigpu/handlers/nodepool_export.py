"""`az aigpu nodepool export`: writes a pool that exists as a spec, as Terraform, as Bicep or for Karpenter."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from aigpu_contract.exit_codes import EXIT_COULD_NOT_JUDGE
from aigpu_contract.finding import Status
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.rendering import printable, render_findings
from azext_aigpu import inventory, render, review
from azext_aigpu._errors import refuse
from azext_aigpu.audit import REGION_RULES
from azext_aigpu.cloud.clusters import read_cluster
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.cloud.pools import read_pool
from azext_aigpu.cluster_id import ClusterId
from azext_aigpu.cost import build_cost
from azext_aigpu.exit_code import end_with
from azext_aigpu.export import bicep, karpenter, spec, terraform
from azext_aigpu.export.formats import BICEP, KARPENTER, SPEC, TERRAFORM
from azext_aigpu.export.pool import Export, build_clone, build_export
from azext_aigpu.handlers.session import Session, known, open_session
from azext_aigpu.spec import PoolSpec, fill_defaults
from azext_aigpu.text_files import print_text, write_text

WRITERS: Mapping[str, tuple[Callable[[Export], str], Callable[[Export], tuple[str, ...]]]] = {
    SPEC: (spec.write_spec, spec.list_notes),
    TERRAFORM: (terraform.write_terraform, terraform.list_notes),
    BICEP: (bicep.write_bicep, bicep.list_notes),
    KARPENTER: (karpenter.write_karpenter, karpenter.list_notes),
}


def export_nodepool(
    cmd: Any,
    resource_group_name: str,
    cluster_name: str,
    nodepool_name: str,
    format: str = SPEC,  # noqa: A002  the option's name
    file: str | None = None,
    location: str | None = None,
    gpu_model: str | None = None,
    gpu_count: int | None = None,
) -> None:
    """Write the document to stdout or a file; exits 1 for a pool that no rule would let be made again."""
    session = open_session(cmd)
    arm = session.connect()
    cluster = known(read_cluster(arm, resource_group_name, cluster_name))
    pool = known(read_pool(arm, resource_group_name, cluster_name, nodepool_name))
    asked = _read_asked(session, pool, resource_group_name, cluster_name, gpu_model, gpu_count)
    where = ClusterId(session.subscription, resource_group_name, cluster_name)
    export = build_export(asked, where, cluster.location)
    _judge(session, export)
    region = (location or cluster.location).replace(" ", "").lower()
    if location and region != cluster.location.lower():
        export = build_clone(export, region)
    judged = not location or _judge_region(session, export, region)
    _write(session, export, format, file)
    if not judged:
        session.say(f"Whether {region} has room for it could not be judged.")
        end_with(session.cli_ctx, EXIT_COULD_NOT_JUDGE)


def _read_asked(
    session: Session, pool: Pool, group: str, cluster: str, model: str | None, count: int | None
) -> PoolSpec:
    """Return what the pool amounts to; exits 1 where nobody has said that it is meant to have GPUs."""
    read = known(inventory.spec_of(pool, group, cluster, session.limits))
    declared = inventory.gpu_intent(pool, session.limits.taint.key) or (model and count)
    if not declared:
        refuse(
            f"Nobody wrote down what node pool '{pool.name}' ({inventory.size_of(pool)}) is meant to be: it has "
            "neither a label nor the taint of a GPU pool.\n"
            "Say it: --gpu-model MODEL --gpu-count N. Then the document says it too."
        )
    return dataclasses.replace(read, gpu_model=model or read.gpu_model, gpu_count=count or read.gpu_count)


def _judge(session: Session, export: Export) -> None:
    findings = review.review_spec(export.spec)
    stops = review.stopping(findings)
    if stops:
        refuse(render.render_refusal(export.spec, stops, "a document of it would only make it again"))
    _tell(session, [item for item in findings if item.status is Status.WARN])


def _judge_region(session: Session, export: Export, region: str) -> bool:
    """Return whether all could be judged; exits 1 where the region has not got the size or the quota for the pool."""
    from azext_aigpu.cloud.read import read_region
    from azext_aigpu.handlers.region_names import check_region_names

    size = export.spec.node_vm_size or ""
    arm = session.connect()
    cloud = read_region(arm, session.price_feed, region, (size,))
    if isinstance(cloud.skus, Unknown):
        check_region_names(session, arm, [region])
    # It is a pool more, so none of its nodes exists yet.
    cloud = dataclasses.replace(cloud, pools=Known(()))
    wanted = fill_defaults(export.spec)
    findings = review.review_cloud(wanted, cloud, only=REGION_RULES)
    stops = review.stopping(findings)
    if stops:
        refuse(render.render_refusal(wanted, stops, f"it could not be made in {region}, and nothing was written"))
    _tell(session, [item for item in findings if item.status not in (Status.PASS, Status.SKIPPED)])
    session.say(build_cost(wanted, cloud.price_of(size)).line())
    return all(item.status is not Status.UNKNOWN for item in findings)


def _tell(session: Session, findings: list[Any]) -> None:
    if findings:
        session.say(render_findings(findings))


def _write(session: Session, export: Export, form: str, file: str | None) -> None:
    write, list_notes = WRITERS[form]
    try:
        text = write(export)
    except karpenter.NoLimitError as error:
        refuse(f"{printable(str(error))}, so its NodePool would have no limit; nothing was written.\n{_LOOK}")
    for note in list_notes(export):
        session.say(printable(note))
    if file:
        write_text(file, text, "--file")
        session.say(f"Wrote {file}.")
    else:
        print_text(text)


_LOOK = "Look at its count: az aks nodepool show. Then try again, or give it one: az aigpu nodepool update"
