"""Product names against models."""

from __future__ import annotations

import subprocess
import sys

import pytest

from node_agent import modes
from node_agent.checks import gpu_model, judge_facts
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import healthy, of_job, of_node, told, with_every_gpu, with_gpu, with_nvml, without_nvml

PASSED = ("PASS", "Passed", "none")


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), PASSED, id="as intended"),
        pytest.param(healthy(), of_job(model="A100"), PASSED, id="any A100"),
        pytest.param(healthy(), of_job(), ("SKIPPED", "NotApplicable", "none"), id="none asked for"),
        pytest.param(
            with_gpu(healthy(), name="Tesla T4"), of_node(), ("FAIL", "DeviceModelMismatch", "node"), id="another"
        ),
        pytest.param(
            healthy(), of_job(model="h100-80gb"), ("FAIL", "DeviceModelMismatch", "job"), id="a job on the wrong pool"
        ),
        pytest.param(
            with_gpu(healthy(), name=None), of_node(), ("UNKNOWN", "DeviceModelUnknown", "none"), id="without a name"
        ),
        pytest.param(
            healthy(), of_job(model="a101"), ("UNKNOWN", "IntentUnreadable", "none"), id="a model that does not exist"
        ),
        pytest.param(
            with_every_gpu(healthy(), name="NVIDIA Z9000 48GB"),
            of_job(model="z9000"),
            PASSED,
            id="newer than the catalogue",
        ),
        pytest.param(
            with_every_gpu(healthy(), name=None),
            of_job(model="z9000"),
            ("UNKNOWN", "DeviceModelUnknown", "none"),
            id="neither",
        ),
        pytest.param(without_nvml(healthy(), 9), of_node(), ("UNKNOWN", "NotReached", "none"), id="NVML not started"),
        pytest.param(with_nvml(healthy(), devices=()), of_node(), ("UNKNOWN", "NotReached", "none"), id="no device"),
    ],
)
def test_models_are_compared(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(gpu_model, facts, expected) == verdict


@pytest.mark.parametrize(
    ("name", "model", "fits"),
    [
        ("Tesla T4", "t4", True),
        ("NVIDIA A100-SXM4-40GB", "a100-40gb", True),
        ("NVIDIA A100-SXM4-40GB", "a100-80gb", False),
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", "a100-40gb", True),
        ("NVIDIA H100 NVL", "h100-94gb", True),
        ("NVIDIA H100 80GB HBM3", "h100", True),
        ("NVIDIA A10-4Q", "a10", True),
        ("NVIDIA A100 80GB PCIe", "a10", False),
        ("NVIDIA GB200", "gb200", True),
        ("NVIDIA H200", "h100", False),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "rtx-pro-6000", True),
        ("Tesla T4", "rtx-pro-6000", False),
        ("NVIDIA Z900", "z9000", None),
        ("NVIDIA Z9000 48GB", "z9000", True),
        ("NVIDIA Z900", "-", None),
        ("Tesla T4", "-", False),
        ("", "t4", None),
        (None, "t4", None),
    ],
)
def test_a_product_name_is_or_is_not_of_a_model(name: str | None, model: str, fits: bool | None) -> None:
    assert gpu_model.is_of_model(name, model) is fits


def test_a_mistyped_model_comes_with_the_nearest_names_and_blames_nobody() -> None:
    (finding,) = gpu_model.check(healthy(), Expected("--expect-model", model="a101"))
    assert "a100" in finding.wanted
    assert finding.next_step == "correct the model that is declared by --expect-model"
    assert judge_facts(healthy(), Expected("--expect-model", model="a101"), modes.INIT).exit_code == 70


@pytest.mark.parametrize("model", ["-", "高速"], ids=["a sign", "letters of no product"])
def test_a_model_without_a_word_is_no_model_that_every_gpu_has(model: str) -> None:
    expected = Expected("--expect-model", model=model)
    assert told(gpu_model, healthy(), expected)[:2] == ("UNKNOWN", "IntentUnreadable")


@pytest.mark.parametrize("model", ["a100", "a100-80gb", "t4"])
def test_a_name_that_holds_the_words_of_the_model_needs_no_catalogue(model: str) -> None:
    program = (
        "from aigpu_contract import skus\nfrom node_agent.checks.gpu_model import is_of_model\n"
        f"assert is_of_model('NVIDIA T4 A100 80GB PCIe', {model!r})\nassert not skus._by_name.cache_info().misses\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
