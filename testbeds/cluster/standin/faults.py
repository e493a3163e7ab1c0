"""What a server does when it is not well: refuses, answers late, drops the connection."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from enum import Enum


class Drop(Enum):
    """When the connection is dropped."""

    BEFORE = "nothing was done"
    AFTER = "it was done, and nobody is told"


@dataclass
class Fault:
    """A misbehaviour towards the requests that match, for so many of them (`times` None: for all).

    `status` is answered in place of the truth, with `retry_after_s` as its header, and a Status or `body`. `delay_s`
    comes before anything else. `path` is a regular expression that is searched for.
    """

    method: str = ""
    path: str = ""
    times: int | None = 1
    delay_s: float = 0.0
    drop: Drop | None = None
    status: int | None = None
    retry_after_s: int | None = None
    body: bytes | None = None
    struck: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Whether it is for this request, and not used up."""
        left = self.times is None or self.struck < self.times
        return left and self.method in ("", method) and re.search(self.path, path) is not None


class Faults:
    """The faults that are switched on, in order; one at most strikes a request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Switch one on; its `struck` says how often it struck."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Switch everything off."""
        with self._lock:
            self._faults.clear()

    def claim(self, method: str, path: str) -> Fault | None:
        """Return the one that strikes this request, counted as used."""
        with self._lock:
            for fault in self._faults:
                if fault.strikes(method, path):
                    fault.struck += 1
                    return fault
        return None
