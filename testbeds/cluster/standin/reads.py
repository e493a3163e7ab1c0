"""Lists in pages, and watches."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Any

from testbeds.cluster.standin.kinds import Kind, Object
from testbeds.cluster.standin.selectors import Select
from testbeds.cluster.standin.status import StatusError, build_status
from testbeds.cluster.standin.store import Change, Place, Store


def list_page(store: Store, place: Place, select: Select, limit: int, token: str, *, counts: bool) -> Object:
    """Return a page of a collection, all of it for `limit` 0; with `counts` it says how many are left.

    Raises StatusError for a token that it did not give.
    """
    if token and token not in store.pages:
        raise StatusError(400, "invalid continue token: continue key is not valid")
    version, items = store.pages[token] if token else store.snapshot(place)
    items = [item for item in items if select(item)]
    metadata: dict[str, Any] = {"resourceVersion": str(version)}
    if 0 < limit < len(items):
        metadata["continue"] = secrets.token_urlsafe(24)
        store.pages[metadata["continue"]] = version, items[limit:]
        if counts:
            metadata["remainingItemCount"] = len(items) - limit
        items = items[:limit]
    bare = [{field: item[field] for field in item if field not in ("kind", "apiVersion")} for item in items]
    kind = place.kind
    return {"kind": f"{kind.name}List", "apiVersion": kind.api_version, "metadata": metadata, "items": bare}


def watch(
    store: Store, place: Place, select: Select, since: str, seconds: float, *, bookmarks: bool
) -> Iterator[Object]:
    """Yield the events of a watch for so many seconds; with no version, or 0, what is there comes first."""
    deadline = time.monotonic() + seconds
    from_now = since in ("", "0")
    version, present = store.snapshot(place)
    position = version if from_now else int(since)
    if position < store.oldest:
        message = f"too old resource version: {position} ({store.oldest})"
        yield {"type": "ERROR", "object": build_status(410, message, "Expired")}
        return
    for item in present if from_now else []:
        if select(item):
            yield {"type": "ADDED", "object": item}
    if bookmarks and not since:
        yield _bookmark(place.kind, position)
    while changes := store.wait_for_changes(position, deadline):
        position = changes[-1].version
        for change in changes:
            event = _event(change, place, select)
            if event is not None:
                yield event


def _event(change: Change, place: Place, select: Select) -> Object | None:
    """What a watcher of this place is told of the change; None: nothing."""
    if not place.holds(change.key):
        return None
    was, is_now = (item is not None and select(item) for item in (change.before, change.after))
    if not (was or is_now):
        return None
    either: Object = change.after or change.before or {}
    item = {**either, "metadata": {**either["metadata"], "resourceVersion": str(change.version)}}
    return {"type": "MODIFIED" if was and is_now else "ADDED" if is_now else "DELETED", "object": item}


def _bookmark(kind: Kind, version: int) -> Object:
    metadata = {"resourceVersion": str(version), "annotations": {"k8s.io/initial-events-end": "true"}}
    return {"type": "BOOKMARK", "object": {"kind": kind.name, "apiVersion": kind.api_version, "metadata": metadata}}
