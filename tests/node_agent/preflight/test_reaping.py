"""Whose exit code the supervisor takes: not that of the process whose own thread is about to take it."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest

from node_agent.preflight.supervisor import Supervisor


def test_an_answer_that_comes_while_the_supervisor_looks_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    asker = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, asker.pid, os.WEXITED | os.WNOWAIT)
    watch = SimpleNamespace(asking=asker.pid, command=0)
    look = os.waitid

    def look_as_the_thread_takes_it(kind: int, number: int, options: int) -> Any:
        if not watch.asking:
            return look(kind, number, options)
        seen = look(os.P_PID, asker.pid, options)
        asker.wait()
        watch.asking = 0
        return seen

    monkeypatch.setattr(os, "waitid", look_as_the_thread_takes_it)

    Supervisor(0, cast(Any, watch), cast(Any, None), None, 1.0)._reap()

    assert asker.returncode == 0
    assert watch.asking == 0
