from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from aigpu_contract.finding import Status
from aigpu_contract.reading import Known, Unknown
from node_agent import modes
from node_agent.checks import intent, judge_facts
from node_agent.preflight.declaring import DECLARING_OPTIONS, build_expected, variable
from tests.node_agent.healthy import healthy

POOL = {
    "aigpu.io/sku": "Standard_NC48ads_A100_v4",
    "aigpu.io/gpu-model": "a100-80gb",
    "aigpu.io/gpu-count": "2",
    "aigpu.io/resource": "gpu",
    "aigpu.io/resource-count": "2",
    "aigpu.io/min-driver": "570.10",
    "hardware": "gpu",
}

Given = Mapping[str, Sequence[str]]

READ: list[tuple[Given, Mapping[str, str], dict[str, Any]]] = [
    ({}, {}, {"gpus": None, "declared_by": "", "problem": ""}),
    ({"--expect-gpus": ["8"]}, {}, {"gpus": 8, "declared_by": "--expect-gpus"}),
    ({}, {"AIGPU_EXPECT_GPUS": "8"}, {"gpus": 8, "declared_by": "AIGPU_EXPECT_GPUS"}),
    ({"--expect-gpus": ["8"]}, {"AIGPU_EXPECT_GPUS": " 8 "}, {"gpus": 8}),
    ({"--expect-model": ["A100"]}, {}, {"model": "a100"}),
    ({"--min-driver": ["580"]}, {}, {"min_driver": (580,)}),
    ({"--min-cuda": ["12.8"]}, {}, {"min_cuda": (12, 8)}),
    ({"--min-memory-gib": ["79.5"]}, {}, {"min_memory_gib": 79.5}),
    ({"--framework": ["torch", "JAX"]}, {}, {"frameworks": ("torch", "jax")}),
    ({}, {"AIGPU_FRAMEWORK": "torch,jax"}, {"frameworks": ("torch", "jax")}),
    ({"--waive": ["cuda-kernel=shared, T-1"]}, {}, {"waived": (("cuda-kernel", "shared, T-1"),)}),
    ({}, {"AIGPU_WAIVE": "cuda-kernel=a, b;nvlink=no"}, {"waived": (("cuda-kernel", "a, b"), ("nvlink", "no"))}),
    ({"--expect-vm-size": ["standard_nd96isr_h100_v5"]}, {}, {"vm_size": "Standard_ND96isr_H100_v5", "gpus": 8}),
    ({"--expect-vm-size": ["Standard_Unheard_v9"]}, {}, {"vm_size": "Standard_Unheard_v9", "gpus": None}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "environ", "wanted"), READ, ids=[f"{one[0]} {one[1]}" for one in READ])
def test_what_is_declared_is_read(given: Given, environ: Mapping[str, str], wanted: dict[str, Any]) -> None:
    expected = build_expected(given, environ)
    assert {name: getattr(expected, name) for name in wanted} == wanted
    assert expected.problem == ""


UNREADABLE: list[tuple[Given, Mapping[str, str], str]] = [
    ({"--expect-gpus": ["two"]}, {}, "--expect-gpus='two'"),
    ({"--expect-gpus": ["-1"]}, {}, "not a number"),
    ({"--expect-gpus": ["٣"]}, {}, "not a number"),
    ({}, {"AIGPU_EXPECT_GPUS": ""}, "AIGPU_EXPECT_GPUS=''"),
    ({"--expect-gpus": ["2", "3"]}, {}, "--expect-gpus says 2 and --expect-gpus says 3"),
    ({"--expect-gpus": ["2"]}, {"AIGPU_EXPECT_GPUS": "3"}, "--expect-gpus says 2 and AIGPU_EXPECT_GPUS says 3"),
    ({"--min-driver": ["new"]}, {}, "not a version"),
    ({"--min-memory-gib": ["nan"]}, {}, "not a size"),
    ({"--min-memory-gib": ["inf"]}, {}, "not a size"),
    ({"--min-memory-gib": ["80GB"]}, {}, "80GB"),
    ({"--expect-model": [""]}, {}, "empty"),
    ({"--framework": ["cntk"]}, {}, "not one of"),
    ({"--waive": ["cuda-kernel"]}, {}, "CHECK=REASON"),
    ({"--waive": ["cuda-kernel= "]}, {}, "CHECK=REASON"),
    ({"--waive": ["everything=please"]}, {}, "there is no check"),
    ({"--waive": ["intent=trust me"]}, {}, "cannot be waived"),
]


@pytest.mark.parametrize(("given", "environ", "problem"), UNREADABLE, ids=[f"{one[0]} {one[1]}" for one in UNREADABLE])
@pytest.mark.parametrize("mode", modes.EVERY_MODE)
def test_what_cannot_be_read_or_contradicts_itself_is_unknown_on_a_healthy_machine(
    mode: str, given: Given, environ: Mapping[str, str], problem: str
) -> None:
    expected = build_expected(given, environ)
    assert problem in expected.problem
    verdict = judge_facts(healthy(), expected, mode)
    assert verdict.status is Status.UNKNOWN
    assert verdict.exit_code == 70


