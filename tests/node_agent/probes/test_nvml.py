from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.facts import BindingUnusable, ComputeProcess, Crashed, Facts, NoAnswer, Nvml, NvmlDevice
from node_agent.probes.child import Child, Deadline, start
from node_agent.probes.nvml import read_nvml
from node_agent.probes.nvml_device import sysfs_address
from node_agent.probes.round import ProbeRequest, read_facts
from testbeds.nvidia_stub import StubNode, build, faults, nodes
from testbeds.nvidia_stub.node import LibraryFile, Node, Process, Refused
from tests.node_agent.probes.conftest import Look

BOARDS = ("T4", "A10_SIXTH", "A100_80GB_MIG", "H100_X8", "GB200_X4")
INIT_CODES = (4, 9, 13, 15, 17, 18, 27, 77, 999)


def said(facts: Facts) -> Nvml:
    assert isinstance(facts.nvml, Known), facts.nvml
    return facts.nvml.value


def device(facts: Facts, index: int = 0) -> NvmlDevice:
    return said(facts).devices[index]


def t4(**fields: Any) -> Node:
    return replace(nodes.T4, gpus=nodes.change_gpu(nodes.T4, 0, **fields))


def h100(**fields: Any) -> Node:
    one = replace(nodes.H100_X8, gpus=nodes.H100_X8.gpus[:1])
    return replace(one, gpus=nodes.change_gpu(one, 0, **fields))


@pytest.mark.parametrize("name", BOARDS)
def test_every_healthy_board_is_read_without_a_refusal(name: str, look: Look) -> None:
    node = nodes.ALL[name]
    nvml = said(look(node, cuda=False))
    assert (nvml.init_error, nvml.count, nvml.driver_version, nvml.cuda_version) == (
        None,
        len(node.gpus),
        node.driver,
        node.cuda,
    )
    assert [one.uuid for one in nvml.devices] == [gpu.uuid for gpu in node.gpus]
    assert [one.name for one in nvml.devices] == [gpu.name for gpu in node.gpus]
    assert [one.pci_address for one in nvml.devices] == [gpu.pci for gpu in node.gpus]
    assert [one.errors for one in nvml.devices] == [()] * len(node.gpus)
    assert nvml.errors == ()


def test_what_a_board_does_not_have_is_none_and_not_zero(look: Look) -> None:
    one = device(look(nodes.T4, cuda=False))
    assert (one.mig_enabled, one.remap_pending, one.remap_failed, one.fabric_state, one.nvlinks_active) == (None,) * 5


def test_an_hgx_board_has_links_a_fabric_and_its_whole_memory(look: Look) -> None:
    one = device(look(h100(), cuda=False))
    assert (one.nvlinks_active, one.nvlinks_inactive, one.fabric_state, one.fabric_status) == (18, 0, 3, 0)
    assert (one.memory_mib, one.memory_used_mib, one.compute_capability) == (81559, 0, (9, 0))
    assert (one.pcie_width, one.pcie_width_max, one.persistence, one.mig_enabled) == (16, 16, True, False)


def test_what_is_wrong_with_a_gpu_is_read(look: Look) -> None:
    ill = h100(
        remap_pending=1,
        remap_failed=1,
        ecc_volatile_uncorrected_dram=3,
        compute_mode=2,
        nvlinks_down=(3, 4),
        fabric_state=2,
        fabric_health_summary=2,
        clocks_event_reasons=0x48,
        persistence_mode=0,
        pcie_width=8,
        field_values={230: 2},
        memory_used_mib=4000,
        virtualization_mode=2,
    )
    one = device(look(ill, cuda=False))
    assert (one.remap_pending, one.remap_failed, one.ecc_uncorrected_volatile) == (True, True, 3)
    assert (one.compute_mode, one.persistence, one.virtualization, one.recovery_action) == (2, False, 2, 2)
    assert (one.nvlinks_active, one.nvlinks_inactive, one.fabric_state, one.fabric_health) == (16, 2, 2, 2)
    assert (one.throttle_reasons, one.pcie_width, one.pcie_width_max, one.memory_used_mib) == (0x48, 8, 16, 4000)


def test_retired_pages_are_counted_over_both_causes(look: Look) -> None:
    one = device(look(t4(retired_single_bit=2, retired_double_bit=1, retired_pending=1), cuda=False))
    assert (one.retired_pages, one.retired_pages_pending) == (3, True)


@pytest.mark.parametrize(
    ("answer", "errors"),
    [
        pytest.param(Refused(3), (), id="not supported"),
        pytest.param(Refused(2), (), id="unknown to this driver"),
        pytest.param(Refused(15), (("nvmlDeviceGetFieldValues", 15),), id="GPU is lost"),
    ],
)
def test_a_refused_recovery_action_is_not_read_as_no_action(
    answer: Refused, errors: tuple[tuple[str, int], ...], look: Look
) -> None:
    one = device(look(h100(field_values={230: answer}), cuda=False))
    assert one.recovery_action is None
    assert one.errors == errors


