"""The tripwire on real processes that load the stub libraries: what is announced, and what ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from testbeds.nvidia_stub import DeviceFiles, StubNode, faults, nodes
from testbeds.nvidia_stub.node import LibraryFile, Node, Process
from testbeds.nvidia_stub.root import choose_device_files
from tests.node_agent.preflight.jobs import (
    COMPUTE,
    CUDA_CONTEXT,
    CUDA_INIT_ONLY,
    HOLD,
    Supervised,
    child_of,
    children_of,
    container,
    lives,
    python,
    supervisor,
    wait_until,
)
from tests.testbeds.nvidia_stub.programs import cuda_program

Start = Callable[..., Supervised]

LATE = {"deadline_s": 300}
"""A deadline that no test reaches."""
SOON = {"deadline_s": 0.5, "least_cpu_s": 0.02}
"""So little CPU time that every Python has used it before it does anything."""
CALM = {"deadline_s": 0.5, "least_cpu_s": 3600}
STOP = {"on_fallback": "stop"}
FELL_BACK, NOT_OPENED = ("WARN", "SilentCPUFallback"), ("WARN", "GPUNotOpened")
STOPPED, PASSED, UNCLEAR = ("FAIL", "SilentCPUFallback"), ("PASS", "Passed"), ("UNKNOWN", "ReadingUnknown")
NO_NVML = replace(nodes.T4, nvml_library=LibraryFile.MISSING)
HANGS = replace(nodes.T4, faults=(faults.hang("nvmlInitWithFlags"),))
CRASHES = replace(nodes.T4, faults=(faults.crash("nvmlInitWithFlags"),))
COMMAND = 2
"""The number of the command in its container: the supervisor is 1 and starts nothing before it."""

HIDES_ITSELF = """
import ctypes
ctypes.CDLL(None).prctl(4, 0)  # PR_SET_DUMPABLE
"""
MAY_NOT_TRACE = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(24, 19)  # PR_CAPBSET_DROP, CAP_SYS_PTRACE: as in most containers
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def start(tmp_path: Path, stub: Callable[[Node], StubNode]) -> Iterator[Start]:
    """Supervise a command in a container on a pretended node; everything is gone when the test ends."""
    if choose_device_files(tmp_path) is not DeviceFiles.CHARACTER:
        pytest.skip("needs device files that open: run as root, where mknod is allowed")
    started: list[Supervised] = []

    def run(
        command: Sequence[str], node: Node, *settings: Mapping[str, object], prefix: Sequence[str] | None = None
    ) -> Supervised:
        made = stub(node)
        given = {"root": str(made.root), **{name: value for some in settings for name, value in some.items()}}
        line = [*(container() if prefix is None else prefix), *supervisor(tmp_path / "findings", command, given)]
        started.append(
            Supervised(subprocess.Popen(line, env=made.environment(), text=True), tmp_path / "findings", made)
        )
        return started[-1]

    yield run
    for job in started:
        job.kill()


def device_open(script: str) -> list[str]:
    """A shell that has a device file open from its first moment on; it does what cuInit alone does to the files."""
    find = 'exec 9<>"$(echo "$LD_LIBRARY_PATH" | sed "s,/usr/lib/.*,/dev/nvidia-uvm,")"'
    return ["sh", "-c", f"{find}; {script}"]


BUSY_SHELL = "while :; do :; done"
IDLE_SHELL = "while :; do sleep 0.1; done"


def is_over(job: Supervised) -> bool:
    """Whether the watch is over: the supervisor waits for signals, and for no point in time."""
    with suppress(OSError):
        call = Path(f"/proc/{job.pid}/syscall").read_text().split()
        return len(call) > 4 and call[3] == "0x0" and call[4] == "0x8"
    return False


def short(job: Supervised) -> list[tuple[str, str]]:
    return [one.short for one in job.said]


# ---- a context ----


GRANDCHILD = """
import subprocess, sys
subprocess.run(["sh", "-c", '"$0" -c "$1" & wait', sys.executable, {program!r}])
"""
DAEMON = """
import subprocess, sys
subprocess.run(["sh", "-c", 'setsid "$0" -c "$1" &', sys.executable, {program!r}])
""" + HOLD  # fmt: skip


@pytest.mark.parametrize(
    ("program", "node"),
    [
        pytest.param(CUDA_CONTEXT, nodes.T4, id="one GPU"),
        pytest.param(CUDA_CONTEXT, nodes.H100_X8, id="eight GPUs"),
        pytest.param(CUDA_CONTEXT, nodes.A100_80GB_MIG, id="MIG"),
        pytest.param(CUDA_CONTEXT, replace(nodes.T4, is_mps_client=True), id="MPS client"),
        pytest.param(GRANDCHILD.format(program=CUDA_CONTEXT), nodes.T4, id="grandchild"),
        pytest.param(DAEMON.format(program=CUDA_CONTEXT), nodes.T4, id="daemon"),
    ],
)
def test_a_context_ends_the_watch_in_silence(start: Start, program: str, node: Node) -> None:
    job = start(python(program), node, LATE, STOP)
    wait_until(lambda: is_over(job))
    assert job.said == []


def test_rendering_counts(start: Start) -> None:
    """Our libcuda makes no graphics contexts: the node lists the command as one that has."""
    node = replace(nodes.T4, processes=(Process(COMMAND, kind="graphics"),))
    job = start(device_open(IDLE_SHELL), node, LATE, STOP)
    wait_until(lambda: is_over(job))
    assert job.said == []


def test_a_context_that_is_gone_again_was_one_all_the_same(start: Start, tmp_path: Path) -> None:
    leaves = f"import os\nwhile not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.02)\n"
    program = cuda_program(
        "cuda.cuInit(0); enter(0)\n" + leaves + "call('cuDevicePrimaryCtxRelease_v2', 0)\n" + COMPUTE
    )
    job = start(python(program), nodes.T4, {"deadline_s": 20, "least_cpu_s": 0.02}, STOP)
    wait_until(lambda: is_over(job))
    (tmp_path / "go").touch()
    wait_until(lambda: "cuDevicePrimaryCtxRelease_v2" in {call.name for call in job.node.calls()})
    assert is_over(job)


def test_no_process_is_asked_anything_before_a_device_file_is_open(start: Start) -> None:
    job = start(["sh", "-c", "sleep 1.2"], nodes.T4, LATE)
    assert job.end() == 0
    assert job.node.calls() == []


# ---- none ----


def test_a_job_that_computes_on_the_cpu_is_warned_about_and_goes_on(start: Start) -> None:
    job = start(python(COMPUTE), nodes.T4, SOON)
    assert "no device file of a GPU is open" in job.wait_for("SilentCPUFallback").seen
    assert short(job) == [FELL_BACK]
    assert job.process.poll() is None
    assert not is_over(job)


def test_cuinit_alone_is_no_context(start: Start) -> None:
    job = start(python(CUDA_INIT_ONLY + COMPUTE), nodes.T4, {**SOON, "deadline_s": 4.0})
    seen = job.wait_for("SilentCPUFallback").seen
    assert re.search(r"process \d+ has \S+/dev/nvidia\S+ open, as cuInit alone does", seen)


def test_an_idle_job_is_warned_about_and_never_stopped(start: Start) -> None:
    job = start(["sh", "-c", IDLE_SHELL], nodes.T4, CALM, STOP)
    job.wait_for("GPUNotOpened")
    assert short(job) == [NOT_OPENED]
    assert job.process.poll() is None
    assert not is_over(job)


def test_an_idle_job_that_computes_later_is_caught(start: Start, tmp_path: Path) -> None:
    script = f"until [ -e {tmp_path}/go ]; do sleep 0.1; done; {BUSY_SHELL}"
    job = start(["sh", "-c", script], nodes.T4, {"deadline_s": 0.5, "least_cpu_s": 1.0}, STOP)
    job.wait_for("GPUNotOpened")
    (tmp_path / "go").touch()
    assert job.end() == 78
    assert short(job) == [NOT_OPENED, STOPPED]


CHILD = "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'"


@pytest.mark.parametrize("in_container", [True, False], ids=["as process 1", "as subreaper"])
@pytest.mark.parametrize(
    "script",
    [
        pytest.param(f"{CHILD}; sleep 600", id="child"),
        pytest.param(f"(setsid {CHILD} &); sleep 600", id="orphan"),
    ],
)
def test_the_cpu_time_of_processes_that_have_ended_counts(start: Start, script: str, in_container: bool) -> None:
    settings = {"deadline_s": 3.0, "least_cpu_s": 0.15}
    prefix = container() if in_container else []
    job = start(["sh", "-c", script], nodes.T4, settings, prefix=prefix)
    job.wait_for("SilentCPUFallback")


def test_what_the_watch_itself_costs_is_not_the_jobs(start: Start) -> None:
    """Two questions to NVML cost twice what would make the job a computing one."""
    job = start(["sleep", "600"], nodes.T4, {"deadline_s": 0.5, "least_cpu_s": 0.05}, STOP)
    job.wait_for("GPUNotOpened")
    assert {call.name for call in job.node.calls()} >= {"nvmlInitWithFlags"}
    assert short(job) == [NOT_OPENED]


def test_a_probe_of_ours_that_was_left_behind_is_not_the_job(start: Start) -> None:
    """As a probe that hangs in the kernel with its device files open: a child from before the command."""
    leaves = device_open('setsid sleep 600 & exec 9>&-; exec "$@"')
    job = start(["sleep", "600"], NO_NVML, CALM, prefix=[*container(), *leaves, "sh"])
    assert "no device file of a GPU is open" in job.wait_for("GPUNotOpened").seen
    assert short(job) == [NOT_OPENED]


def test_a_context_after_a_warning_is_told(start: Start, tmp_path: Path) -> None:
    program = f"import os, time\nwhile not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.02)\n" + CUDA_CONTEXT
    job = start(python(program), nodes.T4, CALM)
    job.wait_for("GPUNotOpened")
    (tmp_path / "go").touch()
    assert "context on a GPU" in job.wait_for("Passed").data["problem"]
    wait_until(lambda: is_over(job))
    assert short(job) == [NOT_OPENED, PASSED]


def test_with_the_deadline_0_nothing_is_looked_at(start: Start) -> None:
    job = start(python(CUDA_INIT_ONLY + COMPUTE), nodes.T4, {**SOON, "deadline_s": 0}, STOP)
    wait_until(lambda: is_over(job))
    assert [call.name for call in job.node.calls() if call.name.startswith("nvml")] == []


# ---- NVML cannot tell ----


@pytest.mark.parametrize(
    "node",
    [
        pytest.param(NO_NVML, id="no library"),
        pytest.param(
            replace(nodes.T4, faults=(faults.answer("nvmlDeviceGetComputeRunningProcesses*", 4),)), id="lists refused"
        ),
        pytest.param(replace(nodes.T4, faults=(faults.answer("nvmlInitWithFlags", 999),)), id="init refused"),
        pytest.param(CRASHES, id="crash"),
        pytest.param(HANGS, id="hang"),
        pytest.param(replace(nodes.T4, processes=(Process(4_000_000, memory_mib=500),)), id="host's numbers"),
    ],
)
def test_where_nvml_cannot_tell_an_open_device_file_counts_and_it_is_said(start: Start, node: Node) -> None:
    job = start(device_open(BUSY_SHELL), node, {**SOON, "deadline_s": 1.0, "answer_s": 0.9}, STOP)
    assert "NVML cannot tell" in job.wait_for("Passed").seen
    wait_until(lambda: is_over(job))
    assert short(job) == [PASSED]


@pytest.mark.parametrize(
    "node",
    [pytest.param(NO_NVML, id="no library"), pytest.param(CRASHES, id="crash"), pytest.param(HANGS, id="hang")],
)
def test_where_nvml_cannot_tell_and_nothing_is_open_a_fallback_is_still_one(start: Start, node: Node) -> None:
    job = start(python(COMPUTE), node, {**SOON, "answer_s": 0.9}, STOP)
    assert "NVML cannot tell" in job.wait_for("SilentCPUFallback").seen
    assert job.end() == 78


def test_a_crash_of_nvml_is_named(start: Start) -> None:
    job = start(python(COMPUTE), CRASHES, SOON)
    assert "SIGSEGV" in job.wait_for("SilentCPUFallback").seen


def test_where_nobody_can_tell_it_is_unknown_and_nothing_is_stopped(start: Start) -> None:
    prefix = [*container(), *python(MAY_NOT_TRACE)]
    job = start(python(HIDES_ITSELF + COMPUTE), NO_NVML, {**SOON, "deadline_s": 4.0}, STOP, prefix=prefix)
    assert "may not be read" in job.wait_for("ReadingUnknown").seen
    assert short(job) == [UNCLEAR]
    assert job.process.poll() is None


def test_a_job_whose_files_are_hidden_is_judged_by_nvml(start: Start) -> None:
    prefix = [*container(), *python(MAY_NOT_TRACE)]
    job = start(python(HIDES_ITSELF + CUDA_CONTEXT), nodes.T4, LATE, STOP, prefix=prefix)
    wait_until(lambda: is_over(job))
    assert job.said == []


# ---- stopping ----


def test_stop_ends_the_job_with_78_after_its_sigterm_handler(start: Start, tmp_path: Path) -> None:
    note = tmp_path / "handler"
    handles = f"import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: (open({str(note)!r}, 'w'), sys.exit(0)))\n"
    job = start(python(handles + COMPUTE), nodes.T4, {**SOON, "deadline_s": 2.0, "grace_s": 60}, STOP)
    assert job.end() == 78
    assert short(job) == [STOPPED]
    assert note.exists()


DEAF = (
    "import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen({note!r}, 'a').write(f'{{os.getpid()}} ')\n"
)


def test_stop_kills_what_does_not_listen_and_what_left_the_group(start: Start, tmp_path: Path) -> None:
    note = tmp_path / "processes"
    deaf = DEAF.format(note=str(note))
    leaves = (
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {deaf + HOLD!r}], start_new_session=True)\n"
    )
    job = start(python(deaf + leaves + COMPUTE), nodes.T4, {**SOON, "deadline_s": 2.0, "grace_s": 0.3}, STOP, prefix=[])
    assert job.end() == 78
    deaf_ones = [int(pid) for pid in note.read_text().split()]
    assert len(deaf_ones) == 2
    assert [pid for pid in deaf_ones if lives(pid)] == []


def test_stop_reaches_a_job_that_sleeps_by_job_control(start: Start) -> None:
    script = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; kill -STOP $$; exit 5"
    job = start(["sh", "-c", script], nodes.T4, {**SOON, "grace_s": 60}, STOP)
    assert job.end() == 78


# ---- while it asks ----


def asking(job: Supervised) -> int:
    """The process that asks NVML; waits for it. The command is the first child."""
    wait_until(lambda: len(children_of(job.pid)) == 2)
    return children_of(job.pid)[1]


def test_signals_are_passed_on_while_nvml_hangs_and_nothing_is_left_behind(start: Start) -> None:
    handles = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\n"
    job = start(python(handles + HOLD), HANGS, {**CALM, "deadline_s": 2.0}, prefix=[])
    asks = asking(job)
    wait_until(lambda: "nvmlInitWithFlags" in {call.name for call in job.node.calls()})
    os.kill(job.pid, signal.SIGTERM)
    assert job.end() == 9
    assert not lives(asks)


def test_the_process_that_asks_is_out_of_reach_of_what_the_command_gets(start: Start) -> None:
    job = start(["sh", "-c", IDLE_SHELL], HANGS, CALM)
    asks = asking(job)
    wait_until(lambda: os.getpgid(asks) == asks)
    assert os.getpgid(child_of(job.pid)) != asks


# ---- its weight ----


def test_the_watching_process_loads_no_library_of_nvidias_and_stays_small(start: Start) -> None:
    job = start(device_open(IDLE_SHELL), nodes.T4, CALM)
    job.wait_for("GPUNotOpened")
    place = Path(f"/proc/{job.pid}")
    assert "libcuda" not in (place / "maps").read_text()
    assert "libnvidia-ml" not in (place / "maps").read_text()
    resident = re.search(r"VmRSS:\s+(\d+) kB", (place / "status").read_text())
    assert resident is not None
    assert int(resident.group(1)) < 20 * 1024


def test_nothing_polls_while_nothing_is_due(start: Start) -> None:
    """Counted by the kernel: a process that is not woken does not give up its turn."""
    job = start(["sleep", "2"], nodes.T4, LATE)
    child_of(job.pid)
    status = Path(f"/proc/{job.pid}/status")
    turns = re.compile(r"^voluntary_ctxt_switches:\s+(\d+)", re.MULTILINE)
    before = after = int(turns.findall(status.read_text())[0])
    while job.process.poll() is None:
        with suppress(OSError, IndexError):
            after = int(turns.findall(status.read_text())[0])
        with suppress(subprocess.TimeoutExpired):
            job.process.wait(0.1)
    assert after - before < 20
