"""`az aigpu policy` show, create, list and delete: Azure Policy out of the catalogue, at a scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from aigpu_contract.exit_codes import EXIT_COULD_NOT_JUDGE
from aigpu_contract.reading import Reading, Unknown
from azext_aigpu._errors import refuse, stop
from azext_aigpu.handlers.session import READ_FAILED_NEXT, Session, open_session
from azext_aigpu.policy import assignments, changes
from azext_aigpu.policy.assignments import Scope, Wanted, build_assignments
from azext_aigpu.policy.changes import Write
from azext_aigpu.policy.definitions import AUDIT, DENY, NAMES, build_definitions
from azext_aigpu.policy.impact import Existing, find_broken
from azext_aigpu.policy.sizes import allowed_sizes

if TYPE_CHECKING:
    from azext_aigpu.cloud.arm import Arm

MOST_LINES = 40
LATER = (
    "A Deny leaves what runs alone and refuses its next write: scaling, upgrading and repairing a node pool write its "
    "scale set."
)


def show_policy(cmd: Any, name: str | None = None) -> list[dict[str, Any]]:
    """Return the definitions as they would be sent today; nobody has to be signed in."""
    today = open_session(cmd).limits.today
    return [
        {"name": one.name, **one.properties()} for one in build_definitions(today) if name is None or one.name == name
    ]


def create_policy(
    cmd: Any,
    resource_group_name: str | None = None,
    management_group: str | None = None,
    effect: str = AUDIT,
    allowed_sizes: Sequence[str] | None = None,
    allowed_models: Sequence[str] | None = None,
    required_tags: Sequence[str] | None = None,
    gpu_pool_names: Sequence[str] | None = None,
    dry_run: bool = False,
    yes: bool = False,
) -> list[dict[str, Any]]:
    """Write what differs of definitions and assignments; a Deny first lists what it would break, and asks."""
    session = open_session(cmd)
    scope = _scope(session, resource_group_name, management_group)
    wanted = _wanted(session, effect, allowed_sizes, allowed_models, required_tags, gpu_pool_names)
    arm = session.connect()
    writes = _plan(session, arm, scope, wanted)
    for one in writes:
        for change in one.changes:
            session.say(f"Assignment {one.name} changes {change}.")
    if wanted.effect == DENY:
        broken = _show_broken(session, arm, scope, wanted, resource_group_name)
        if not (dry_run or yes):
            _ask(scope, broken)
    if dry_run:
        session.say("Dry run: nothing was written.")
    else:
        _send(session, arm, writes)
    return [one.to_json() for one in writes]


def list_policy(
    cmd: Any, resource_group_name: str | None = None, management_group: str | None = None
) -> list[dict[str, Any]]:
    """Return our definitions and assignments at a scope, and whether the definitions are those of today."""
    session = open_session(cmd)
    scope = _scope(session, resource_group_name, management_group)
    held, assigned = _read(session.connect(), scope)
    current = changes.plan_definitions(build_definitions(session.limits.today), held, scope)
    rows = [
        {
            "name": one.name,
            "kind": changes.DEFINITION,
            "state": {changes.CREATE: "missing", changes.UPDATE: "out of date"}.get(one.action, "current"),
            "effect": None,
            "id": one.id,
        }
        for one in current
    ]
    return rows + [_assigned_row(name, one, scope) for name, one in assigned.items() if changes.is_ours(one)]


def delete_policy(
    cmd: Any, resource_group_name: str | None = None, management_group: str | None = None
) -> list[dict[str, Any]]:
    """Delete our assignments at a scope, and the definitions that nothing else uses."""
    from azext_aigpu.cloud.policies import API_VERSION

    session = open_session(cmd)
    scope = _scope(session, resource_group_name, management_group)
    arm = session.connect()
    held, assigned = _read(arm, scope)
    done = []
    for name in [name for name, one in assigned.items() if changes.is_ours(one)]:
        arm.delete(scope.assignment_id(name), API_VERSION)
        done.append(_deleted_row(name, changes.ASSIGNMENT, scope.assignment_id(name), "deleted"))
    done += [_delete_definition(session, arm, scope, name) for name in NAMES if name in held]
    if not done:
        session.say("Nothing of az aigpu policy is at this scope; nothing was deleted.")
    return done


def _scope(session: Session, group: str | None, management_group: str | None) -> Scope:
    # That both were given, the arguments' validator has refused.
    if management_group is not None:
        return assignments.management_scope(management_group)
    if group is not None:
        return assignments.group_scope(session.subscription, group)
    return assignments.subscription_scope(session.subscription)


def _wanted(
    session: Session,
    effect: str,
    sizes: Sequence[str] | None,
    models: Sequence[str] | None,
    tags: Sequence[str] | None,
    names: Sequence[str] | None,
) -> Wanted:
    """Return what is to be enforced; what is not given comes from the settings, as for `nodepool add`."""
    chosen = models if models is not None else session.settings.allowed_models
    by_model = None if chosen is None else allowed_sizes(session.limits.today, chosen)
    allowed = by_model if sizes is None else tuple(sizes)
    required = tags if tags is not None else session.settings.required_tags
    # A default of azure-cli's is a text of its own kind, which does not come out as one.
    return Wanted(str(effect), allowed, tuple(dict.fromkeys(required or ())), tuple(names or ()))


def _plan(session: Session, arm: Arm, scope: Scope, wanted: Wanted) -> tuple[Write, ...]:
    held, assigned = _read(arm, scope)
    definitions = changes.plan_definitions(build_definitions(session.limits.today), held, scope)
    return definitions + changes.plan_assignments(build_assignments(wanted), assigned, scope)


def _read(arm: Arm, scope: Scope) -> tuple[changes.Held, changes.Held]:
    from azext_aigpu.cloud.policies import read_assignments, read_definitions

    try:
        return read_definitions(arm, scope), read_assignments(arm, scope)
    except ValueError as error:
        refuse(f"What policy there is could not be read: Azure's answer makes no sense ({error}).\n{READ_FAILED_NEXT}")


def _send(session: Session, arm: Arm, writes: Sequence[Write]) -> None:
    from azext_aigpu.cloud.policies import write

    for one in writes:
        write(arm, one)
        if one.action == changes.KEPT:
            session.say(
                f"Assignment {one.name} is there from before and was left: az aigpu policy delete takes all away."
            )
    written = [one for one in writes if one.action in (changes.CREATE, changes.UPDATE)]
    session.say(f"{len(written)} written. Azure applies a new assignment to requests within about 30 minutes.")


def _show_broken(session: Session, arm: Arm, scope: Scope, wanted: Wanted, group: str | None) -> int:
    """List what a Deny would break and return the number of resources; ends with 5 where that cannot be told."""
    existing = _read_existing(session, arm, scope)
    if isinstance(existing, Unknown):
        _could_not_tell(existing.reason)
    inside = [one for one in existing.value if group is None or _is_in_group(one, group)]
    broken = find_broken(inside, wanted, session.limits.today)
    count = len({one.existing.id for one in broken})
    head = f"{count} of {len(inside)} existing node pools, virtual machines and scale sets in {scope.words}"
    lines = [one.line() for one in broken[:MOST_LINES]]
    lines += [f"  and {len(broken) - MOST_LINES} more"] if len(broken) > MOST_LINES else []
    session.say("\n".join([f"{head} would break{':' if broken else '.'}", *lines, LATER]))
    return count


def _read_existing(session: Session, arm: Arm, scope: Scope) -> Reading[tuple[Existing, ...]]:
    from azext_aigpu.cloud.gpu_estate import read_existing
    from azext_aigpu.cloud.resource_graph import read_descendants

    if scope.definitions_path.startswith("/subscriptions/"):
        return read_existing(arm, {"subscriptions": [session.subscription]}, (session.subscription,))
    name = scope.path.rpartition("/")[2]
    expected = read_descendants(arm, name)
    if isinstance(expected, Unknown):
        return expected
    return read_existing(arm, {"managementGroups": [name]}, expected.value)


def _is_in_group(one: Existing, group: str) -> bool:
    return f"/resourcegroups/{group.lower()}/" in one.id.lower()


def _could_not_tell(reason: str) -> NoReturn:
    stop(
        f"It is not known what a Deny would break, so nothing was written: {reason}.\n"
        "Get the right to read what is there (docs/reference/permissions.md), or start with --effect Audit, which "
        "refuses nothing and lists in the portal what does not fit.",
        EXIT_COULD_NOT_JUDGE,
    )


def _ask(scope: Scope, broken: int) -> None:
    from knack.prompting import NoTTYException, prompt_y_n

    try:
        agreed = prompt_y_n(f"Deny from now on in {scope.words}, with {broken} existing resources that break?", "n")
    except NoTTYException:
        refuse(
            "Nobody can be asked here whether to deny, so nothing was written.\nAdd --yes to deny without being asked."
        )
    if not agreed:
        refuse("Nothing was written.")


def _assigned_row(name: str, properties: Any, scope: Scope) -> dict[str, Any]:
    parameters = {key: (value or {}).get("value") for key, value in (properties.get("parameters") or {}).items()}
    return {
        "name": name,
        "kind": changes.ASSIGNMENT,
        "state": "assigned" if properties.get("enforcementMode") != "DoNotEnforce" else "assigned, not enforced",
        "effect": parameters.pop("effect", AUDIT),
        "parameters": parameters,
        "id": scope.assignment_id(name),
    }


def _deleted_row(name: str, kind: str, path: str, action: str, why: str = "") -> dict[str, Any]:
    return {"name": name, "kind": kind, "action": action, "why": why, "id": path}


def _delete_definition(session: Session, arm: Arm, scope: Scope, name: str) -> dict[str, Any]:
    from azext_aigpu.cloud.errors import CallFailed
    from azext_aigpu.cloud.policies import API_VERSION, read_uses

    path = scope.definition_id(name)
    uses = read_uses(arm, scope, name)
    if uses:
        why = f"assigned at {uses[0]}"
    else:
        try:
            arm.delete(path, API_VERSION)
        except CallFailed as error:
            why = error.problem.sentence
        else:
            return _deleted_row(name, changes.DEFINITION, path, "deleted")
    session.say(f"Definition {name} was kept: {why}.")
    return _deleted_row(name, changes.DEFINITION, path, changes.KEPT, why)