REMEDIES: list[tuple[Given, Mapping[str, str], str]] = [
    ({"--expect-gpus": ["two"]}, {}, "give --expect-gpus a number of GPUs, such as 8"),
    ({}, {"AIGPU_EXPECT_GPUS": "two"}, "give AIGPU_EXPECT_GPUS a number of GPUs, such as 8"),
    ({"--min-memory-gib": ["80GB"]}, {}, "give --min-memory-gib a size in GiB without a unit, such as 80"),
    ({"--framework": ["pytorh"]}, {}, "give --framework pytorch"),
    ({}, {"AIGPU_FRAMEWORK": "mxq"}, "give AIGPU_FRAMEWORK one of cupy, jax"),
    ({"--waive": ["gpu-modl=T-1"]}, {}, "give --waive gpu-model=REASON"),
    ({}, {"AIGPU_WAIVE": "gpu-model"}, "give AIGPU_WAIVE CHECK=REASON"),
    ({"--expect-gpus": ["2"]}, {"AIGPU_EXPECT_GPUS": "3"}, "say it once: --expect-gpus, or AIGPU_EXPECT_GPUS"),
    ({"--expect-gpus": ["0"]}, {}, "correct --expect-gpus"),
]


@pytest.mark.parametrize(("given", "environ", "remedy"), REMEDIES, ids=[row[2] for row in REMEDIES])
def test_the_next_step_names_what_was_wrong_and_the_form_that_is_wanted(
    given: Given, environ: Mapping[str, str], remedy: str
) -> None:
    (finding,) = intent.check(healthy(), build_expected(given, environ))
    assert finding.next_step.startswith(remedy)
    assert "nodepool" not in finding.next_step


def test_the_next_step_for_a_label_names_the_pool_and_for_a_file_what_its_reader_says() -> None:
    (label,) = intent.check(healthy(), build_expected({}, {}, Known({**POOL, "aigpu.io/gpu-count": "many"})))
    assert "az aigpu nodepool show" in label.next_step
    assert "aigpu.io/gpu-count" in label.next_step
    (file,) = intent.check(healthy(), build_expected({}, {}, Unknown("the labels file is gone"), "give another file"))
    assert file.next_step == "give another file"
    (both,) = intent.check(healthy(), build_expected({"--expect-gpus": ["8"]}, {}, Known(POOL)))
    assert both.next_step == "leave --expect-gpus and AIGPU_EXPECT_GPUS out, or give what the labels say: 2"


def test_the_labels_of_the_pool_are_the_intent_of_a_node() -> None:
    expected = build_expected({}, {}, Known(POOL))
    assert (expected.gpus, expected.model, expected.vm_size) == (2, "a100-80gb", "Standard_NC48ads_A100_v4")
    assert (expected.min_driver, expected.resource, expected.resource_count) == ((570, 10), "nvidia.com/gpu", 2)
    assert "aigpu.io/sku" in expected.declared_by


@pytest.mark.parametrize(
    ("pool", "problem"),
    [
        (Unknown("the labels file is gone"), "gone"),
        (Known({**POOL, "aigpu.io/gpu-count": "many"}), "not a number"),
        (Known({"aigpu.io/sku": "Standard_NC48ads_A100_v4"}), "aigpu.io/gpu-count is missing"),
        (Known({**POOL, "aigpu.io/min-driver": "latest"}), "min-driver"),
    ],
    ids=["not read", "no number", "half", "no version"],
)
def test_labels_that_cannot_be_read_are_a_problem(pool: Any, problem: str) -> None:
    assert problem in build_expected({}, {}, pool).problem


def test_a_node_without_the_contract_s_labels_has_no_intent_and_is_not_ok() -> None:
    expected = build_expected({}, {}, Known({"kubernetes.io/os": "linux"}))
    assert (expected.declared_by, expected.problem) == ("", "")
    assert judge_facts(healthy(), expected, modes.BOOTSTRAP).status is Status.UNKNOWN


@pytest.mark.parametrize("model", ["a100", "a100-80gb"])
def test_options_may_say_the_same_as_the_labels_in_fewer_words(model: str) -> None:
    expected = build_expected({"--expect-model": [model], "--expect-gpus": ["2"]}, {}, Known(POOL))
    assert (expected.problem, expected.model) == ("", "a100-80gb")


@pytest.mark.parametrize(
    "given",
    [{"--expect-gpus": ["8"]}, {"--expect-model": ["h100"]}, {"--expect-vm-size": ["Standard_NC24ads_A100_v4"]}],
    ids=str,
)
def test_options_that_contradict_the_labels_are_a_problem(given: Given) -> None:
    assert "the labels say" in build_expected(given, {}, Known(POOL)).problem


def test_every_declaring_option_has_its_variable() -> None:
    assert [variable(option) for option in DECLARING_OPTIONS] == [
        "AIGPU_EXPECT_GPUS",
        "AIGPU_EXPECT_MODEL",
        "AIGPU_EXPECT_VM_SIZE",
        "AIGPU_MIN_DRIVER",
        "AIGPU_MIN_MEMORY_GIB",
        "AIGPU_MIN_CUDA",
        "AIGPU_FRAMEWORK",
        "AIGPU_WAIVE",
    ]
