"""The command runs as if nobody stood between it and the one who started it: its exit code, and what it inherits."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from node_agent.preflight.launch import refusal
from tests.node_agent.preflight.jobs import PATIENCE_S, Supervise, clean_environment, line_of, lives


def run_direct(command: Sequence[str], **options: object) -> str:
    """The output of a command without a supervisor."""
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, **options).stdout  # type: ignore[call-overload, no-any-return]


# ---- exit codes ----


@pytest.mark.parametrize(
    ("script", "code"),
    [
        pytest.param("exit 0", 0, id="success"),
        pytest.param("exit 3", 3, id="failure"),
        pytest.param("exit 255", 255, id="largest"),
        pytest.param("kill -TERM $$", 143, id="SIGTERM"),
        pytest.param("kill -KILL $$", 137, id="SIGKILL"),
        pytest.param("kill -SEGV $$", 139, id="SIGSEGV"),
    ],
)
def test_the_exit_code_is_the_commands(supervise: Supervise, script: str, code: int) -> None:
    assert supervise(["sh", "-c", script]).end() == code


def test_a_command_that_is_not_there_is_127_and_one_line_says_where_it_was_looked_for(supervise: Supervise) -> None:
    job = supervise(["no-such-program", "x"], env={**clean_environment(), "PATH": "/usr/bin:/bin"})
    assert job.end() == 127
    assert job.process.stderr is not None
    text = job.process.stderr.read()
    assert len(text.splitlines()) == 1
    assert "no-such-program" in text
    assert "/usr/bin:/bin" in text


def write(path: Path, text: str, mode: int) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [
        pytest.param("#!/bin/sh\n", 0o644, "Permission denied", id="not-executable"),
        pytest.param("#!/no/such/interpreter\n", 0o755, "interpreter", id="no-interpreter"),
    ],
)
def test_a_file_that_cannot_be_executed_is_126(
    supervise: Supervise, tmp_path: Path, text: str, mode: int, says: str
) -> None:
    job = supervise([write(tmp_path / "tool", text, mode)])
    assert job.end() == 126
    assert job.process.stderr is not None
    assert says in job.process.stderr.read()


def test_a_script_without_a_first_line_is_run_by_the_shell_as_execvp_does(supervise: Supervise, tmp_path: Path) -> None:
    assert supervise([write(tmp_path / "plain", "exit $1\n", 0o755), "9"]).end() == 9


def test_the_search_goes_on_behind_a_file_that_may_not_be_executed(supervise: Supervise, tmp_path: Path) -> None:
    for folder, mode in (("first", 0o644), ("second", 0o755)):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "tool", "#!/bin/sh\nexit 6\n", mode)
    path = f"{tmp_path}/none:{tmp_path}/first:{tmp_path}/second"
    assert supervise(["tool"], env={**clean_environment(), "PATH": path}).end() == 6


def test_a_file_that_may_not_be_executed_says_more_than_not_being_elsewhere(
    supervise: Supervise, tmp_path: Path
) -> None:
    write(tmp_path / "tool", "", 0o644)
    job = supervise(["tool"], env={**clean_environment(), "PATH": f"{tmp_path}:/usr/bin"})
    assert job.end() == 126


def test_an_error_that_is_about_neither_is_126() -> None:
    assert refusal("tool", errno.E2BIG, "/bin/tool", {}).code == 126


def test_the_code_of_the_main_process_counts_while_others_go_on(supervise: Supervise) -> None:
    job = supervise(["sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!; exit 7"])
    left_behind = int(line_of(job))
    try:
        assert job.end() == 7
        assert lives(left_behind)
    finally:
        os.kill(left_behind, signal.SIGKILL)


# ---- what the command inherits ----


def test_arguments_of_any_bytes_arrive(supervise: Supervise) -> None:
    odd = b"\xff\xfe".decode("utf-8", "surrogateescape")
    job = supervise(["printf", "%s|", odd, "", "a b"], errors="surrogateescape")
    assert job.process.communicate(timeout=PATIENCE_S)[0] == f"{odd}||a b|"


def test_standard_input_is_the_commands(supervise: Supervise) -> None:
    assert supervise(["cat"]).process.communicate("to the job\n", PATIENCE_S)[0] == "to the job\n"


def inheritance() -> None:
    """What a caller may leave to its children: an ignored SIGHUP and SIGCHLD, and a blocked SIGUSR1."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])


@pytest.mark.parametrize("prepare", [pytest.param(None, id="none"), pytest.param(inheritance, id="some")])
def test_blocked_and_ignored_signals_are_those_that_it_would_have_without_us(
    supervise: Supervise, prepare: Callable[[], None] | None
) -> None:
    command = [str(shutil.which("grep")), "^Sig[BIC]", "/proc/self/status"]
    job = supervise(command, preexec_fn=prepare)
    assert job.process.communicate(timeout=PATIENCE_S)[0] == run_direct(command, preexec_fn=prepare)


def test_ignored_children_do_not_lose_the_exit_code(supervise: Supervise) -> None:
    assert supervise(["sh", "-c", "exit 5"], preexec_fn=inheritance).end() == 5


def test_no_descriptor_of_ours_leaks_and_an_inherited_one_stays(supervise: Supervise) -> None:
    inherited = os.open(os.devnull, os.O_RDONLY)
    try:
        command = ["sh", "-c", "for file in /proc/$$/fd/*; do echo ${file##*/}; done"]
        job = supervise(command, pass_fds=(inherited,))
        direct = run_direct(command, stdin=subprocess.PIPE, pass_fds=(inherited,))
        assert job.process.communicate(timeout=PATIENCE_S)[0] == direct
        assert str(inherited) in direct.split()
    finally:
        os.close(inherited)


@pytest.mark.parametrize("given", [{}, {"LC_CTYPE": "C.UTF-8", "EMPTY": "", "A": "b=c"}], ids=["bare", "some"])
def test_the_environment_is_untouched(supervise: Supervise, given: dict[str, str]) -> None:
    environment = {**clean_environment(), **given}
    job = supervise(["env"], env=environment)
    assert job.process.communicate(timeout=PATIENCE_S)[0] == run_direct(["env"], env=environment)


def test_standard_error_of_the_runner_stays_empty(supervise: Supervise) -> None:
    job = supervise([sys.executable, "-c", ""])
    assert job.process.communicate(timeout=PATIENCE_S) == ("", "")
