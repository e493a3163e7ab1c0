"""What /proc shows of the container: real processes, real open files; a copy of /proc where it must be a bad one."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.preflight.process_tree import (
    DeviceFiles,
    Holder,
    Process,
    Processes,
    find_descendants,
    parse_stat,
    read_device_files,
    read_holder,
    read_open_device,
    read_processes,
)
from tests.node_agent.preflight.jobs import ROOT, python, wait_until

TICKS = os.sysconf("SC_CLK_TCK")
ME = os.getpid()


def stat_text(name: bytes = b"train", state: bytes = b"S", ticks: tuple[int, int, int, int] = (1, 2, 3, 4)) -> bytes:
    times = b" ".join(str(number).encode() for number in ticks)
    return b"17 (" + name + b") " + state + b" 1 16 15 0 -1 4194560 100 200 0 0 " + times + b" 20 0 1 0 5000 0 0\n"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(b"train", id="plain"),
        pytest.param(b"a b", id="space"),
        pytest.param(b"x) R 9 9 (y", id="brackets"),
        pytest.param(b"\xff\n)", id="no-text"),
    ],
)
def test_a_process_is_read_whatever_its_name(name: bytes) -> None:
    assert parse_stat(stat_text(name)) == Process(pid=17, parent=1, group=16, has_ended=False, cpu_s=10 / TICKS)


@pytest.mark.parametrize("state", [b"Z", b"X"])
def test_a_zombie_has_ended(state: bytes) -> None:
    assert parse_stat(stat_text(state=state)).has_ended


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(python("import time; time.sleep(60)")) as process:
        yield process
        process.kill()


def known(reading: Reading[Processes]) -> Processes:
    assert isinstance(reading, Known), reading
    return reading.value


def test_a_real_child_is_found_below_us(child: subprocess.Popen[bytes]) -> None:
    processes = known(read_processes())
    assert processes.by_pid[child.pid].parent == ME
    assert child.pid in {process.pid for process in find_descendants(processes, ME)}
    assert ME not in {process.pid for process in find_descendants(processes, ME)}


def test_the_cpu_time_of_a_process_grows_with_what_it_computes() -> None:
    before = known(read_processes()).by_pid[ME].cpu_s
    end = os.times().user + 0.2
    while os.times().user < end:
        pass
    assert known(read_processes()).by_pid[ME].cpu_s > before


def tree(*rows: tuple[int, int, int]) -> Processes:
    return Processes({pid: Process(pid, parent, group, False, 0.0) for pid, parent, group in rows})


def test_descendants_of_descendants_count_and_groups_of_our_own_do_not() -> None:
    processes = tree((1, 0, 1), (10, 1, 10), (11, 10, 10), (12, 11, 12), (20, 1, 20), (21, 20, 20), (30, 0, 30))
    assert {one.pid for one in find_descendants(processes, 1, {20})} == {10, 11, 12}


def test_a_circle_of_parents_does_not_hang() -> None:
    # Numbers come again while /proc is read.
    assert {one.pid for one in find_descendants(tree((5, 6, 5), (6, 5, 6)), 5)} == {6}


# ---- a /proc that does not tell all ----


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc with ourselves and one other process in it."""
    folder = tmp_path / "proc"
    for pid in (ME, 17):
        (folder / str(pid)).mkdir(parents=True)
        (folder / str(pid) / "stat").write_bytes(stat_text().replace(b"17", str(pid).encode(), 1))
    (folder / "self").symlink_to(str(ME))
    (folder / "uptime").touch()
    return folder


def mounted(proc: Path, options: str) -> None:
    (proc / str(ME) / "mountinfo").write_text(f"25 30 0:23 / {proc} rw,nosuid - proc proc rw{options}\n")


def test_a_whole_proc_shows_everybody(proc: Path) -> None:
    mounted(proc, "")
    processes = known(read_processes(str(proc)))
    assert set(processes.by_pid) == {ME, 17}
    assert processes.are_all


@pytest.mark.parametrize("option", ["hidepid=1", "hidepid=2", "hidepid=invisible", "hidepid=ptraceable"])
def test_a_proc_that_may_hide_processes_does_not_show_all(proc: Path, option: str) -> None:
    mounted(proc, "," + option)
    assert not known(read_processes(str(proc))).are_all


@pytest.mark.parametrize("option", ["hidepid=0", "hidepid=off", "gid=4"])
def test_other_options_hide_nothing(proc: Path, option: str) -> None:
    mounted(proc, "," + option)
    assert known(read_processes(str(proc))).are_all


def test_the_proc_of_another_pid_namespace_is_unknown(proc: Path) -> None:
    (proc / "self").unlink()
    (proc / "self").symlink_to("99999999")
    reading = read_processes(str(proc))
    assert isinstance(reading, Unknown)
    assert "99999999" in reading.reason


def test_no_proc_is_unknown(tmp_path: Path) -> None:
    assert isinstance(read_processes(str(tmp_path / "nothing")), Unknown)


def test_a_process_that_ends_meanwhile_is_left_out(proc: Path) -> None:
    (proc / "17" / "stat").unlink()
    assert set(known(read_processes(str(proc))).by_pid) == {ME}


# ---- open device files ----


