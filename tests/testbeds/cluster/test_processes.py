"""Processes end with the one who started them, by real processes of the shell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from testbeds.cluster.cluster import wait_until
from testbeds.cluster.processes import Component, ComponentError, Watchdog

STUBBORN = "trap '' TERM; while :; do sleep 0.1; done"


def component(folder: Path, watchdog: Watchdog, script: str, *, ready: bool = True) -> Component:
    return Component(["/bin/sh", "-c", script], lambda: ready, folder, watchdog)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_watchdog_ends_what_is_left_and_removes_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    with subprocess.Popen(["/bin/sleep", "60"]) as left, subprocess.Popen(["/bin/sleep", "60"]) as forgotten:
        threading.Thread(target=left.wait, daemon=True).start()  # as init does for an orphan
        with Watchdog(folder) as watchdog:
            watchdog.watch(left.pid)
            watchdog.watch(forgotten.pid)
            watchdog.forget(forgotten.pid)
        assert left.wait(5) == -signal.SIGTERM
        assert not folder.exists()
        assert forgotten.poll() is None
        forgotten.kill()


def test_the_watchdog_kills_what_does_not_listen() -> None:
    program = "from testbeds.cluster import watchdog; watchdog.GRACE_S = 0.2; watchdog.end([{}])"
    with subprocess.Popen(["/bin/sh", "-c", f"trap '' TERM; echo deaf; {STUBBORN}"], stdout=subprocess.PIPE) as deaf:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        subprocess.run([sys.executable, "-c", program.format(deaf.pid)], check=True, timeout=20)
        assert deaf.wait(5) == -signal.SIGKILL


def test_a_component_that_ends_while_starting_shows_its_log(tmp_path: Path) -> None:
    with Watchdog(tmp_path / "gone") as watchdog:
        failing = component(tmp_path, watchdog, "echo bind: address already in use >&2; exit 1", ready=False)
        failing.start()
        with pytest.raises(ComponentError, match="address already in use"):
            failing.wait_until_ready()


def test_a_component_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    with Watchdog(tmp_path / "gone") as watchdog:
        slow = component(tmp_path, watchdog, "sleep 60", ready=False)
        slow.start()
        with pytest.raises(ComponentError, match="not ready after 0 s"):
            slow.wait_until_ready(0.1)
        slow.stop()


def test_a_component_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    with Watchdog(tmp_path / "gone") as watchdog:
        deaf = component(tmp_path, watchdog, f"echo up; {STUBBORN}")
        deaf.start()
        wait_until(lambda: deaf.log_tail() == "up", "it did not start")
        pid = deaf.pid
        assert pid is not None
        deaf.stop(0.2)
        assert deaf.pid is None
        assert not is_alive(pid)


def test_a_component_that_is_paused_can_be_stopped(tmp_path: Path) -> None:
    with Watchdog(tmp_path / "gone") as watchdog:
        paused = component(tmp_path, watchdog, "sleep 60")
        paused.start()
        pid = paused.pid
        assert pid is not None
        paused.pause()
        paused.stop()
        assert not is_alive(pid)
