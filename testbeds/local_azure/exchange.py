"""What goes in and out of a route: the request, the reply, and an error in Azure Resource Manager's shape."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """One HTTP request, parsed; header names are lower case, `body` is None when there was none."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    base_url: str = "https://localhost"
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def properties(self) -> Mapping[str, Any]:
        """The `properties` object of the body, empty when the body has none."""
        properties = self.body.get("properties") if isinstance(self.body, dict) else None
        return properties if isinstance(properties, dict) else {}


@dataclass(frozen=True)
class Reply:
    """One HTTP reply; `chunks` are sent as they are, so that large answers can be kept encoded."""

    status: int = 200
    chunks: Sequence[bytes] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return sum(len(chunk) for chunk in self.chunks)


def json_reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply that carries `body` as JSON."""
    encoded = json.dumps(body, separators=(",", ":")).encode()
    return Reply(status, (encoded,), {"Content-Type": JSON_TYPE, **(headers or {})})


class ArmError(Exception):
    """An error answer of the service.

    `flat` is the shape of the AKS resource provider, `{"code", "message"}`; the front end of Azure Resource Manager
    wraps the same in `error`, which may carry `more`: a target, additional information.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        flat: bool = False,
        headers: Mapping[str, str] | None = None,
        details: Sequence[Mapping[str, Any]] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"({code}) {message}")
        self.status = status
        self.code = code
        self.message = message
        self.flat = flat
        self.headers = dict(headers or {})
        self.details = list(details) if details is not None else None
        self.more = dict(more or {})

    def body(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        if self.flat:
            return {"code": self.code, "details": self.details, "message": self.message, "subcode": ""}
        return {"error": self.error_object()}

    def error_object(self) -> dict[str, Any]:
        """The `error` object, as a failed operation carries it too."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details is not None:
            error["details"] = self.details
        return {**error, **self.more}

    def reply(self) -> Reply:
        """The answer that is sent."""
        return json_reply(self.body(), self.status, self.headers)


def aks_error(status: int, code: str, message: str) -> ArmError:
    """An error in the flat shape of the AKS resource provider."""
    return ArmError(status, code, message, flat=True)
