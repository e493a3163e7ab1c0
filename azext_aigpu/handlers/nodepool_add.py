"""`az aigpu nodepool add`: refuse what is not what was meant, else create it, wait, read it back and compare.

What talks to Azure is imported only when a request may be sent: a refused size must not wait for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from azext_aigpu import options, render
from azext_aigpu._errors import refuse
from azext_aigpu.attempts import build_attempts, review_offline
from azext_aigpu.handlers.session import Session, open_session
from azext_aigpu.spec import PoolSpec


def add_nodepool(
    cmd: Any, resource_group_name: str, cluster_name: str, nodepool_name: str, no_wait: bool = False, **kwargs: Any
) -> dict[str, Any] | None:
    """Create one GPU node pool, or refuse it and say why."""
    session = open_session(cmd, kwargs.get("max_hourly_cost"))
    specs = _build_specs(session, resource_group_name, cluster_name, nodepool_name, kwargs)
    _refuse_offline(specs, bool(kwargs.get("strict")))

    from azext_aigpu.handlers.creating import create_first_possible

    return create_first_possible(session, specs, kwargs, no_wait)


def _build_specs(
    session: Session, resource_group: str, cluster: str, name: str, given: dict[str, Any]
) -> tuple[PoolSpec, ...]:
    size = options.resolve_size(given, session.limits.today)
    if size != given.get("node_vm_size"):
        session.say(f"Size {size} was found for the GPUs asked for.")
    spec = options.build_spec({**given, "node_vm_size": size}, resource_group, cluster, name, None, session.limits)
    return build_attempts(spec, given.get("try_sizes") or (), given.get("try_zones") or ())


def _refuse_offline(specs: Sequence[PoolSpec], strict: bool) -> None:
    # A size in the list that is not a GPU is a mistake in the command, not a reason to try the next one.
    for spec, stops in zip(specs, review_offline(specs, strict), strict=True):
        if stops:
            refuse(render.render_refusal(spec, stops, "nothing was sent to Azure"))
