"""What outlives the agent's process and not the boot: XIDs after which no GPU is to be trusted, and what was counted.

It stands in an annotation of our own Node, so that neither a restart nor a crash between two rounds forgets it. One
that cannot be read is a doubt for the rest of the boot, and never a clean sheet. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aigpu_contract.labels import FAULTS_ANNOTATION
from aigpu_contract.reading import Known, Reading, Unknown
from aigpu_contract.rendering import printable
from node_agent.daemon.condition import FALSE, boot_of
from node_agent.daemon.node import Condition, Node
from node_agent.preflight.labels_file import each_once

XID_FATAL = "XIDFatal"
MOST_CHARACTERS = 300
"""Of what is said of an annotation that cannot be read: it may be of any length."""
_KEYS = frozenset({"bootId", "xids", "badRounds", "mismatchSince", "lost"})


@dataclass(frozen=True)
class Faults:
    """`boot_id` is None where it could not be told. `xids` are numbers and the UUIDs of their GPUs.

    `mismatch_since`: the boot clock, in whole seconds, when the device plugin began to offer another number. `lost`
    says why the XIDs may be not all, else it is empty.
    """

    boot_id: str | None = None
    xids: frozenset[tuple[int, str]] = frozenset()
    bad_rounds: int = 0
    mismatch_since: int | None = None
    lost: str = ""

    def render(self) -> str | None:
        """Return the annotation's value, None where there is nothing to keep."""
        kept: dict[str, Any] = {}
        if self.xids:
            kept["xids"] = [{"xid": number, "gpu": gpu} for number, gpu in sorted(self.xids)]
        if self.bad_rounds:
            kept["badRounds"] = self.bad_rounds
        if self.mismatch_since is not None:
            kept["mismatchSince"] = self.mismatch_since
        if self.lost:
            kept["lost"] = self.lost
        return json.dumps({"bootId": self.boot_id or "", **kept}, separators=(",", ":")) if kept else None


def parse_faults(text: str | None) -> Reading[Faults]:
    """Return what the annotation says, nothing where there is none, Unknown for anything but the agent's own form."""
    if text is None:
        return Known(Faults())
    try:
        return Known(_parse(json.loads(text, object_pairs_hook=each_once)))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        what = f"annotation {FAULTS_ANNOTATION} cannot be read: {type(error).__name__}: {error}"
        return Unknown(printable(what)[:MOST_CHARACTERS])


def take_up(node: Node, boot_id: str | None, now: float) -> Faults:
    """Return what an earlier agent left in this boot; `now` is the boot clock. A boot that nobody can tell is this one.

    Where the condition names a dead GPU and the annotation no XID, somebody has taken it away: that is a loss too.
    """
    reading = parse_faults(node.faults)
    if isinstance(reading, Unknown):
        return Faults(boot_id, lost=reading.reason)
    kept = reading.value
    written_in = kept.boot_id
    if written_in is not None and boot_id is not None and written_in != boot_id:
        kept = Faults()
    since = None if kept.mismatch_since is None else min(kept.mismatch_since, int(now))
    kept = replace(kept, boot_id=boot_id or kept.boot_id, mismatch_since=since)
    if not kept.xids and not kept.lost and _names_a_dead_gpu(node.condition, boot_id, written_in):
        return replace(kept, lost=f"the condition says {XID_FATAL}, and annotation {FAULTS_ANNOTATION} names no XID")
    return kept


def _names_a_dead_gpu(last: Condition | None, boot_id: str | None, written_in: str | None) -> bool:
    """Return whether the condition says so in this boot; one without a mark is of the boot of the annotation."""
    if last is None or (last.status, last.reason) != (FALSE, XID_FATAL):
        return False
    boot = boot_of(last) or written_in
    return boot is None or boot_id is None or boot_id.startswith(boot)


def _parse(data: Mapping[str, Any]) -> Faults:
    """Return what an object says. Raises ValueError, TypeError, KeyError, AttributeError."""
    if data.keys() - _KEYS:
        raise ValueError(f"it has {', '.join(sorted(data.keys() - _KEYS))}")
    since = data.get("mismatchSince")
    return Faults(
        boot_id=_text(data["bootId"]) or None,
        xids=frozenset((_number(one["xid"]), _text(one["gpu"])) for one in _list(data.get("xids", []))),
        bad_rounds=_number(data.get("badRounds", 0)),
        mismatch_since=None if since is None else _number(since),
        lost=_text(data.get("lost", "")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r} is no number")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value
