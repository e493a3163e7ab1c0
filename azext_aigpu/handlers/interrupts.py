"""Ctrl-C while something goes on in Azure: heard wherever it falls, and without a traceback.

Python raises KeyboardInterrupt wherever the main thread stands. In a finalizer, such as that of a socket or of a pool
of connections, it is printed as a traceback and dropped, and the command goes on as if nobody had stopped it.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from azext_aigpu._errors import refuse


@contextlib.contextmanager
def heard() -> Iterator[Callable[[], None]]:
    """Yield a function that raises KeyboardInterrupt where one was dropped; to be called now and then.

    Where somebody else handles the signal, or ignores it, that stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield lambda: None
        return
    hook = sys.unraisablehook
    interrupts: list[int] = []

    def hear(number: int, _frame: Any) -> NoReturn:
        interrupts.append(number)
        raise KeyboardInterrupt

    def drop(unraisable: Any) -> None:
        if unraisable.exc_type is not KeyboardInterrupt:
            hook(unraisable)

    def check() -> None:
        if interrupts:
            raise KeyboardInterrupt

    sys.unraisablehook = drop
    signal.signal(signal.SIGINT, hear)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
        sys.unraisablehook = hook


def refuse_stopped(text: str) -> NoReturn:
    """End the command with 1 because of Ctrl-C, as `refuse` does.

    Nothing is left to stop, so another Ctrl-C is ignored: it would only tear the message, or the closing of sockets.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    refuse(text)
