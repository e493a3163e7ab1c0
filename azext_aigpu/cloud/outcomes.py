"""What happens while a plan is carried out, as plain data: who shows it decides how."""

from __future__ import annotations

from dataclasses import dataclass

from azext_aigpu.cloud.errors import AzureProblem
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.plan import Change


@dataclass(frozen=True)
class Target:
    """The pool that is written, by its names; `subscription` where it is not the one in use."""

    group: str
    cluster: str
    pool: str
    subscription: str | None = None


@dataclass(frozen=True)
class Started:
    """Azure has accepted the write (`create`, `update`, `delete`) of the pool `name`; nothing can be lost any more."""

    action: str
    name: str


@dataclass(frozen=True)
class Waiting:
    """Still going on after `seconds`; `state` is what Azure said last, or what is waited for."""

    seconds: float
    state: str


@dataclass(frozen=True)
class Done:
    """The pool was read back and is what was asked for."""

    pool: Pool


@dataclass(frozen=True)
class Gone:
    """The pool `name` does not exist any more."""

    name: str


@dataclass(frozen=True)
class Differs:
    """Azure says that it succeeded, and the pool is not what was asked for."""

    pool: Pool
    differences: tuple[Change, ...]


@dataclass(frozen=True)
class Failed:
    """Azure refused or failed. `pool` is what is there now; None where there is none or it could not be read."""

    problem: AzureProblem
    pool: Pool | None = None


Outcome = Started | Waiting | Done | Gone | Differs | Failed
