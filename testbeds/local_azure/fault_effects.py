"""What a fault does to a request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from testbeds.local_azure.exchange import JSON_TYPE, ArmError, Reply


class Effect:
    """What happens; one class for each point at which it happens."""


@dataclass(frozen=True)
class Answer(Effect):
    """Send this in place of the real answer; nothing is applied."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, error: ArmError) -> Answer:
        """The answer that carries `error`."""
        return cls(error.status, json.dumps(error.body()).encode(), {"Content-Type": JSON_TYPE, **error.headers})

    def reply(self) -> Reply:
        """The reply to send."""
        return Reply(self.status, (self.body,), self.headers)


@dataclass(frozen=True)
class DropBefore(Effect):
    """Close the connection without an answer, having done nothing."""


@dataclass(frozen=True)
class DropAfter(Effect):
    """Do what was asked, then close the connection without an answer."""


@dataclass(frozen=True)
class Delay(Effect):
    """Answer late."""

    seconds: float


@dataclass(frozen=True)
class FailOperation(Effect):
    """Accept the request, then let its operation fail; a new pool is left Failed with 0 nodes."""

    error: ArmError


@dataclass(frozen=True)
class Alter(Effect):
    """Succeed, but store something else than was asked: `change` works on the stored properties."""

    change: Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Fault:
    """A switch: its name, where it strikes, how often unless told otherwise (None: always)."""

    name: str
    routes: tuple[str, ...]
    effect: Effect
    description: str
    times: int | None = None
