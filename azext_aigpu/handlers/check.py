"""`az aigpu check`: gate 1 on what other tools are about to make. Offline, unless Azure is to be asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from aigpu_contract.reading import Unknown
from azext_aigpu import audit
from azext_aigpu.audit import Judged, Policy
from azext_aigpu.audit.report import Report
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.foreign.document import MOST_BYTES, UnreadableDocument, parse_document
from azext_aigpu.foreign.resources import ForeignMachine, ForeignPlan, ForeignPool
from azext_aigpu.handlers.reporting import conclude
from azext_aigpu.handlers.session import Session, open_session
from azext_aigpu.input_files import name_of, read_input
from azext_aigpu.usage import UsageError


def check_documents(
    cmd: Any,
    tfplan: list[str] | None = None,
    template: list[str] | None = None,
    template_parameters: list[str] | None = None,
    what_if: list[str] | None = None,
    gpu_pools: tuple[str, ...] | None = None,
    location: str | None = None,
    online: bool = False,
    max_hourly_cost: Decimal | None = None,
    waive: Mapping[str, str] | None = None,
    strict: bool = False,
    sarif: str | None = None,
) -> dict[str, Any]:
    """Judge every pool, virtual machine and scale set of the given documents. Exits 4 and 5 by the verdict."""
    _check_sources(tfplan, template, template_parameters, what_if)
    session = open_session(cmd, max_hourly_cost)
    try:
        plans = _read_plans(tfplan or (), template or (), template_parameters or (), what_if or ())
    except UnreadableDocument as error:
        raise UsageError(f"{error}.") from error
    policy = Policy(session.limits, gpu_pools or (), waive or {}, location)
    if online:
        policy = dataclasses.replace(policy, online=True, clouds=_ask(session, plans, policy))
    return conclude(session, Report(_judge(plans, policy), strict), sarif)


def _check_sources(
    tfplan: Sequence[str] | None,
    template: Sequence[str] | None,
    parameters: Sequence[str] | None,
    what_if: Sequence[str] | None,
) -> None:
    if not (tfplan or template or what_if):
        raise UsageError(
            "No document to check was given.",
            "Add one of them: --tfplan plan.json | --template main.json | --what-if what-if.json",
        )
    if parameters and not template:
        raise UsageError(
            "--template-parameters was given without --template.", "Add the template that the parameters are for."
        )


def _read_plans(
    tfplans: Sequence[str], templates: Sequence[str], parameters: Sequence[str], what_ifs: Sequence[str]
) -> list[ForeignPlan]:
    plans: list[ForeignPlan] = []
    if tfplans:
        from azext_aigpu.foreign.terraform import read_terraform_plan

        plans += [read_terraform_plan(_read(path, "--tfplan"), path) for path in tfplans]
    if templates:
        from azext_aigpu.foreign.arm_template import read_arm_template

        values = [_read(path.removeprefix("@"), "--template-parameters") for path in parameters]
        plans += [read_arm_template(_read(path, "--template"), path, values) for path in templates]
    if what_ifs:
        from azext_aigpu.foreign.what_if import read_what_if

        plans += [read_what_if(_read(path, "--what-if"), path) for path in what_ifs]
    return plans


_MADE_BY = {
    "--tfplan": "terraform plan -out tf.plan && terraform show -json tf.plan > plan.json",
    "--template": "an ARM template, or az bicep build --file main.bicep --outfile main.json",
    "--template-parameters": "the template's parameters as JSON",
    "--what-if": "az deployment group what-if ... --no-pretty-print -o json > what-if.json",
}
"""How the file of each option comes to be."""


def _read(path: str, option: str) -> Mapping[str, Any]:
    return parse_document(read_input(path, option, MOST_BYTES, f"{option} FILE: {_MADE_BY[option]}"), name_of(path))


def _judge(plans: Sequence[ForeignPlan], policy: Policy) -> tuple[Judged, ...]:
    """Return all documents judged; a name of `--gpu-pools` needs to be in one of them."""
    items = [item for plan in plans for item in plan.items]
    missing = audit.missing_names(items, policy.gpu_pools)
    present = dataclasses.replace(policy, gpu_pools=tuple(name for name in policy.gpu_pools if name not in missing))
    judged = tuple(one for plan in plans for one in audit.judge_items(plan.items, present))
    return judged + tuple(audit.judge_missing(plans, name) for name in missing)


def _ask(session: Session, plans: Sequence[ForeignPlan], policy: Policy) -> dict[str, CloudFacts]:
    """Return what Azure says about every region that something is in."""
    from azext_aigpu.cloud.read import read_region
    from azext_aigpu.handlers.region_names import check_region_names

    sizes: dict[str, set[str]] = {}
    for plan in plans:
        for item in plan.items:
            region = audit.region_of(item.place, policy)
            if region and isinstance(item, (ForeignPool, ForeignMachine)):
                sizes.setdefault(region, set()).update(audit.gpu_sizes(item))
    wanted = {region: names for region, names in sizes.items() if names}
    if not wanted:
        session.say("Nothing with a GPU size and a region is in it, so Azure was not asked.")
        return {}
    arm = session.connect()
    clouds = {
        region: read_region(arm, session.price_feed, region, tuple(sorted(names))) for region, names in wanted.items()
    }
    given = clouds.get(policy.location or "")
    if policy.location and given and isinstance(given.skus, Unknown):
        check_region_names(session, arm, [policy.location])
    return clouds
