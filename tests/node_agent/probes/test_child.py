from __future__ import annotations

import os
import signal
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.facts import Crashed, NoAnswer
from node_agent.probes import child as children
from node_agent.probes.child import Child, Deadline, start

SLOW = 20.0


def run(program: str, soft_s: float = SLOW, hard_s: float = SLOW, name: str = "test") -> Child:
    command = [sys.executable, "-I", "-S", "-c", textwrap.dedent(program)]
    child = start(name, command, Deadline(soft_s, hard_s), os.environ)
    assert isinstance(child, Child)
    return child


def ended(process: int) -> bool:
    """Whether a process that is not ours is gone; it may take a moment after a kill."""
    end = time.monotonic() + SLOW
    while time.monotonic() < end:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def no_descriptor_left() -> Iterator[None]:
    before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert len(list(Path("/proc/self/fd").iterdir())) == before


pytestmark = pytest.mark.usefixtures("no_descriptor_left")


def test_values_come_by_their_keys_and_the_end_is_good() -> None:
    child = run("print('count 8'); print('names [\"a\", \"b\"]')")
    assert child.reading("names") == Known(["a", "b"])
    assert child.reading("count") == Known(8)
    assert child.finish() is None


def test_a_value_is_there_before_the_end() -> None:
    child = run("import json, sys; print('ready true', flush=True); print('said', json.dumps(sys.stdin.readline()))")
    assert child.reading("ready") == Known(True)
    child.send("go")
    assert child.reading("said") == Known("go\n")
    assert child.finish() is None


def test_a_value_that_never_comes_is_unknown_by_its_name() -> None:
    child = run("print('count 8')")
    reading = child.reading("devices")
    assert isinstance(reading, Unknown)
    assert "'devices'" in reading.reason


def test_a_big_answer_comes_whole() -> None:
    child = run("print('long \"' + 'x' * 1_000_000 + '\"')")
    reading = child.reading("long")
    assert isinstance(reading, Known)
    assert len(reading.value) == 1_000_000
    assert child.finish() is None


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL], ids=lambda number: number.name)
def test_a_crash_names_the_signal_and_the_last_step(number: signal.Signals) -> None:
    child = run(f"import os; print('step \"cuInit\"', flush=True); os.kill(os.getpid(), {int(number)})")
    failure = child.finish()
    assert isinstance(failure, Crashed)
    assert failure.signal == number.name
    assert failure.reason == f"the test probe was ended by {number.name} at: cuInit"


def test_a_real_time_signal_has_no_name_but_a_number() -> None:
    failure = run("import os; os.kill(os.getpid(), 40)").finish()
    assert isinstance(failure, Crashed)
    assert "40" in failure.signal


def test_an_exit_code_comes_with_the_last_line_of_the_complaint() -> None:
    failure = run("raise KeyError('surprise')").finish()
    assert failure == Unknown("the test probe ended with exit code 1: KeyError: 'surprise'")


def test_a_program_that_is_not_there_is_unknown() -> None:
    started = start("test", ["/nowhere/python3"], Deadline(1, 2), os.environ)
    assert isinstance(started, Unknown)
    assert "/nowhere/python3" in started.reason


@pytest.mark.parametrize(
    "said",
    ["nothing of ours", "key {not json}", "\\xff\\xfe 1", "one\\ntwo"],
    ids=["words", "broken", "bytes", "no value"],
)
def test_an_answer_that_cannot_be_read_is_no_answer(said: str) -> None:
    child = run(f"import sys, time; sys.stdout.buffer.write(b'{said}\\n'); sys.stdout.flush(); time.sleep(60)")
    failure = child.finish()
    assert isinstance(failure, Unknown)
    assert "cannot be read" in failure.reason


def test_an_endless_line_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MOST_OUTPUT", 100_000)
    failure = run("import os\nwhile True: os.write(1, b'x' * 65536)").finish()
    assert failure == Unknown("the test probe reported more than 100000 bytes")


def test_a_hang_is_ended_at_the_soft_deadline() -> None:
    child = run("import time; print('step \"nvmlInit\"', flush=True); time.sleep(60)", soft_s=0.2)
    began = time.monotonic()
    failure = child.finish()
    assert isinstance(failure, NoAnswer)
    assert "nvmlInit" in failure.reason
    assert not failure.abandoned
    assert time.monotonic() - began < SLOW


