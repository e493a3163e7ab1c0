from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from testbeds.nvidia_stub import Libraries, StubNode, faults, nodes
from testbeds.nvidia_stub.faults import Fault
from tests.testbeds.nvidia_stub.programs import Start, ask_cuda, ask_nvml, cuda_program, nvml_program, run

NVML = nvml_program("nvml.nvmlInit()\nh = nvml.nvmlDeviceGetHandleByIndex(0)\nprint(ask('nvmlDeviceGetUUID', h))")
CUDA = cuda_program("print(init_and_prove())")


@pytest.mark.parametrize(
    ("fault", "program", "returncode"),
    [
        pytest.param(faults.crash("nvmlDeviceGetUUID"), NVML, -signal.SIGSEGV, id="nvml-crash"),
        pytest.param(faults.abort("nvmlInit*"), NVML, -signal.SIGABRT, id="nvml-abort"),
        pytest.param(faults.leave("nvmlInit*", 3), NVML, 3, id="nvml-exit"),
        pytest.param(faults.crash("cuInit"), CUDA, -signal.SIGSEGV, id="cuda-crash"),
        pytest.param(faults.abort("cuCtxSynchronize"), CUDA, -signal.SIGABRT, id="cuda-abort"),
    ],
)
def test_a_call_ends_its_process(start: Start, fault: Fault, program: str, returncode: int) -> None:
    assert run(start(replace(nodes.T4, faults=(fault,))), program).returncode == returncode


@pytest.mark.parametrize(
    ("call", "program"),
    [
        pytest.param("nvmlInit*", NVML, id="nvml-init"),
        pytest.param("nvmlDeviceGetUUID", NVML, id="nvml-device"),
        pytest.param("cuInit", CUDA, id="cuda-init"),
        pytest.param("cuMemcpyDtoH_v2", CUDA, id="cuda-copy"),
    ],
)
def test_a_call_hangs_and_only_sigkill_ends_it(start: Start, call: str, program: str) -> None:
    node = start(replace(nodes.T4, faults=(faults.hang(call),)))
    with subprocess.Popen([sys.executable, "-c", program], env=node.environment()) as child:
        until = time.monotonic() + 60
        while not hears_nothing(child.pid) and time.monotonic() < until:
            time.sleep(0.01)
        assert any(call.rstrip("*") in done.name for done in node.calls())
        child.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.1)
        child.kill()
        assert child.wait(5) == -signal.SIGKILL


def hears_nothing(process: int) -> bool:
    """Whether a process blocks SIGTERM, as it does once it hangs; the call is logged a moment before."""
    blocked = re.search(r"^SigBlk:\s+(\w+)$", Path(f"/proc/{process}/status").read_text("ascii"), re.MULTILINE)
    return blocked is not None and bool(int(blocked[1], 16) >> (signal.SIGTERM - 1) & 1)


def test_a_hang_in_one_thread_leaves_the_others_alone(start: Start) -> None:
    node = start(replace(nodes.H100_X8, faults=(faults.hang("nvmlDevice*", 2, after=1),)))
    answer = ask_nvml(
        node,
        """
import threading
nvml.nvmlInit()
handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(8)]
threading.Thread(target=ask, args=("nvmlDeviceGetUUID", handles[2]), daemon=True).start()
time.sleep(0.05)
answer = [ask("nvmlDeviceGetIndex", handles[i]) for i in (0, 1, 3)]
print(json.dumps(answer), flush=True)
os._exit(0)
""",
    )
    assert answer == [0, 1, 3]


def test_a_fault_begins_after_some_calls_and_ends_after_others(start: Start) -> None:
    node = start(replace(nodes.T4, faults=(faults.answer("nvmlDeviceGetIndex", 27, after=2, times=3),)))
    asked = "nvml.nvmlInit()\nh = nvml.nvmlDeviceGetHandleByIndex(0)\n"
    asked += "answer = [ask('nvmlDeviceGetIndex', h) for _ in range(7)]"
    answer = ask_nvml(node, asked)
    assert answer == [0, 0, "error 27", "error 27", "error 27", 0, 0]


def test_counts_are_each_processs_own_or_shared_by_all_and_begin_anew_with_a_state(start: Start) -> None:
    init = "answer = ask('nvmlInit')"
    own = replace(nodes.T4, faults=(faults.answer("nvmlInit*", 9, times=1),))
    shared = replace(nodes.T4, faults=(Fault("nvmlInit*", code=9, times=2, shared=True),))
    node = start(own)
    assert [ask_nvml(node, init) for _ in range(2)] == ["error 9", "error 9"]
    node.become(shared)
    assert [ask_nvml(node, init) for _ in range(3)] == ["error 9", "error 9", None]
    node.become(shared)
    assert ask_nvml(node, init) == "error 9"


