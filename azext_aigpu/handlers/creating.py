"""The part of `nodepool add` that talks to Azure: judge every attempt, then send them in turn until one is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aigpu_contract.reading import Known
from aigpu_contract.rendering import render_findings
from azext_aigpu import inventory, render
from azext_aigpu._errors import refuse
from azext_aigpu.attempts import Attempt, judge_attempt
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.facts import CloudFacts, Pool
from azext_aigpu.cloud.read import read_cloud
from azext_aigpu.handlers import writing
from azext_aigpu.handlers.session import Session
from azext_aigpu.spec import PoolSpec


def create_first_possible(
    session: Session, specs: Sequence[PoolSpec], given: Mapping[str, Any], no_wait: bool
) -> dict[str, Any] | None:
    """Create the first of `specs` that every rule lets pass and that Azure has room for; `given` are the options."""
    arm = session.connect()
    cloud = _read(session, arm, specs)
    leftover = _failed_leftover(cloud, specs[0].name) if given.get("replace_failed") else None
    free = inventory.without(cloud, leftover)
    attempts = [judge_attempt(spec, free, bool(given.get("strict")), given.get("aks_custom_headers")) for spec in specs]
    chosen = _choose(session, attempts)
    if given.get("dry_run"):
        return _show_plans(session, chosen, leftover)
    if leftover is not None:
        writing.delete_leftover(session, arm, chosen[0].plan.spec, leftover)
    return _create(session, arm, chosen, no_wait)


def _read(session: Session, arm: Arm, specs: Sequence[PoolSpec]) -> CloudFacts:
    sizes = tuple(dict.fromkeys(spec.node_vm_size for spec in specs if spec.node_vm_size))
    return read_cloud(arm, session.price_feed, specs[0], sizes)


def _failed_leftover(cloud: CloudFacts, name: str) -> Pool | None:
    """Return the pool of this name when it is ours, Failed and without a node: what a lack of capacity leaves."""
    pools = cloud.pools.value if isinstance(cloud.pools, Known) else ()
    return next((pool for pool in pools if pool.name == name and inventory.is_failed_leftover(pool)), None)


def _choose(session: Session, attempts: Sequence[Attempt]) -> list[Attempt]:
    """Return the attempts that may be sent; say why each other one is left out; refuse when none is left."""
    good = [attempt for attempt in attempts if not attempt.stops]
    bad = [attempt for attempt in attempts if attempt.stops]
    if not good:
        texts = [render.render_refusal(bad[0].plan.spec, bad[0].stops, "nothing was created")]
        texts += [f"{attempt.title}:\n{render_findings(attempt.stops)}" for attempt in bad[1:]]
        refuse("\n".join([*texts, bad[0].plan.cost.line()]))
    for attempt in bad:
        session.say(f"Left out of the list: {attempt.title}\n{render_findings(attempt.stops)}")
    return good


def _show_plans(session: Session, attempts: Sequence[Attempt], leftover: Pool | None) -> dict[str, Any]:
    for attempt in attempts:
        session.say(render.render_plan(attempt.plan))
    if leftover is not None:
        session.say(f"First the Failed pool '{leftover.name}' (0 nodes) would be deleted (--replace-failed).")
    session.say("Dry run: nothing was created.")
    first, *others = [attempt.plan.to_json() for attempt in attempts]
    return {**first, "alternatives": others} if others else first


def _create(session: Session, arm: Arm, attempts: Sequence[Attempt], no_wait: bool) -> dict[str, Any] | None:
    for position, attempt in enumerate(attempts):
        session.say(render.render_plan(attempt.plan))
        last = position == len(attempts) - 1
        written = writing.write(session, arm, attempt.plan, no_wait, go_on_without_capacity=not last)
        if not isinstance(written, writing.NoCapacity):
            _say_empty(session, attempt.plan.spec, no_wait)
            return written
        session.say(f"No capacity for {attempt.title}: {written.problem.sentence}")
        writing.remove_failed(session, arm, attempt.plan)
    return None


def _say_empty(session: Session, spec: PoolSpec, no_wait: bool) -> None:
    if not no_wait and spec.enable_cluster_autoscaler and not spec.node_count:
        session.say("The pool has no node yet: the autoscaler adds the first one when a pod asks for a GPU.")
