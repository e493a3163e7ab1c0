"""What an XID means for the node: classes of our own from a data file, and what was seen of them.

Where a GPU tells the driver's own recovery action, that decides and an XID only warns. An XID in no list is to be
watched: never silent, and never a fault by a number alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known
from node_agent.checks.findings import Words, node_fault, unclear, warning
from node_agent.checks.next_steps import REBOOT_OR_REPLACE
from node_agent.facts import Facts
from node_agent.preflight.labels_file import each_once

ID = "xid"
APP, WATCH, DRAIN, DEAD = "app", "watch", "drain", "dead"
CLASSES = (APP, WATCH, DRAIN, DEAD)
WATCHED_S = 3600.0
"""Seconds for which an XID that is only watched stays a warning."""
_FILE = "xid_classes.json"
_LOOK = "kubectl logs of the agent's pod; without --watch-xids nobody listens and nothing is said"


class ClassesError(Exception):
    """The file of classes cannot be used; the text says why."""


@dataclass(frozen=True)
class XidClass:
    """How one XID is treated, what it means, and who says so."""

    xid: int
    treatment: str
    meaning: str = ""
    source: str = ""


@dataclass(frozen=True)
class Xid:
    """An XID that a GPU reported; `gpu` is its UUID, `at` the boot clock in seconds."""

    number: int
    gpu: str
    at: float


def read_classes(override: str | None) -> Mapping[int, XidClass]:
    """Return the classes of the data file, those of the file `override` over them. Raises ClassesError."""
    own = resources.files(__package__ or "").joinpath(_FILE).read_text(encoding="utf-8")
    classes = dict(parse_classes(own, _FILE))
    if override is not None:
        try:
            classes.update(parse_classes(Path(override).read_text(encoding="utf-8"), override))
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            raise ClassesError(f"--xid-classes {override}: {why}") from None
    return classes


def parse_classes(text: str, where: str) -> Mapping[int, XidClass]:
    """Return the classes of a JSON document `{"xids": [{"xid": 79, "class": "dead"}, ...]}`. Raises ClassesError."""
    try:
        rows = [_parse_row(row, where) for row in json.loads(text, object_pairs_hook=each_once)["xids"]]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        form = '{"xids": [{"xid": 79, "class": "dead"}]}'
        raise ClassesError(f"{where}: not of the form {form}: {error!r}") from None
    classes = {row.xid: row for row in rows}
    if len(classes) < len(rows):
        raise ClassesError(f"{where}: an XID stands there twice, and nobody can tell which was meant")
    return classes


def _parse_row(row: Mapping[str, Any], where: str) -> XidClass:
    if type(row["xid"]) is not int or row["class"] not in CLASSES:
        said = f"XID {row['xid']!r} has class {row['class']!r}"
        raise ClassesError(f"{where}: {said}, which is none of {', '.join(CLASSES)}")
    return XidClass(row["xid"], row["class"], str(row.get("meaning", "")), str(row.get("source", "")))


def treatment(number: int, classes: Mapping[int, XidClass]) -> str:
    """Return the class of an XID; one that nobody has named is watched."""
    known = classes.get(number)
    return WATCH if known is None else known.treatment


def remember(seen: tuple[Xid, ...], new: Iterable[Xid]) -> tuple[Xid, ...]:
    """Return the latest sighting of each XID on each GPU."""
    latest = {(one.number, one.gpu): one for one in (*seen, *new)}
    return tuple(latest.values())


def forget(
    seen: tuple[Xid, ...], classes: Mapping[int, XidClass], facts: Facts, now: float, *, proven: bool
) -> tuple[Xid, ...]:
    """Return what still counts: a fresh proof clears a drain, only a new boot what is dead, and time all the rest."""
    covered = covered_gpus(facts)

    def counts(one: Xid) -> bool:
        known = {DEAD: True, DRAIN: not proven} if one.gpu not in covered else {}
        return known.get(treatment(one.number, classes), now - one.at < WATCHED_S)

    return tuple(one for one in seen if counts(one))


def judge_xids(seen: Iterable[Xid], classes: Mapping[int, XidClass], facts: Facts) -> list[Finding]:
    """Return what the XIDs say of the node; those of programs say nothing of it."""
    covered = covered_gpus(facts)
    findings = []
    for one in seen:
        told = classes.get(one.number, XidClass(one.number, WATCH, "an XID in no list"))
        if told.treatment in (DRAIN, DEAD) and one.gpu not in covered:
            findings.append(_fault(one, told))
        elif told.treatment != APP:
            findings.append(_warning(one, told))
    return findings


def covered_gpus(facts: Facts) -> frozenset[str]:
    """Return the UUIDs of the GPUs whose driver tells which recovery they need."""
    devices = facts.nvml.value.devices if isinstance(facts.nvml, Known) else ()
    return frozenset(one.uuid for one in devices if one.uuid is not None and one.recovery_action is not None)


def _fault(one: Xid, told: XidClass) -> Finding:
    dead = told.treatment == DEAD
    words = Words(
        "a GPU reported a fault after which nothing that it computes can be trusted",
        seen=f"{one.gpu or 'a GPU'}: XID {one.number} ({told.meaning or 'no meaning given'})",
        wanted="a reboot, and a new proof after it" if dead else "a new proof on an idle GPU, if need be after a reset",
        next_step=f"dmesg -T | grep -i xid, on the node; {REBOOT_OR_REPLACE}",
    )
    return node_fault(ID, "XIDFatal" if dead else "XIDNeedsReset", words)


def _warning(one: Xid, told: XidClass) -> Finding:
    words = Words(
        "a GPU reported something that is worth knowing",
        seen=f"{one.gpu or 'a GPU'}: XID {one.number} ({told.meaning or 'no meaning given'})",
        wanted="no XID",
        next_step="dmesg -T | grep -i xid, on the node",
    )
    return warning(ID, "XIDSeen", words)


def judge_deaf(deaf: str) -> list[Finding]:
    """Return the warning where XIDs are to be listened to and nobody can; `deaf` says why, empty where somebody does.

    No proof rests on them, so it stops nothing; and who asked for them is to know that none will come.
    """
    if not deaf:
        return []
    words = Words("XIDs are to be listened to, and nobody hears them", deaf, "a GPU that tells them", _LOOK)
    return [warning(ID, "XIDsNotHeard", words)]


def judge_lost(lost: str) -> list[Finding]:
    """Return the doubt where XIDs of this boot may have been forgotten; `lost` says why, empty where none have."""
    if not lost:
        return []
    words = Words(
        "which XIDs this node's GPUs reported in this boot is not known any more",
        seen=lost,
        wanted="the annotation as the agent wrote it",
        next_step=f"{REBOOT_OR_REPLACE}; until then nothing can show that no GPU reported a fatal one",
    )
    return [unclear(ID, "XIDsLost", words)]


def lasting(seen: Iterable[Xid], classes: Mapping[int, XidClass]) -> frozenset[tuple[int, str]]:
    """Return the XIDs that a restart of the agent must not forget, each with its GPU."""
    return frozenset((one.number, one.gpu) for one in seen if treatment(one.number, classes) in (DRAIN, DEAD))
