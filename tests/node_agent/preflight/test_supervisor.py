"""The command runs as if nobody stood between it and the one who started it."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from node_agent.preflight.launch import refusal
from tests.node_agent.preflight.jobs import (
    PATIENCE_S,
    Supervised,
    child_of,
    clean_environment,
    container,
    lives,
    python,
    state_of,
    supervisor,
    wait_until,
)

Start = Callable[..., Supervised]

TELLS_SIGNALS = """
import os, signal, sys, time
def tell(number, frame):
    print(signal.Signals(number).name, flush=True)
    if number == signal.SIGTERM:
        sys.exit(43)
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
    signal.signal(number, tell)
print("ready", os.getpid(), flush=True)
while True: time.sleep(0.05)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a supervisor of a command; it is gone when the test ends, and so is the command."""
    started: list[Supervised] = []

    def run(command: Sequence[str], prefix: Sequence[str] = (), **options: object) -> Supervised:
        line = [*prefix, *supervisor(tmp_path / "findings", command)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen(line, text=True, **pipes)  # type: ignore[call-overload]
        started.append(Supervised(process, tmp_path / "findings"))
        return started[-1]

    yield run
    for job in started:
        job.kill()


def line_of(job: Supervised) -> str:
    assert job.process.stdout is not None
    ready, _, _ = select.select([job.process.stdout], [], [], PATIENCE_S)
    assert ready, "the command printed nothing"
    return str(job.process.stdout.readline()).strip()


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
def test_the_exit_code_is_the_commands(start: Start, script: str, code: int) -> None:
    assert start(["sh", "-c", script]).end() == code


def test_a_command_that_is_not_there_is_127_and_one_line_says_where_it_was_looked_for(start: Start) -> None:
    job = start(["no-such-program", "x"], env={**clean_environment(), "PATH": "/usr/bin:/bin"})
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
def test_a_file_that_cannot_be_executed_is_126(start: Start, tmp_path: Path, text: str, mode: int, says: str) -> None:
    job = start([write(tmp_path / "tool", text, mode)])
    assert job.end() == 126
    assert job.process.stderr is not None
    assert says in job.process.stderr.read()


def test_a_script_without_a_first_line_is_run_by_the_shell_as_execvp_does(start: Start, tmp_path: Path) -> None:
    assert start([write(tmp_path / "plain", "exit $1\n", 0o755), "9"]).end() == 9


def test_the_search_goes_on_behind_a_file_that_may_not_be_executed(start: Start, tmp_path: Path) -> None:
    for folder, mode in (("first", 0o644), ("second", 0o755)):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "tool", "#!/bin/sh\nexit 6\n", mode)
    path = f"{tmp_path}/none:{tmp_path}/first:{tmp_path}/second"
    assert start(["tool"], env={**clean_environment(), "PATH": path}).end() == 6


def test_a_file_that_may_not_be_executed_says_more_than_not_being_elsewhere(start: Start, tmp_path: Path) -> None:
    write(tmp_path / "tool", "", 0o644)
    job = start(["tool"], env={**clean_environment(), "PATH": f"{tmp_path}:/usr/bin"})
    assert job.end() == 126


def test_an_error_that_is_about_neither_is_126() -> None:
    assert refusal("tool", errno.E2BIG, "/bin/tool", {}).code == 126


def test_the_code_of_the_main_process_counts_while_others_go_on(start: Start) -> None:
    job = start(["sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!; exit 7"])
    left_behind = int(line_of(job))
    try:
        assert job.end() == 7
        assert lives(left_behind)
    finally:
        os.kill(left_behind, signal.SIGKILL)


# ---- what the command inherits ----


def test_arguments_of_any_bytes_arrive(start: Start) -> None:
    odd = b"\xff\xfe".decode("utf-8", "surrogateescape")
    job = start(["printf", "%s|", odd, "", "a b"], errors="surrogateescape")
    assert job.process.communicate(timeout=PATIENCE_S)[0] == f"{odd}||a b|"


def test_standard_input_is_the_commands(start: Start) -> None:
    assert start(["cat"]).process.communicate("to the job\n", PATIENCE_S)[0] == "to the job\n"


def inheritance() -> None:
    """What a caller may leave to its children: an ignored SIGHUP and SIGCHLD, and a blocked SIGUSR1."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])


@pytest.mark.parametrize("prepare", [pytest.param(None, id="none"), pytest.param(inheritance, id="some")])
def test_blocked_and_ignored_signals_are_those_that_it_would_have_without_us(
    start: Start, prepare: Callable[[], None] | None
) -> None:
    command = [str(shutil.which("grep")), "^Sig[BIC]", "/proc/self/status"]
    job = start(command, preexec_fn=prepare)
    assert job.process.communicate(timeout=PATIENCE_S)[0] == run_direct(command, preexec_fn=prepare)


