"""Reads a plan file that comes from outside: whole, unedited, and in the form that `document` writes. Pure."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

from aigpu_contract.rendering import printable
from azext_aigpu import forms
from azext_aigpu.cluster_id import ClusterId, parse_cluster_id
from azext_aigpu.foreign.document import UnreadableDocument, parse_document
from azext_aigpu.plan import CREATE, RECONCILE, REPLACE, UNCHANGED, UPDATE, Change
from azext_aigpu.plan_file.document import DIGEST, KIND, PlanFile, PlannedStep, PlanRefused, compute_digest
from azext_aigpu.usage import UsageError

MOST_BYTES = 8 * 1024 * 1024
"""No plan of this tool is larger."""

MOST_STEPS = 1000
NEW_PLAN = "Make a new plan: az aigpu nodepool plan --file SPEC --plan-file OUT"
_ACTIONS = (CREATE, UPDATE, RECONCILE, UNCHANGED, REPLACE)
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def parse_plan_file(content: bytes, name: str) -> PlanFile:
    """Return the plan in `content`; `name` is the file's.

    Raises UsageError for what is no plan at all, and PlanRefused for one that is not as it was made.
    """
    try:
        data = parse_document(content, name)
        return _parse(data, _check_digest(data, name))
    except UnreadableDocument as error:
        raise UsageError(f"--plan-file: {error}.", NEW_PLAN) from error
    except ValueError as error:
        raise UsageError(f"--plan-file: {name} is no plan: {error}.", NEW_PLAN) from error


def _check_digest(data: Mapping[str, Any], name: str) -> str:
    """Return the digest of a plan, which is also the one that stands in it."""
    if data.get("kind") != KIND:
        raise ValueError(f"kind is {_show(data.get('kind'))}, wanted is {KIND}")
    digest = compute_digest(data)
    if data.get(DIGEST) != digest:
        raise PlanRefused(
            f"{name} is not as it was made: its digest is {_show(data.get(DIGEST))}, its content has {digest}.\n"
            f"It was edited or cut short. Nothing was sent. {NEW_PLAN}"
        )
    return digest


def _parse(data: Mapping[str, Any], digest: str) -> PlanFile:
    steps = _list(data, "steps")
    if not steps:
        raise ValueError("it has no step, and a plan has one for each pool of its specs")
    if len(steps) > MOST_STEPS:
        raise ValueError(f"it has {len(steps)} steps, wanted are at most {MOST_STEPS}")
    plan = PlanFile(
        digest=digest,
        version=_text(data, "version"),
        endpoint=_text(data, "endpoint"),
        created=_moment(data, "created"),
        expires=_moment(data, "expires"),
        steps=tuple(_parse_step(step, f"steps[{number}]") for number, step in enumerate(steps)),
    )
    names = [(step.cluster.key, step.name) for step in plan.steps]
    if len(set(names)) != len(names):
        raise ValueError("it has two steps for one pool")
    return plan


def _parse_step(step: Any, where: str) -> PlannedStep:
    if not isinstance(step, dict):
        raise ValueError(f"{where} is no object")  # noqa: TRY004 (bad data, not a bad call)
    action = _text(step, "action", where)
    if action not in _ACTIONS:
        raise ValueError(f"{where}.action is {_show(action)}, wanted is one of {', '.join(_ACTIONS)}")
    read = step.get("read")
    if (action == CREATE) != (read is None) or not isinstance(read, (dict, type(None))):
        raise ValueError(f"{where}.read does not go with {action}")
    leftover = step.get("leftoverEtag")
    if leftover is not None and (action != CREATE or not isinstance(leftover, str) or not leftover):
        raise ValueError(f"{where}.leftoverEtag does not go with {action}")
    properties = step.get("properties")
    if not isinstance(properties, dict):
        raise ValueError(f"{where}.properties is no object")  # noqa: TRY004
    return PlannedStep(
        action,
        _cluster(step, where),
        _name(step, where),
        properties,
        tuple(_change(one, where) for one in _list(step, "changes", where)),
        read,
        leftover,
    )


def _cluster(step: Mapping[str, Any], where: str) -> ClusterId:
    try:
        return parse_cluster_id(_text(step, "cluster", where))
    except ValueError as error:
        raise ValueError(f"{where}.cluster is {_show(step.get('cluster'))}; {error}") from error


def _name(step: Mapping[str, Any], where: str) -> str:
    try:
        return forms.parse_pool_name(_text(step, "name", where))
    except UsageError as error:
        raise ValueError(f"{where}.name is {_show(step.get('name'))}, no name of a pool") from error


def _change(change: Any, where: str) -> Change:
    if not isinstance(change, dict) or set(change) != {"path", "before", "after"}:
        raise ValueError(f"{where}.changes holds what is no change")
    return Change(_text(change, "path", where), change["before"], change["after"])


def _text(data: Mapping[str, Any], key: str, where: str = "") -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{where + '.' if where else ''}{key} is {_show(value)}, wanted is a text")
    return value


def _list(data: Mapping[str, Any], key: str, where: str = "") -> list[Any]:
    value = data.get(key)
    if not isinstance(value, list):
        raise ValueError(f"{where + '.' if where else ''}{key} is {_show(value)}, wanted is a list")  # noqa: TRY004
    return value


def _moment(data: Mapping[str, Any], key: str) -> datetime.datetime:
    text = _text(data, key)
    try:
        return datetime.datetime.strptime(text, _TIME).replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        raise ValueError(f"{key} is {_show(text)}, wanted is a time such as 2026-11-24T09:00:00Z") from None


def _show(value: Any) -> str:
    text = printable(json.dumps(value, ensure_ascii=True))
    return text if len(text) <= 100 else text[:97] + "..."