def test_a_process_that_cleans_up_gets_the_time_between_the_deadlines(tmp_path: Path) -> None:
    mark = tmp_path / "released"
    program = f"""
        import pathlib, signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            print("ready true", flush=True)
            time.sleep(60)
        finally:
            time.sleep(0.1)
            pathlib.Path({str(mark)!r}).touch()
    """
    child = run(program, soft_s=0.3, hard_s=10)
    child.reading("ready")
    assert isinstance(child.finish(), NoAnswer)
    assert mark.exists()


def test_what_ignores_the_soft_deadline_is_killed_at_the_hard_one_with_all_it_started() -> None:
    program = """
        import os, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        grandchild = os.fork()
        if grandchild:
            print("grandchild", grandchild, flush=True)
        time.sleep(60)
    """
    child = run(program, soft_s=0.2, hard_s=0.4)
    grandchild = child.reading("grandchild")
    assert isinstance(child.finish(), NoAnswer)
    assert isinstance(grandchild, Known)
    assert ended(grandchild.value)


def test_a_pipe_that_a_grandchild_holds_open_is_not_waited_for() -> None:
    program = """
        import os, time
        grandchild = os.fork()
        if grandchild:
            print("grandchild", grandchild, flush=True)
            print("answer 42", flush=True)
        else:
            os.setsid()
            time.sleep(60)
    """
    child = run(program)
    grandchild, began = child.reading("grandchild"), time.monotonic()
    assert child.finish() is None
    assert child.reading("answer") == Known(42)
    assert time.monotonic() - began < SLOW
    assert isinstance(grandchild, Known)
    os.kill(grandchild.value, signal.SIGKILL)


def test_a_new_line_to_the_process_starts_its_deadline_anew() -> None:
    child = run("import sys\nfor line in sys.stdin: print('got', line, flush=True)", soft_s=0.5)
    for number in range(4):
        child.send(str(number))
        time.sleep(0.2)
    assert child.reading("got") in {Known(number) for number in range(4)}
    child.close()


def test_writing_to_a_process_that_is_gone_is_no_error() -> None:
    deaf = run("import os, time; os.close(0); print('closed true', flush=True); time.sleep(0.1)")
    deaf.reading("closed")
    deaf.send("anybody?")
    assert deaf.finish() is None
    deaf.send("anybody?")


def test_a_process_that_has_ended_is_not_written_to_by_the_number_of_its_pipe(tmp_path: Path) -> None:
    child = run("")
    child.finish()
    others = [os.open(tmp_path / str(number), os.O_RDWR | os.O_CREAT) for number in range(6)]
    child.send("anybody?")
    for other in others:
        os.close(other)
    assert [file.stat().st_size for file in tmp_path.iterdir()] == [0] * 6


def test_closing_ends_a_process_at_once() -> None:
    child = run("import time; print('ready true', flush=True); time.sleep(60)")
    child.reading("ready")
    began = time.monotonic()
    child.close()
    assert time.monotonic() - began < SLOW
    assert ended(child.process)


def test_a_process_that_cannot_be_killed_is_left_behind_and_no_second_one_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # One that leaves its process group stands for one stuck in the kernel: our signals do not reach it.
    monkeypatch.setattr(children, "REAP_S", 0.2)
    leave = "import os, time; os.setpgid(0, os.getpgid(os.getppid())); print('left true', flush=True); time.sleep(60)"
    child = run(leave, soft_s=0.2, hard_s=0.3, name="stuck")
    assert child.reading("left") == Known(True)
    failure = child.finish()
    assert isinstance(failure, NoAnswer)
    assert failure.abandoned
    assert str(child.process) in failure.reason

    second = start("stuck", [sys.executable, "-c", ""], Deadline(1, 2), os.environ)
    assert isinstance(second, NoAnswer)
    assert second.abandoned
    assert str(child.process) in second.reason
    assert run("", name="another").finish() is None

    os.kill(child.process, signal.SIGKILL)
    assert ended(child.process)
    assert run("print('answer 1')", name="stuck").finish() is None


def test_an_exit_code_that_somebody_else_took_is_no_failure_after_the_last_line() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # then the kernel keeps no exit codes
    try:
        assert run("print('answer 1'); print('end null')").finish() is None
        failure = run("print('answer 1')").finish()
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert isinstance(failure, Unknown)
    assert "exit code" in failure.reason


def test_a_blocked_signal_of_ours_is_not_blocked_in_the_process() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        child = run("import time; time.sleep(60)", soft_s=0.1)
        began = time.monotonic()
        assert isinstance(child.finish(), NoAnswer)
        assert time.monotonic() - began < SLOW
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    with suppress(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
