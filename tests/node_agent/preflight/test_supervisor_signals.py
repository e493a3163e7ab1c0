"""Signals go to the command, and orphans come to the supervisor, which may be process 1."""

from __future__ import annotations

import os
import signal
import subprocess
import textwrap

import pytest

from tests.node_agent.preflight.jobs import (
    PATIENCE_S,
    TELLS_SIGNALS,
    Supervise,
    child_of,
    container,
    line_of,
    python,
    state_of,
    wait_until,
)

UNTIL_TOLD = ["sh", "-c", "echo ready; read told; exit 4"]


# ---- signals ----


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE,
        signal.SIGALRM, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGWINCH, signal.SIGRTMIN,
    ],
    ids=lambda number: number.name,
)  # fmt: skip
def test_a_signal_reaches_the_command(supervise: Supervise, number: signal.Signals) -> None:
    job = supervise(python(TELLS_SIGNALS))
    line_of(job)
    job.process.send_signal(number)
    assert line_of(job) == number.name


def test_the_exit_code_of_its_sigterm_handler_comes_back(supervise: Supervise) -> None:
    job = supervise(python(TELLS_SIGNALS))
    line_of(job)
    job.process.terminate()
    assert line_of(job) == "SIGTERM"
    assert job.end() == 43


def test_a_signal_is_for_the_commands_own_process_and_not_for_its_workers(supervise: Supervise) -> None:
    program = """
        import os, signal, sys, time
        def tell(number, frame):
            print("main" if os.getpid() == main else "worker", flush=True)
            if os.getpid() == main:
                time.sleep(0.3)
                os.kill(worker, signal.SIGKILL)
            sys.exit(0)
        main = os.getpid()
        signal.signal(signal.SIGTERM, tell)
        worker = os.fork()
        if worker:
            print("ready", flush=True)
        while True: time.sleep(0.05)
    """
    job = supervise(python(textwrap.dedent(program)))
    assert line_of(job) == "ready"
    job.process.terminate()
    assert job.process.communicate(timeout=PATIENCE_S)[0] == "main\n"


def test_a_command_that_is_stopped_and_continued_ends_with_its_own_code(supervise: Supervise) -> None:
    job = supervise(UNTIL_TOLD)
    line_of(job)
    command = child_of(job.process.pid)
    job.process.send_signal(signal.SIGTSTP)
    wait_until(lambda: state_of(command) == "T")
    assert job.process.poll() is None
    assert state_of(job.process.pid) != "T"
    job.process.send_signal(signal.SIGCONT)
    assert job.process.communicate("go on\n", PATIENCE_S) == ("", "")
    assert job.process.returncode == 4


def test_a_command_that_somebody_else_stopped_and_continued_ends_with_its_own_code(supervise: Supervise) -> None:
    job = supervise(UNTIL_TOLD)
    line_of(job)
    command = child_of(job.process.pid)
    os.kill(command, signal.SIGSTOP)
    wait_until(lambda: state_of(command) == "T")
    os.kill(command, signal.SIGCONT)
    assert job.process.communicate("go on\n", PATIENCE_S) == ("", "")
    assert job.process.returncode == 4


# ---- orphans ----


MAKES_ORPHANS = """
import os, sys, time
for _ in range(20):
    if os.fork() == 0:
        if os.fork() == 0:
            time.sleep(0.1)
        os._exit(0)
    os.wait()
supervisor = os.getppid()
def zombies():
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = open(f"/proc/{name}/stat").read().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == str(supervisor):
            found.append(fields[0])
    return found
end = time.monotonic() + 30
while zombies() != ["R"] and time.monotonic() < end:
    time.sleep(0.05)
print(zombies(), flush=True)
"""


def test_orphans_become_ours_and_are_reaped(supervise: Supervise) -> None:
    program = """
        import os, time
        report, told = os.pipe()
        if os.fork() == 0:
            parent = os.getpid()
            if os.fork() == 0:
                while os.getppid() == parent:
                    time.sleep(0.01)
                os.write(told, str(os.getppid()).encode())
            os._exit(0)
        os.wait()
        print(int(os.read(report, 20)) == os.getppid())
    """
    assert supervise(python(textwrap.dedent(program))).process.communicate(timeout=PATIENCE_S)[0] == "True\n"
    assert supervise(python(MAKES_ORPHANS)).process.communicate(timeout=PATIENCE_S)[0] == "['R']\n"


def test_as_process_1_it_passes_the_code_on_and_reaps(supervise: Supervise) -> None:
    job = supervise(python(MAKES_ORPHANS + "print(os.getppid())\nsys.exit(6)"), container())
    assert job.process.communicate(timeout=PATIENCE_S)[0] == "['R']\n1\n"
    assert job.end() == 6


def test_as_process_1_it_passes_sigterm_on(supervise: Supervise) -> None:
    job = supervise(python(TELLS_SIGNALS), container())
    line_of(job)
    os.kill(job.pid, signal.SIGTERM)
    assert line_of(job) == "SIGTERM"
    assert job.end() == 43


def test_as_process_1_it_takes_everybody_along_when_the_command_ends(supervise: Supervise) -> None:
    job = supervise(["sh", "-c", "setsid sleep 60 & exit 7"], container(), stdout=subprocess.DEVNULL)
    assert job.end() == 7
