"""Turns a call that may fail into a reading: known, or unknown with a sentence that names the call and the cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cloud.error_table import Kind
from azext_aigpu.cloud.errors import AzureProblem, CallFailed, NotFound

T = TypeVar("T")


def take_reading(call: Callable[[], T], what: str, permission: str, *, must_exist: bool = False) -> Reading[T]:
    """Return what `call` returns, or why it could not be read; `what` names it and `permission` the action it needs.

    Raises CallFailed where the login itself fails: nothing else could be read either. With `must_exist` NotFound is
    raised: that the user named something that is not there is no missing knowledge.
    """
    try:
        return Known(call())
    except CallFailed as error:
        if error.problem.kind is Kind.SIGN_IN or (must_exist and isinstance(error, NotFound)):
            raise
        return Unknown(f"{what} could not be read: {_cause(error.problem, permission)}")
    except ValueError as error:
        return Unknown(f"{what} could not be read: Azure's answer makes no sense ({error})")


def _cause(problem: AzureProblem, permission: str) -> str:
    if problem.kind is Kind.FORBIDDEN:
        place = f" on {problem.scope}" if problem.scope else ""
        return f"your login lacks the permission {problem.action or permission}{place}"
    status = f"HTTP {problem.status}, " if problem.status else ""
    return f"{problem.sentence.rstrip('.')} ({status}{problem.code})"