def make_device(path: Path, minor: int) -> None:
    """Make a device file of a memory device: 3 is /dev/null, 5 /dev/zero."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, minor))
        path.open("rb").close()
    except OSError:
        pytest.skip("needs the right to make device files and to open them: run as root")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_device(tmp_path / "root/dev/nvidia0", 3)
    make_device(tmp_path / "root/dev/nvidia-uvm", 5)
    return tmp_path / "root"


def test_a_device_file_is_told_by_its_path(root: Path) -> None:
    with (root / "dev/nvidia0").open("rb"):
        assert read_open_device(ME, read_device_files(str(root))) == Known(str(root / "dev/nvidia0"))
    assert read_open_device(ME, read_device_files(str(root))) == Known(None)


def test_a_device_file_under_another_path_is_told_by_its_number(root: Path) -> None:
    other = root / "run/nvidia/driver/dev/nvidia-uvm"
    make_device(other, 5)
    with other.open("rb"):
        assert read_open_device(ME, read_device_files(str(root))) == Known(str(other))


def test_a_deleted_device_file_that_is_still_open_counts(root: Path) -> None:
    with (root / "dev/nvidia0").open("rb"):
        (root / "dev/nvidia0").unlink()
        reading = read_open_device(ME, read_device_files(str(root)))
        assert isinstance(reading, Known)
        assert str(root / "dev/nvidia0") in str(reading.value)


def test_a_plain_file_of_that_name_and_dev_null_do_not_count(root: Path, tmp_path: Path) -> None:
    (root / "dev/nvidia7").write_text("")
    with (root / "dev/nvidia7").open("rb"), Path(os.devnull).open("rb"), (tmp_path / "nvidia.log").open("w"):
        assert read_open_device(ME, read_device_files(str(root))) == Known(None)


def test_a_driver_root_of_another_test_does_not_count(root: Path, tmp_path: Path) -> None:
    make_device(tmp_path / "another/dev/nvidia0", 3)
    with (tmp_path / "another/dev/nvidia0").open("rb"):
        assert read_open_device(ME, read_device_files(str(root))) == Known(None)


def test_without_dev_paths_still_tell(tmp_path: Path) -> None:
    assert read_device_files(str(tmp_path)) == DeviceFiles(f"{tmp_path}/dev/nvidia", frozenset())


def test_a_process_that_is_gone_has_nothing_open(tmp_path: Path) -> None:
    assert read_open_device(17, read_device_files("/"), str(tmp_path)) == Known(None)


LOOKS_AT_ANOTHER = f"""
import json, os, sys
sys.path.insert(0, {str(ROOT)!r})
from node_agent.preflight.process_tree import read_device_files, read_holder, read_processes
processes, pid = read_processes(), int(sys.argv[1])
# Everything is imported: now become somebody who may not look into the other process.
os.setgid(65534); os.setuid(65534)
counted = [processes.value.by_pid[pid]]
answers = [read_holder(counted, read_device_files("/"), ours) for ours in ({{pid}}, set())]
print(json.dumps([type(answer).__name__ for answer in answers]))
"""


def test_hidden_files_of_the_jobs_own_processes_are_unknown_and_others_say_nothing(
    child: subprocess.Popen[bytes],
) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs a process of another user: run as root")
    done = subprocess.run(
        [sys.executable, "-c", LOOKS_AT_ANOTHER, str(child.pid)], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout) == ["Unknown", "Known"]


LOOKS_AT_UNDUMPABLE = f"""
import ctypes, os, sys
sys.path.insert(0, {str(ROOT)!r})
if len(sys.argv) == 1:
    ctypes.CDLL(None).prctl(24, 19)  # PR_CAPBSET_DROP, CAP_SYS_PTRACE: as in most containers
    os.execv(sys.executable, [sys.executable, "-c", sys.orig_argv[3], "looks"])
from node_agent.preflight.process_tree import read_device_files, read_open_device
report, told = os.pipe()
other = os.fork()
if other == 0:
    ctypes.CDLL(None).prctl(4, 0)  # PR_SET_DUMPABLE
    os.write(told, b"1")
    os.read(report, 0) or sys.stdin.read()
    os._exit(0)
os.read(report, 1)
print(type(read_open_device(other, read_device_files("/"))).__name__)
"""


def test_an_undumpable_process_of_our_own_user_is_unknown() -> None:
    with subprocess.Popen(
        python(LOOKS_AT_UNDUMPABLE), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as looks:
        assert looks.stdout is not None
        assert looks.stdout.readline() == "Unknown\n"


def test_any_process_may_be_the_holder(root: Path) -> None:
    path = root / "dev/nvidia0"
    program = f"import time; file = open({str(path)!r}, 'rb'); print(1); time.sleep(60)"
    with subprocess.Popen(python(program), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"1\n"
        processes = known(read_processes())
        everybody = list(processes.by_pid.values())
        assert read_holder(everybody, read_device_files(str(root)), ()) == Known(Holder(process.pid, str(path)))
        process.kill()
        wait_until(lambda: known(read_processes()).by_pid[process.pid].has_ended)
        zombie = known(read_processes()).by_pid[process.pid]
        assert read_holder([zombie], read_device_files(str(root)), {process.pid}) == Known(None)
