from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import zipapp
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.facts import NOT_READ, Cuda, Facts, NoAnswer
from node_agent.modes import BOOTSTRAP, EXEC
from node_agent.probes.child import Deadline
from node_agent.probes.round import Deadlines, ProbeRequest, read_facts
from node_agent.probes.spawn import start_early
from testbeds.nvidia_stub import StubNode, faults, nodes
from testbeds.nvidia_stub.node import Node
from tests.node_agent.probes.conftest import Look

ROOT = Path(__file__).parents[3]
BINDING = Path(str(find_spec("pynvml").origin))  # type: ignore[union-attr]
Make = Callable[[Node], StubNode]
LOOK = """
import json, sys
from node_agent.probes.round import ProbeRequest, read_facts
facts = read_facts(ProbeRequest("exec", sys.argv[1]))
print(json.dumps([facts.nvml.value.count, [one.proof for one in facts.cuda.value.devices]]))
"""


def run(node: StubNode, *command: str, cwd: Path | None = None) -> list[object]:
    done = subprocess.run(
        [*command, str(node.root)],
        env=node.environment(),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: list[object] = json.loads(done.stdout)
    return answer


def mapped(process: str = "self") -> str:
    return Path(f"/proc/{process}/maps").read_text()


def test_the_device_nodes_are_opened_before_any_library_is_loaded_anywhere(stub: Make) -> None:
    node = stub(nodes.H100_X8)
    read_facts(ProbeRequest(BOOTSTRAP, str(node.root)), node.environment(log_opens=True))
    names = [call.name for call in node.calls()]
    own = ["open:nvidiactl:0", *(f"open:nvidia{index}:0" for index in range(8)), "open:nvidia-uvm:0"]
    first_load = min(index for index, name in enumerate(names) if name.startswith("load:"))
    assert names[:first_load] == own
    assert {"load:libnvidia-ml.so.1", "load:libcuda.so.1"} <= set(names)


def test_no_context_is_made_before_nvml_has_listed_the_processes(stub: Make) -> None:
    node = stub(replace(nodes.T4, faults=(faults.delay("nvmlDeviceGetMPSComputeRunningProcesses*", 200),)))
    read_facts(ProbeRequest(BOOTSTRAP, str(node.root)), node.environment())
    names = [call.name for call in node.calls()]
    listed = max(index for index, name in enumerate(names) if "RunningProcesses" in name)
    assert names.index("cuDevicePrimaryCtxRetain") > listed


def test_in_a_job_the_kernel_does_not_wait_for_nvml(stub: Make) -> None:
    node = stub(replace(nodes.T4, faults=(faults.delay("nvmlInitWithFlags", 1500),)))
    facts = read_facts(ProbeRequest(EXEC, str(node.root)), node.environment())
    names = [call.name for call in node.calls()]
    assert names.index("cuCtxSynchronize") < names.index("nvmlDeviceGetCount_v2")
    assert isinstance(facts.cuda, Known)
    assert [one.proof for one in facts.cuda.value.devices] == ["kernel"]


@pytest.mark.parametrize("errno_name", ["EPERM", "EACCES", "EIO", "ENXIO"])
def test_a_node_that_does_not_open_is_named_with_its_errno(errno_name: str, stub: Make) -> None:
    node = stub(replace(nodes.T4, device_errors={"nvidia0": getattr(errno, errno_name)}))
    facts = read_facts(ProbeRequest(EXEC, str(node.root)), node.environment(log_opens=True))
    assert isinstance(facts.device_nodes, Known)
    assert {one.path: one.error for one in facts.device_nodes.value} == {
        "/dev/nvidiactl": None,
        "/dev/nvidia0": errno_name,
        "/dev/nvidia-uvm": None,
    }


def test_this_process_never_loads_a_library_of_nvidias(look: Look) -> None:
    look(nodes.T4)
    assert "libcuda" not in mapped()
    assert "libnvidia-ml" not in mapped()


def test_a_cpu_machine_is_known_to_be_one(look: Look) -> None:
    facts = look(nodes.CPU)
    assert facts.pci == Known(())
    assert isinstance(facts.cuda, Known)
    assert facts.cuda.value.library.error
    assert isinstance(facts.nvml, Known)
    assert facts.nvml.value.init_error == 12
    assert isinstance(facts.device_nodes, Known)
    assert [one.error for one in facts.device_nodes.value] == ["ENOENT", "ENOENT"]


def test_what_was_not_asked_for_was_not_read(look: Look) -> None:
    facts = look(nodes.CPU)
    assert (facts.interpreter, facts.vm_size_metadata, facts.kubelet_resources) == (NOT_READ,) * 3
    assert isinstance(facts.vm_size_label, Unknown)


def test_the_nodes_label_is_taken_as_given(look: Look) -> None:
    assert look(nodes.CPU, vm_size_label="Standard_D16s_v5").vm_size_label == Known("Standard_D16s_v5")


def test_the_metadata_service_is_asked_only_when_it_is_named(look: Look) -> None:
    reading = look(nodes.CPU, metadata_host="127.0.0.1:9").vm_size_metadata
    assert isinstance(reading, Unknown)
    assert "127.0.0.1:9" in reading.reason


def test_the_interpreter_of_the_command_is_read(look: Look) -> None:
    reading = look(nodes.CPU, command=(sys.executable, "train.py")).interpreter
    assert isinstance(reading, Known)
    assert reading.value.version == sys.version.split()[0]


def test_a_command_without_an_interpreter_says_so(look: Look) -> None:
    reading = look(nodes.CPU, command=("bash", "-c", "python train.py")).interpreter
    assert isinstance(reading, Unknown)
    assert "bash" in reading.reason


def test_without_an_interpreter_for_the_children_nothing_of_the_driver_is_known(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python3")
    facts = look(nodes.T4)
    unread = (facts.device_nodes, facts.nvml_library, facts.nvml, facts.cuda)
    assert [type(reading) for reading in unread] == [Unknown] * 4
    assert isinstance(facts.pci, Known)


def test_a_device_folder_that_is_not_there_stops_cuda_from_being_loaded(stub: Make) -> None:
    node = stub(nodes.T4)
    for file in (node.root / "dev").iterdir():
        file.unlink()
    (node.root / "dev").rmdir()
    facts = read_facts(ProbeRequest(EXEC, str(node.root)), node.environment())
    assert isinstance(facts.device_nodes, Unknown)
    assert isinstance(facts.cuda, Unknown)
    assert "dev" in facts.cuda.reason


def test_a_hanging_nvml_does_not_keep_cuda_from_its_answer_in_a_job(look: Look) -> None:
    facts = look(replace(nodes.T4, faults=(faults.hang("nvmlInitWithFlags"),)), hasty=True)
    assert isinstance(facts.nvml, NoAnswer)
    assert facts.nvml.reason.endswith("at: nvmlInit")
    assert isinstance(facts.cuda, Known)


def test_the_children_end_with_the_round(stub: Make) -> None:
    node = stub(replace(nodes.T4, faults=(faults.hang("cuInit"), faults.hang("nvmlInitWithFlags"))))
    limit = Deadline(1.5, 2.0)
    read_facts(ProbeRequest(EXEC, str(node.root), deadlines=Deadlines(limit, limit)), node.environment())
    processes = {call.pid for call in node.calls()}
    assert processes
    assert not [process for process in processes if Path(f"/proc/{process}").exists()]


def test_durations_are_measured(look: Look) -> None:
    durations = look(replace(nodes.T4, faults=(faults.delay("nvmlInitWithFlags", 150),))).durations
    assert durations["cuda"] >= durations["nvml"] >= 0.15


# ---- the ways to start it ----


def test_children_that_were_started_early_are_taken_over(stub: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    node = stub(nodes.T4)
    for name, value in node.environment().items():
        monkeypatch.setenv(name, value)
    early = start_early()
    facts = read_facts(ProbeRequest(EXEC, str(node.root)), early=early)
    assert isinstance(facts.cuda, Known)
    assert [one.proof for one in facts.cuda.value.devices] == ["kernel"]
    assert {child.process for child in early.values()} == {call.pid for call in node.calls()}


def test_an_early_child_that_is_not_wanted_is_ended_unasked(stub: Make) -> None:
    node = stub(nodes.T4)
    early = start_early()
    facts = read_facts(ProbeRequest(EXEC, str(node.root), cuda=False), node.environment(), early)
    assert isinstance(facts.cuda, Unknown)
    for child in early.values():
        with pytest.raises(ChildProcessError):
            os.waitpid(child.process, os.WNOHANG)


def test_it_runs_from_one_isolated_file(stub: Make, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for package in ("aigpu_contract", "node_agent"):
        for file in (ROOT / package).rglob("*.py"):
            place = source / file.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())
    (source / "pynvml.py").write_bytes(BINDING.read_bytes())
    (source / "__main__.py").write_text(LOOK)
    zipapp.create_archive(source, tmp_path / "app.pyz", compressed=True)
    assert run(stub(nodes.T4), sys.executable, "-I", "-S", "app.pyz", cwd=tmp_path) == [1, ["kernel"]]


def old_python() -> str:
    """A Python 3.8, which pyenv may have beside the one that runs the tests."""
    for python in (Path.home() / ".pyenv/versions").glob("3.8.*/bin/python3.8"):
        return str(python)
    pytest.skip("no Python 3.8 is installed below ~/.pyenv/versions")


def test_it_runs_on_python_3_8(stub: Make, tmp_path: Path) -> None:
    paths = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(BINDING.parent)!r}]\n"
    (tmp_path / "look.py").write_text(paths + LOOK)
    assert run(stub(nodes.T4), old_python(), "-I", "-B", str(tmp_path / "look.py")) == [1, ["kernel"]]


def portable() -> list[Path]:
    folders = [ROOT / "aigpu_contract", *(ROOT / "node_agent" / name for name in ("probes", "checks", "preflight"))]
    return [*(ROOT / "node_agent").glob("*.py"), *(file for folder in folders for file in folder.rglob("*.py"))]


def test_every_portable_file_is_python_3_8() -> None:
    program = "import ast, sys\nfor name in sys.argv[1:]: compile(open(name, encoding='utf-8').read(), name, 'exec')\n"
    files = [str(file) for file in portable()]
    assert len(files) > 30
    done = subprocess.run(
        [old_python(), "-I", "-S", "-c", program, *files], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_facts_of_a_healthy_node_have_no_unknown_but_what_was_not_asked(look: Look) -> None:
    facts = look(nodes.H100_X8, vm_size_label="Standard_ND96isr_H100_v5", command=(sys.executable,))
    unknown = [name for name, reading in vars(facts).items() if isinstance(reading, Unknown)]
    assert unknown == ["vm_size_metadata", "kubelet_resources"]
    assert isinstance(facts, Facts)
    assert isinstance(facts.cuda, Known)
    assert isinstance(facts.cuda.value, Cuda)
