"""Judges whether the objects of an installation are there, and are what was asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aigpu_contract import __version__
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Reading, Unknown
from aigpu_contract.rendering import clip, count, printable
from azext_aigpu.cluster.admission import own_node_policy, reverse_policy
from azext_aigpu.cluster.agent.differences import MOST_CHARACTERS, NOT_THERE, Difference, list_differences
from azext_aigpu.cluster.agent.objects import Identity, Object, command_for, identity_of, title_of
from azext_aigpu.cluster.manifests.settings import AgentSettings
from azext_aigpu.cluster.sightings import shorten

OBJECTS_ID = "agent-objects"
MOST_SHOWN = 3

_BY_NAME = {
    own_node_policy.NAME: "each agent may write every node",
    reverse_policy.NAME: "CPU jobs may pass unseen",
}
_BY_KIND = {
    "Namespace": "the agent's pods may be refused",
    "PriorityClass": "the agent's pods may not be made, or end pods of others",
    "ServiceAccount": "the agent may not start",
    "ClusterRole": "the agent may lack a right, or have one that it must not have",
    "Role": "the agent may lack a right, or have one that it must not have",
    "ClusterRoleBinding": "the agent may lack its rights, or others have them",
    "RoleBinding": "the agent may lack its rights, or others have them",
    "DaemonSet": "what runs on the nodes is not what was asked for",
}
_OTHERWISE = "it does not do what it is there for"


def review_record(record: Reading[AgentSettings] | None, again: str) -> Iterator[Finding]:
    """Yield that nothing says, or nothing that can be read, what the installation was asked to be."""
    if isinstance(record, Known):
        return
    is_broken = isinstance(record, Unknown)
    yield Finding(
        OBJECTS_ID,
        "InstallationUndeclared",
        Status.UNKNOWN if is_broken else Status.WARN,
        "the DaemonSet does not say which options the agent was installed with, so the rest was held to the DaemonSet "
        "itself, and the DaemonSet to nothing",
        seen=f"a record that cannot be read: {record.reason}" if isinstance(record, Unknown) else "no record",
        wanted="the record that az aigpu agent install writes",
        next_step=f"{again}; objects that GitOps applied have no record: there the repository is what counts",
    )


def review_objects(
    wanted: Sequence[Object], seen: Mapping[Identity, Reading[Object | None]], again: str, made_by: str | None = None
) -> Iterator[Finding]:
    """Yield every object that is missing, altered, left over or not known.

    `made_by` is the version that installed them, None where nobody says it. Another version than this one may have
    wanted other objects, so that nothing tells its own from what somebody changed.
    """
    of_another = made_by not in (None, __version__)
    differing = []
    for identity, finding in _review_all(wanted, seen, again):
        if of_another and finding.status is Status.FAIL:
            differing.append(title_of(identity))
        else:
            yield finding
    if differing:
        yield _of_another_version(differing, printable(str(made_by)), again)


def _review_all(
    wanted: Sequence[Object], seen: Mapping[Identity, Reading[Object | None]], again: str
) -> Iterator[tuple[Identity, Finding]]:
    named = {identity_of(one): one for one in wanted}
    for identity, one in named.items():
        for finding in _review_one(identity, one, seen.get(identity, Unknown("it was not looked at")), again):
            yield identity, finding
    for identity, reading in seen.items():
        if identity not in named and isinstance(reading, Known) and reading.value is not None:
            what = "is there, and was not asked for"
            yield identity, _finding(identity, what, "there", "not there", f"{_delete(identity)}; or: {again}")


def _of_another_version(titles: Sequence[str], version: str, again: str) -> Finding:
    return Finding(
        OBJECTS_ID,
        "InstallationOfAnotherVersion",
        Status.UNKNOWN,
        "another version of the extension installed the agent, and what is there is not what this one would make of "
        f"the same options: whether somebody changed {count(len(titles), 'object')} cannot be told",
        seen=f"installed by {clip(version, MOST_CHARACTERS)}, this is {__version__}: {shorten(titles)}",
        wanted="an installation by this version",
        next_step=f"{again}; or look with the version that installed it",
    )


def _review_one(identity: Identity, wanted: Object, seen: Reading[Object | None], again: str) -> Iterator[Finding]:
    if isinstance(seen, Unknown):
        yield _unread(identity, seen.reason)
    elif seen.value is None:
        yield _finding(identity, "is missing", "not there", "there", f"put it back: {again}")
    else:
        differences = list_differences(wanted, seen.value)
        if differences:
            seen_there, asked = _told(differences)
            step = _way_back(identity, differences, again)
            yield _finding(identity, "is not what was asked for", seen_there, asked, step)


def _way_back(identity: Identity, differences: Sequence[Difference], again: str) -> str:
    """Return how to see who changed an object, and how to undo it. What was added to it, an apply leaves in it."""
    way = f"{_delete(identity)}; then {again}"
    if identity[1] == "Namespace" or all(one.wanted != NOT_THERE for one in differences):
        way = f"{again} (with --force-conflicts where it says that somebody else has set it)"
    return f"who did it: {command_for(identity)} --show-managed-fields; put it back: {way}"


def _delete(identity: Identity) -> str:
    _, kind, namespace, name = identity
    return f"kubectl delete {kind.lower()} {name}" + (f" -n {namespace}" if namespace else "")


def _finding(identity: Identity, what: str, seen: str, wanted: str, step: str) -> Finding:
    _, kind, _, name = identity
    so = _BY_NAME.get(name) if "Policy" in kind else _BY_KIND.get(kind)
    return Finding(
        OBJECTS_ID,
        "InstallationAltered",
        Status.FAIL,
        f"{title_of(identity)} {what}, so {so or _OTHERWISE}",
        seen=seen,
        wanted=wanted,
        next_step=step,
    )


def _unread(identity: Identity, reason: str) -> Finding:
    return Finding(
        OBJECTS_ID,
        "InstallationUnreadable",
        Status.UNKNOWN,
        f"{title_of(identity)} could not be read: {reason}",
        wanted="to read it and compare it with what was asked for",
        next_step=command_for(identity),
    )


def _told(differences: Sequence[Difference]) -> tuple[str, str]:
    """Return what is there and what was asked for, field by field."""
    shown = differences[:MOST_SHOWN]
    more = f"; and {len(differences) - MOST_SHOWN} more fields" if len(differences) > MOST_SHOWN else ""
    seen = "; ".join(f"{one.field}: {one.seen}" for one in shown)
    return seen + more, "; ".join(f"{one.field}: {one.wanted}" for one in shown)