def test_ignored_children_do_not_lose_the_exit_code(start: Start) -> None:
    assert start(["sh", "-c", "exit 5"], preexec_fn=inheritance).end() == 5


def test_no_descriptor_of_ours_leaks_and_an_inherited_one_stays(start: Start) -> None:
    inherited = os.open(os.devnull, os.O_RDONLY)
    try:
        command = ["sh", "-c", "for file in /proc/$$/fd/*; do echo ${file##*/}; done"]
        job = start(command, pass_fds=(inherited,))
        direct = run_direct(command, stdin=subprocess.PIPE, pass_fds=(inherited,))
        assert job.process.communicate(timeout=PATIENCE_S)[0] == direct
        assert str(inherited) in direct.split()
    finally:
        os.close(inherited)


@pytest.mark.parametrize("given", [{}, {"LC_CTYPE": "C.UTF-8", "EMPTY": "", "A": "b=c"}], ids=["bare", "some"])
def test_the_environment_is_untouched(start: Start, given: dict[str, str]) -> None:
    environment = {**clean_environment(), **given}
    job = start(["env"], env=environment)
    assert job.process.communicate(timeout=PATIENCE_S)[0] == run_direct(["env"], env=environment)


# ---- signals ----


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE,
        signal.SIGALRM, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGWINCH, signal.SIGRTMIN,
    ],
    ids=lambda number: number.name,
)  # fmt: skip
def test_a_signal_reaches_the_command(start: Start, number: signal.Signals) -> None:
    job = start(python(TELLS_SIGNALS))
    line_of(job)
    job.process.send_signal(number)
    assert line_of(job) == number.name


def test_the_exit_code_of_its_sigterm_handler_comes_back(start: Start) -> None:
    job = start(python(TELLS_SIGNALS))
    line_of(job)
    job.process.terminate()
    assert line_of(job) == "SIGTERM"
    assert job.end() == 43


def test_a_signal_is_for_the_commands_own_process_and_not_for_its_workers(start: Start) -> None:
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
    job = start(python(textwrap.dedent(program)))
    assert line_of(job) == "ready"
    job.process.terminate()
    assert job.process.communicate(timeout=PATIENCE_S)[0] == "main\n"


def test_a_command_that_is_stopped_and_continued_ends_with_its_own_code(start: Start) -> None:
    job = start(["sh", "-c", "echo ready; sleep 0.3; exit 4"])
    line_of(job)
    command = child_of(job.process.pid)
    job.process.send_signal(signal.SIGTSTP)
    wait_until(lambda: state_of(command) == "T")
    assert job.process.poll() is None
    assert state_of(job.process.pid) != "T"
    job.process.send_signal(signal.SIGCONT)
    assert job.end() == 4


def test_a_command_that_somebody_else_stopped_and_continued_ends_with_its_own_code(start: Start) -> None:
    job = start(["sh", "-c", "echo ready; sleep 0.3; exit 4"])
    line_of(job)
    command = child_of(job.process.pid)
    os.kill(command, signal.SIGSTOP)
    wait_until(lambda: state_of(command) == "T")
    os.kill(command, signal.SIGCONT)
    assert job.end() == 4


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


def test_orphans_become_ours_and_are_reaped(start: Start) -> None:
    program = """
        import os, time
        report, told = os.pipe()
        if os.fork() == 0:
            if os.fork() == 0:
                time.sleep(0.3)
                os.write(told, str(os.getppid()).encode())
            os._exit(0)
        os.wait()
        print(int(os.read(report, 20)) == os.getppid())
    """
    assert start(python(textwrap.dedent(program))).process.communicate(timeout=PATIENCE_S)[0] == "True\n"
    assert start(python(MAKES_ORPHANS)).process.communicate(timeout=PATIENCE_S)[0] == "['R']\n"


def test_as_process_1_it_passes_the_code_on_and_reaps(start: Start) -> None:
    job = start(python(MAKES_ORPHANS + "print(os.getppid())\nsys.exit(6)"), container())
    assert job.process.communicate(timeout=PATIENCE_S)[0] == "['R']\n1\n"
    assert job.end() == 6


def test_as_process_1_it_passes_sigterm_on(start: Start) -> None:
    job = start(python(TELLS_SIGNALS), container())
    line_of(job)
    os.kill(job.pid, signal.SIGTERM)
    assert line_of(job) == "SIGTERM"
    assert job.end() == 43


def test_as_process_1_it_takes_everybody_along_when_the_command_ends(start: Start) -> None:
    job = start(["sh", "-c", "setsid sleep 60 & exit 7"], container(), stdout=subprocess.DEVNULL)
    assert job.end() == 7


# ---- the terminal ----


