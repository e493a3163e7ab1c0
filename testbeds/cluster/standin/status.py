"""The refusals of an API server, in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from testbeds.cluster.standin.kinds import Kind

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    410: "Expired",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class StatusError(Exception):
    """A refusal: its HTTP status, and what the body says."""

    def __init__(
        self, code: int, message: str, reason: str | None = None, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.body = build_status(code, message, REASONS.get(code, "") if reason is None else reason, details)


def build_status(code: int, message: str, reason: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the body of a refusal."""
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "code": code}
    return {**body, **({"reason": reason} if reason else {}), **({"details": details} if details else {})}


def not_found(kind: Kind, name: str) -> StatusError:
    """The object is not there."""
    return StatusError(404, f'{kind.resource} "{name}" not found', details=_details(kind, name))


def already_exists(kind: Kind, name: str) -> StatusError:
    """The name is taken."""
    return StatusError(409, f'{kind.resource} "{name}" already exists', "AlreadyExists", _details(kind, name))


def conflict(kind: Kind, name: str) -> StatusError:
    """The object has moved on since it was read."""
    problem = "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {problem}'
    return StatusError(409, message, details=_details(kind, name))


def invalid(kind: Kind, name: str, field: str, problem: str) -> StatusError:
    """A field has a value that the kind does not allow."""
    return StatusError(422, f'{kind.qualified} "{name}" is invalid: {field}: {problem}')


def undecodable(problem: str) -> StatusError:
    """A patch makes the object one that cannot be decoded."""
    return StatusError(422, f' "" is invalid: patch: Invalid value: {problem}')


def _details(kind: Kind, name: str) -> dict[str, Any]:
    return {"name": name, **({"group": kind.group} if kind.group else {}), "kind": kind.plural}