@pytest.mark.parametrize("code", INIT_CODES)
def test_a_failed_start_keeps_its_code_and_the_librarys_version(code: int, look: Look) -> None:
    nvml = said(look(replace(nodes.T4, faults=(faults.answer("nvmlInit*", code),)), cuda=False))
    assert nvml.init_error == code
    assert nvml.init_error_text
    assert (nvml.count, nvml.devices) == (None, ())
    assert isinstance(nvml.processes, Unknown)


def test_the_library_tells_its_version_even_when_the_driver_is_another(look: Look) -> None:
    facts = look(replace(nodes.T4, module_version="550.163.01"), cuda=False)
    assert said(facts).init_error == 18
    assert said(facts).library_version == "13.595.91.07"
    assert isinstance(facts.module, Known)
    assert facts.module.value.version == "550.163.01"


@pytest.mark.parametrize(
    ("file", "words", "size"),
    [
        (LibraryFile.MISSING, "cannot open shared object file", None),
        (LibraryFile.EMPTY, "file too short", 0),
        (LibraryFile.TEXT, "invalid ELF header", 112),
        (LibraryFile.OTHER_CLASS, "wrong ELF class", None),
    ],
    ids=lambda value: value.name if isinstance(value, LibraryFile) else "",
)
def test_a_library_that_does_not_load_comes_with_the_true_cause(
    file: LibraryFile, words: str, size: int | None, look: Look
) -> None:
    facts = look(replace(nodes.T4, nvml_library=file), cuda=False)
    assert said(facts).init_error == 12
    assert words in said(facts).init_error_text
    assert isinstance(facts.nvml_library, Known)
    assert words in str(facts.nvml_library.value.error)
    assert facts.nvml_library.value.size == size


def test_a_refused_count_is_not_a_count_of_none(look: Look) -> None:
    nvml = said(look(replace(nodes.T4, faults=(faults.answer("nvmlDeviceGetCount*", 999),)), cuda=False))
    assert (nvml.count, nvml.count_error, nvml.devices) == (None, 999, ())


def test_a_start_without_devices_is_a_count_of_zero(look: Look) -> None:
    nvml = said(look(replace(nodes.T4, gpus=()), cuda=False))
    assert (nvml.init_error, nvml.count, nvml.devices) == (None, 0, ())


def test_a_device_that_was_counted_and_cannot_be_had_keeps_its_place(look: Look) -> None:
    nvml = said(look(replace(nodes.T4, claimed_count=2), cuda=False))
    assert nvml.count == 2
    assert [one.error for one in nvml.devices] == [None, 2]
    assert isinstance(nvml.processes, Unknown)


def test_one_lost_gpu_hides_none_of_the_others(look: Look) -> None:
    nvml = said(look(replace(nodes.H100_X8, faults=faults.gpu_lost(3)), cuda=False))
    assert nvml.count == 8
    assert [one.index for one in nvml.devices if one.error or one.errors] == [3]
    assert [one.uuid is not None for one in nvml.devices].count(True) == 7


def test_every_refused_call_is_kept_by_its_name(look: Look) -> None:
    refused = replace(nodes.T4, faults=(faults.answer("nvmlDeviceGet*", 15, gpu=0, after=2),))
    one = device(look(refused, cuda=False))
    assert {code for _, code in one.errors} == {15}
    assert len(one.errors) > 10


@pytest.mark.parametrize(
    ("call", "field"),
    [
        ("nvmlDeviceGetTotalEccErrors", "ecc_uncorrected_volatile"),
        ("nvmlDeviceGetRemappedRows", "remap_pending"),
        ("nvmlDeviceGetMigMode", "mig_enabled"),
        ("nvmlDeviceGetComputeMode", "compute_mode"),
        ("nvmlDeviceGetUUID", "uuid"),
        ("nvmlDeviceGetNvLinkState", "nvlinks_inactive"),
    ],
)
def test_a_refused_reading_is_none_and_noted(call: str, field: str, look: Look) -> None:
    one = device(look(replace(h100(), faults=(faults.answer(call, 999),)), cuda=False))
    assert getattr(one, field) is None
    assert (call, 999) in one.errors


# ---- MIG and processes ----


def test_mig_devices_are_listed_below_their_gpu(look: Look) -> None:
    [gpu] = nodes.A100_80GB_MIG.gpus
    one = device(look(nodes.A100_80GB_MIG, cuda=False))
    assert one.mig_enabled is True
    assert one.mig_uuids == tuple(mig.uuid for mig in gpu.mig_devices)


def test_mig_mode_without_an_instance_is_told_from_mig_off(look: Look) -> None:
    one = device(look(nodes.A100_80GB_MIG_EMPTY, cuda=False))
    assert (one.mig_enabled, one.mig_uuids) == (True, ())


def test_processes_of_all_kinds_are_listed_with_their_device(look: Look) -> None:
    running = (Process(4711, gpu=0), Process(4712, gpu=1, kind="graphics"), Process(4713, gpu=1, kind="mps"))
    node = replace(nodes.H100_X8, processes=running)
    first, second = (str(gpu.uuid) for gpu in node.gpus[:2])
    assert said(look(node, cuda=False)).processes == Known(
        (
            ComputeProcess(4711, "compute", first),
            ComputeProcess(4712, "graphics", second),
            ComputeProcess(4713, "mps", second),
        )
    )