class Screen:
    """A session with a terminal of its own, and the keyboard of it."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process, self._keyboard = pty.fork()
        if self.process == 0:
            os.execvp(command[0], list(command))  # noqa: S606
        self._text = ""

    def press(self, keys: str) -> None:
        os.write(self._keyboard, keys.encode())

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait_for(self, pattern: str) -> str:
        """Wait until the pattern shows up; what stood before it is forgotten."""
        end = time.monotonic() + PATIENCE_S
        while (match := re.search(pattern, self._text)) is None:
            assert time.monotonic() < end, f"{pattern!r} did not show up in {self._text!r}"
            if select.select([self._keyboard], [], [], 0.1)[0]:
                try:
                    self._text += os.read(self._keyboard, 4096).decode()
                except OSError:
                    raise AssertionError(f"the session ended before {pattern!r}: {self._text!r}") from None
        self._text = self._text[match.end() :]
        return match.group()

    def end(self) -> int:
        with suppress(OSError):
            while os.read(self._keyboard, 4096):
                pass  # a session does not end while its terminal is full
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def close(self) -> None:
        with suppress(OSError, ChildProcessError):
            os.killpg(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        os.close(self._keyboard)


@pytest.fixture
def screen() -> Iterator[Callable[[Sequence[str]], Screen]]:
    made: list[Screen] = []

    def make(command: Sequence[str]) -> Screen:
        made.append(Screen(command))
        return made[-1]

    yield make
    for one in made:
        one.close()


COUNTS_INTERRUPTS = """
import os, signal, sys, time
counted = 0
def count(number, frame):
    global counted
    counted += 1
signal.signal(signal.SIGINT, count)
print("in front" if os.tcgetpgrp(0) == os.getpgrp() == os.getpid() else "behind", flush=True)
while not counted: time.sleep(0.02)
time.sleep(0.4)
print("interrupts", counted, flush=True)
sys.exit(3)
"""


def test_the_command_is_in_the_foreground_and_ctrl_c_reaches_it_once(
    screen: Callable[[Sequence[str]], Screen], tmp_path: Path
) -> None:
    terminal = screen(supervisor(tmp_path / "findings", python(COUNTS_INTERRUPTS)))
    terminal.wait_for("in front")
    terminal.press("\x03")
    terminal.wait_for("interrupts 1")
    assert terminal.end() == 3


def test_a_change_of_the_window_reaches_the_command(screen: Callable[[Sequence[str]], Screen], tmp_path: Path) -> None:
    terminal = screen(supervisor(tmp_path / "findings", python(TELLS_SIGNALS)))
    terminal.wait_for("ready")
    terminal.resize(24, 77)
    terminal.wait_for("SIGWINCH")


SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status = os.waitpid(job, os.WUNTRACED)
os.tcsetpgrp(0, os.getpgrp())
print("stopped", os.WIFSTOPPED(status), flush=True)
input()
os.tcsetpgrp(0, job)
os.killpg(job, signal.SIGCONT)
_, status = os.waitpid(job, os.WUNTRACED)
print("at the end in front:", "job" if os.tcgetpgrp(0) == job else "another", flush=True)
os.tcsetpgrp(0, os.getpgrp())
print("ended", os.waitstatus_to_exitcode(status), flush=True)
"""


def test_ctrl_z_stops_the_whole_job_for_the_shell_and_fg_brings_it_back(
    screen: Callable[[Sequence[str]], Screen], tmp_path: Path
) -> None:
    """A shell with job control, in small: it sees the stop, and gives the terminal back when the job goes on."""
    job = supervisor(tmp_path / "findings", python(COUNTS_INTERRUPTS))
    terminal = screen([*python(SHELL), *job])
    terminal.wait_for("in front")
    terminal.press("\x1a")
    terminal.wait_for("stopped True")
    terminal.press("fg\n")
    terminal.wait_for("fg")
    time.sleep(0.3)
    terminal.press("\x03")
    terminal.wait_for("interrupts 1")
    terminal.wait_for("at the end in front: job")
    terminal.wait_for("ended 3")


def test_where_no_shell_could_bring_it_back_ctrl_z_does_not_stop_the_job_for_good(
    screen: Callable[[Sequence[str]], Screen], tmp_path: Path
) -> None:
    terminal = screen(supervisor(tmp_path / "findings", python(COUNTS_INTERRUPTS)))
    terminal.wait_for("in front")
    terminal.press("\x1a")
    time.sleep(0.3)
    terminal.press("\x03")
    terminal.wait_for("interrupts 1")
    assert terminal.end() == 3


def test_standard_error_of_the_runner_stays_empty(start: Start) -> None:
    job = start([sys.executable, "-c", ""])
    assert job.process.communicate(timeout=PATIENCE_S) == ("", "")
