"""Runs several reads at the same time, in threads that never keep the process alive."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Started(Generic[T]):
    """A function that runs in a thread of its own.

    Not an executor of `concurrent.futures`: the interpreter joins its threads at exit, so that Ctrl-C would wait for
    the slowest answer.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._ended = threading.Event()
        self._value: list[T] = []
        self._error: BaseException | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._value.append(self._function())
        except BaseException as error:  # noqa: BLE001 (raised again where the result is asked for)
            self._error = error
        finally:
            self._ended.set()

    def result(self, seconds: float | None = None) -> T:
        """Return what the function returned, or raise what it raised. Raises TimeoutError after `seconds`."""
        if not self._ended.wait(seconds):
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._value[0]