def test_a_delay_does_the_work_late(start: Start) -> None:
    node = start(replace(nodes.T4, faults=(faults.delay("nvmlInit*", 150),)))
    asked = "begin = time.monotonic()\nanswer = [ask('nvmlInit'), time.monotonic() - begin]"
    code, seconds = ask_nvml(node, asked)
    assert (code, seconds >= 0.15) == (None, True)


def test_a_changed_state_is_seen_by_running_processes(start: Start) -> None:
    node = start(nodes.T4)
    program = nvml_program("""
nvml.nvmlInit()
h = nvml.nvmlDeviceGetHandleByIndex(0)
for line in sys.stdin:
    print(ask("nvmlDeviceGetTemperature", h, 0), flush=True)
""")
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env=node.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        seen = []
        for degrees in (38, 41, 90):
            node.become(replace(nodes.T4, gpus=nodes.change_gpu(nodes.T4, 0, temperature={0: degrees})))
            child.stdin.write("look\n")
            child.stdin.flush()
            seen.append(int(child.stdout.readline()))
        child.stdin.close()
    assert seen == [38, 41, 90]


def test_threads_never_see_half_a_state(tmp_path: Path, libraries: Libraries) -> None:
    node = StubNode(nodes.H100_X8, tmp_path / "node", libraries, logs_calls=False)
    program = nvml_program("""
import threading
nvml.nvmlInit()
handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(8)]
bad, reads = [], [0]
def look(h):
    while not done.is_set():
        rows = ask("nvmlDeviceGetRemappedRows", h)
        reads[0] += 1
        if tuple(rows) not in {(0, 0, 0, 0), (1, 2, 1, 1)}:
            bad.append(rows)
done = threading.Event()
threads = [threading.Thread(target=look, args=(h,)) for h in handles[:2]]
[thread.start() for thread in threads]
sys.stdin.read()
done.set()
[thread.join() for thread in threads]
print(json.dumps([bad, reads[0] > 100]))
""")
    sick = tuple(
        replace(gpu, remapped_corrected=1, remapped_uncorrected=2, remap_pending=1, remap_failed=1)
        for gpu in nodes.H100_X8.gpus
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env=node.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        for turn in range(4):
            node.become(replace(nodes.H100_X8, gpus=sick) if turn % 2 else nodes.H100_X8)
        said, _ = child.communicate(timeout=20)
    assert said == "[[], true]\n"


def test_the_log_tells_who_called_what_and_in_which_order(start: Start) -> None:
    node = start(nodes.T4)
    opened = "import os\nos.close(os.open('/dev/nvidia0', os.O_RDWR))\n"
    done = run(node, opened + NVML, log_opens=True)
    assert done.stdout == f"{nodes.T4.gpus[0].uuid}\n"
    calls = node.calls()
    assert [call.name for call in calls] == [
        "open:nvidia0:0",
        "load:libnvidia-ml.so.1",
        "nvmlInitWithFlags",
        "open:nvidiactl:0",
        "nvmlDeviceGetHandleByIndex_v2",
        "open:nvidia0:0",
        "nvmlDeviceGetUUID",
    ]
    assert len({call.pid for call in calls}) == 1
    assert (calls[2].gpu, calls[4].gpu, calls[6].gpu) == (-1, 0, 0)
    assert sorted(call.monotonic_ns for call in calls) == [call.monotonic_ns for call in calls]
    node.forget_calls()
    assert node.calls() == []


def test_the_log_can_be_switched_off(tmp_path: Path, libraries: Libraries) -> None:
    node = StubNode(nodes.T4, tmp_path / "node", libraries, logs_calls=False)
    assert run(node, NVML).returncode == 0
    assert node.calls() == []


def test_both_libraries_are_found_beside_the_state_without_a_variable(start: Start) -> None:
    """A program may start its children with a cleaned environment."""
    node = start(nodes.T4)
    beside = node.library_folders[0] / node.state_file.name
    node.state_file.rename(beside)
    variables = {"AIGPU_NVIDIA_STUB_STATE": ""}
    assert ask_nvml(node, "answer = ask('nvmlInit')", environment=variables) is None
    assert ask_cuda(node, "answer = init_and_prove()", environment=variables) == []
