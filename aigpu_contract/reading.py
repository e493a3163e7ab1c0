"""A reading is either known, or unknown for a stated reason. There is no third state and no default."""

from __future__ import annotations

from typing import Generic, TypeVar, Union

from aigpu_contract.frozen import dataclass

T = TypeVar("T")


@dataclass(frozen=True)
class Known(Generic[T]):
    """A value that was really read."""

    value: T


@dataclass(frozen=True)
class Unknown:
    """A value that could not be read. `reason` says why in one sentence; it is shown to the user."""

    reason: str


Reading = Union[Known[T], Unknown]
