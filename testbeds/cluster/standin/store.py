"""The objects of the stand-in, their versions and what happened to them."""

from __future__ import annotations

import datetime
import secrets
import string
import threading
import time
import uuid
from dataclasses import dataclass

from testbeds.cluster.standin.kinds import Kind, Object, check, complete, decode
from testbeds.cluster.standin.patches import apply_patch
from testbeds.cluster.standin.status import StatusError, already_exists, conflict, invalid, not_found, undecodable

Key = tuple[str, str, str]
"""Plural, namespace, name."""

FIRST_VERSION = 1000


@dataclass(frozen=True)
class Change:
    """What a watch tells: the object before and after; None where it was not there."""

    version: int
    key: Key
    before: Object | None
    after: Object | None


@dataclass(frozen=True)
class Place:
    """What a path names. `name` empty: the collection; `namespace` empty: all of them, or none for its kind."""

    kind: Kind
    namespace: str = ""
    name: str = ""
    is_status: bool = False

    @property
    def key(self) -> Key:
        """Where the object is kept."""
        return self.kind.plural, self.namespace, self.name

    def holds(self, key: Key) -> bool:
        """Whether the collection has what is kept there."""
        return key[0] == self.kind.plural and self.namespace in ("", key[1])


class Store:
    """All objects, behind one lock. Objects that were handed out are never changed."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.closed = False
        self._objects: dict[Key, Object] = {}
        self._history: list[Change] = []
        self.version = FIRST_VERSION
        self.oldest = FIRST_VERSION
        self.pages: dict[str, tuple[int, list[Object]]] = {}
        """What is left of a list, by the continue token that was given for it."""

    def close(self) -> None:
        """End the watches."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def forget_history(self) -> None:
        """Forget what happened so far, as the real server does after minutes: who asks for it gets 410."""
        with self.changed:
            self._history.clear()
            self.pages.clear()
            self.oldest = self.version

    def get(self, place: Place) -> Object:
        """Return an object. Raises StatusError where it is not there."""
        found = self._objects.get(place.key)
        if found is None:
            raise not_found(place.kind, place.name)
        return found

    def create(self, place: Place, body: Object) -> Object:
        """Add an object, and return it. Raises StatusError where the real server refuses it."""
        kind, metadata = place.kind, _new_metadata(place, body.get("metadata") or {})
        item = {**body, "kind": kind.name, "apiVersion": kind.api_version, "metadata": metadata}
        try:
            item = complete(kind, decode(item))
        except ValueError as error:
            message = f'{kind.name} in version "v1" cannot be handled as a {kind.name}: {error}'
            raise StatusError(400, message) from error
        check(kind, item)
        with self.changed:
            name = metadata["name"]
            key = (kind.plural, place.namespace, name)
            if key in self._objects:
                raise already_exists(kind, name)
            return self._keep(key, item)

    def patch(self, place: Place, content_type: str, raw: bytes) -> Object:
        """Patch an object, and return it. Raises StatusError where the real server refuses it."""
        with self.changed:
            old = self.get(place)
            return self._replace(place, old, apply_patch(content_type, old, raw))

    def put(self, place: Place, body: Object) -> tuple[Object, bool]:
        """Replace an object; return it and whether it is new. Raises StatusError where the real server refuses it."""
        with self.changed:
            old = self._objects.get(place.key)
            if old is None and place.kind.put_makes:
                return self.create(place, body), True
            old = self.get(place)
            metadata = body.get("metadata") or {}
            if place.kind.put_makes and not metadata.get("resourceVersion"):
                problem = "Invalid value: 0: must be specified for an update"
                raise invalid(place.kind, place.name, "metadata.resourceVersion", problem)
            kept = {field: old["metadata"][field] for field in ("uid", "creationTimestamp", "resourceVersion")}
            item = {**body, "kind": old["kind"], "apiVersion": old["apiVersion"], "metadata": {**kept, **metadata}}
            return self._replace(place, old, item), False

    def delete(self, place: Place) -> Object:
        """Take an object away, and return the answer. Raises StatusError where it is not there."""
        with self.changed:
            old = self.get(place)
            del self._objects[place.key]
            self._note(place.key, old, None)
        details = {"name": place.name, "kind": place.kind.plural, "uid": old["metadata"]["uid"]}
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}

    def snapshot(self, place: Place) -> tuple[int, list[Object]]:
        """Return the version of now and the objects of a collection, in the real server's order."""
        with self.changed:
            return self.version, [item for key, item in sorted(self._objects.items()) if place.holds(key)]

    def wait_for_changes(self, after: int, deadline: float) -> list[Change]:
        """Wait for what happens after a version; nothing, when the time (monotonic) or the server is over."""
        with self.changed:
            self.changed.wait_for(lambda: self.closed or self.version > after, max(0.0, deadline - time.monotonic()))
            return [] if self.closed else [change for change in self._history if change.version > after]

    def _replace(self, place: Place, old: Object, new: Object) -> Object:
        kind, metadata = place.kind, new["metadata"]
        name, uid = metadata.get("name"), metadata.get("uid")
        if name != place.name:
            message = f"the name of the object ({name}) does not match the name on the URL ({place.name})"
            raise StatusError(400, message)
        if metadata.get("resourceVersion", "") not in ("", old["metadata"]["resourceVersion"]):
            raise conflict(kind, place.name)
        if uid != old["metadata"]["uid"]:
            raise invalid(kind, place.name, "metadata.uid", f'Invalid value: "{uid}": field is immutable')
        if kind.has_status:
            kept = "spec" if place.is_status else "status"
            new = {**new, kept: old.get(kept, {})}
        try:
            new = decode(new)
        except ValueError as error:
            raise undecodable(str(error)) from error
        check(kind, new)
        new = {**new, "metadata": {**metadata, "resourceVersion": old["metadata"]["resourceVersion"]}}
        return old if new == old else self._keep(place.key, new)

    def _keep(self, key: Key, item: Object) -> Object:
        before = self._objects.get(key)
        after = {**item, "metadata": {**item["metadata"], "resourceVersion": str(self.version + 1)}}
        self._objects[key] = after
        self._note(key, before, after)
        return after

    def _note(self, key: Key, before: Object | None, after: Object | None) -> None:
        self.version += 1
        self._history.append(Change(self.version, key, before, after))
        self.changed.notify_all()


def _new_metadata(place: Place, given: Object) -> Object:
    namespace = {"namespace": place.namespace} if place.kind.namespaced else {}
    if given.get("namespace", place.namespace) != place.namespace:
        message = "the namespace of the provided object does not match the namespace sent on the request"
        raise StatusError(400, message)
    name = given.get("name") or (given["generateName"] + _suffix() if given.get("generateName") else "")
    made = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**given, "name": name, **namespace, "uid": str(uuid.uuid4()), "creationTimestamp": made}


def _suffix() -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(5))