def test_a_process_on_a_mig_device_is_listed_with_that_one(look: Look) -> None:
    mig = nodes.A100_80GB_MIG.gpus[0].mig_devices[1]
    node = replace(nodes.A100_80GB_MIG, processes=(Process(4711, slot=mig.slot),))
    assert said(look(node, cuda=False)).processes == Known((ComputeProcess(4711, "compute", mig.uuid),))


@pytest.mark.parametrize("code", [3, 4, 13])
def test_a_process_list_that_was_refused_is_not_an_empty_one(code: int, look: Look) -> None:
    fault = faults.answer("nvmlDeviceGetComputeRunningProcesses*", code)
    processes = said(look(replace(nodes.T4, faults=(fault,)), cuda=False)).processes
    assert isinstance(processes, Unknown)
    assert str(code) in processes.reason


def test_a_gpu_without_graphics_or_mps_has_none_of_their_processes(look: Look) -> None:
    unsupported = (
        faults.answer("nvmlDeviceGetGraphicsRunningProcesses*", 3),
        faults.answer("nvmlDeviceGetMPSComputeRunningProcesses*", 3),
    )
    assert said(look(replace(nodes.T4, faults=unsupported), cuda=False)).processes == Known(())


# ---- hangs, crashes and bindings ----


def test_a_hang_is_named_by_the_step_and_earlier_readings_stay(look: Look) -> None:
    facts = look(replace(nodes.T4, faults=(faults.hang("nvmlDeviceGetName"),)), cuda=False, hasty=True)
    assert isinstance(facts.nvml, NoAnswer)
    assert facts.nvml.reason.endswith("at: device 0")
    assert isinstance(facts.nvml_library, Known)
    assert isinstance(facts.device_nodes, Known)
    assert isinstance(facts.pci, Known)


@pytest.mark.parametrize(
    ("fault", "signal_name"),
    [(faults.crash("nvmlDeviceGetUUID"), "SIGSEGV"), (faults.abort("nvmlInitWithFlags"), "SIGABRT")],
    ids=["SIGSEGV", "SIGABRT"],
)
def test_a_crash_inside_the_library_is_named(fault: faults.Fault, signal_name: str, look: Look) -> None:
    facts = look(replace(nodes.T4, faults=(fault,)), cuda=False)
    assert isinstance(facts.nvml, Crashed)
    assert facts.nvml.signal == signal_name


def test_a_library_that_ends_the_process_is_no_answer(look: Look) -> None:
    facts = look(replace(nodes.T4, faults=(faults.leave("nvmlDeviceGetCount*", 0),)), cuda=False)
    assert isinstance(facts.nvml, Unknown)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        pytest.param("nvmlInit = None\n", "not that of nvidia-ml-py", id="another module of the name"),
        pytest.param("import a_module_that_is_nowhere\n", "cannot be imported", id="one that does not import"),
        pytest.param("def\n", "cannot be imported", id="one that is no Python"),
    ],
)
def test_a_namesake_of_pynvml_is_reported(
    source: str, words: str, tmp_path: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow/pynvml.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path / "shadow")
    facts = look(nodes.T4, cuda=False)
    assert isinstance(facts.nvml, BindingUnusable)
    assert words in facts.nvml.reason
    assert isinstance(facts.nvml_library, Known)
    assert facts.nvml_library.value.error is None


def test_a_driver_of_another_era_is_read_as_far_as_it_goes(tmp_path: Path, pytestconfig: pytest.Config) -> None:

    assert pytestconfig.cache is not None
    old = build(pytestconfig.cache.mkdir("nvidia-stub"), branch=470)
    with StubNode(replace(nodes.A100_40GB, driver="470.256.02", cuda=11040), tmp_path / "node", old) as node:
        facts = read_facts(ProbeRequest("exec", str(node.root), cuda=False), node.environment())
    one = device(facts)
    assert (one.memory_mib, one.memory_used_mib) == (40960, None)
    assert (one.throttle_reasons, one.recovery_action, one.fabric_state) == (1, None, None)
    assert isinstance(said(facts).processes, Unknown)


@pytest.mark.parametrize(
    ("bus_id", "address"),
    [
        ("00000001:00:00.0", "0001:00:00.0"),
        (b"00000000:3B:00.0", "0000:3b:00.0"),
        ("00018A2F:00:00.0", "00018a2f:00:00.0"),
    ],
)
def test_bus_ids_are_written_as_sysfs_does(bus_id: str | bytes, address: str) -> None:
    assert sysfs_address(bus_id) == address


def test_an_answer_of_a_process_that_the_driver_does_not_let_go_of_is_not_taken() -> None:
    program = "print('nvml {}', flush=True); import time; time.sleep(60)"
    child = start("test", [sys.executable, "-I", "-S", "-c", program], Deadline(0.3, 0.5), os.environ)
    assert isinstance(child, Child)
    assert isinstance(read_nvml(child), NoAnswer)
