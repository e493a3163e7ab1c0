from __future__ import annotations

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import Result, run, run_offline

pytestmark = pytest.mark.core

ADD = ("aigpu", "nodepool", "add", "-g", "rg-train", "--cluster-name", "aks-train", "-n", "gpu")
UPDATE = ("aigpu", "nodepool", "update", "-g", "rg-train", "--cluster-name", "aks-train", "-n", "gpu")
GPU_SIZE = ("--node-vm-size", "Standard_NC24ads_A100_v4")


def told(result: Result) -> list[str]:
    """The lines of stderr; the first is azure-cli's ERROR line, and there is no traceback."""
    lines = result.stderr.splitlines()
    assert lines
    assert lines[0].startswith("ERROR: "), result.stderr
    assert "Traceback" not in result.stderr
    return lines


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--max-count", "2000"), id="out-of-range"),
        pytest.param(("--max-surge", "lots"), id="form"),
        pytest.param(("--labels", "a=b=c"), id="label"),
        pytest.param(("--node-taints", "sku"), id="taint"),
        pytest.param(("--zones", "1", "--try-zones", "2"), id="contradiction"),
        pytest.param(("--spot-max-price", "1"), id="spot-without-spot"),
        pytest.param(("--kubelet-config", "no-such-file.json"), id="file"),
        pytest.param(("--waive", "quota=because"), id="waiver"),
    ],
)
def test_a_bad_form_ends_with_2_before_anything_is_asked(arguments: tuple[str, ...]) -> None:
    result = run_offline(*ADD, *GPU_SIZE, *arguments)

    assert result.exit_code == 2
    assert told(result)[0].startswith("ERROR: --")
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--max-count", "two"), id="not-a-number"),
        pytest.param(("--os-sku", "Windows2022"), id="not-a-choice"),
        pytest.param(("--mode", "System"), id="not-a-mode"),
        pytest.param(("--no-such-option",), id="unknown-option"),
    ],
)
def test_what_azure_clis_own_parser_refuses_ends_with_2_too(arguments: tuple[str, ...]) -> None:
    assert run_offline(*ADD, *GPU_SIZE, *arguments).exit_code == 2


def test_a_handlers_usage_error_ends_with_2_and_its_advice_below() -> None:
    result = run_offline(*ADD, "--gpu-model", "t4", "--gpu-count", "1")

    assert result.exit_code == 2
    lines = told(result)
    assert "which one is meant?" in lines[0]
    assert any("--node-vm-size Standard_NC4as_T4_v3" in line for line in lines[1:])


@pytest.mark.parametrize("key", ["MAX_HOURLY_COST", "NO_SUCH_SETTING"])
def test_a_bad_setting_ends_with_2(key: str) -> None:
    result = run_offline(*ADD, *GPU_SIZE, env={"AZURE_AIGPU_" + key: "x"})

    assert result.exit_code == 2
    assert f"AZURE_AIGPU_{key}" in told(result)[0]


def test_a_refusal_ends_with_1(azure: LocalAzure) -> None:
    result = run(azure, *ADD, "--node-vm-size", "Standard_D16s_v5")

    assert result.exit_code == 1
    assert "was refused" in told(result)[0]
    assert "sku-is-cuda-gpu" in result.stderr
    assert azure.requests == []


def test_what_is_not_there_ends_with_3(azure: LocalAzure) -> None:
    result = run(azure, "aigpu", "nodepool", "show", "-g", "rg-train", "--cluster-name", "aks-train", "-n", "none")

    assert result.exit_code == 3
    assert "none" in told(result)[0]


def test_an_update_that_contradicts_itself_ends_with_2_before_anything_is_asked() -> None:
    result = run_offline(*UPDATE, "-e", "-d")

    assert result.exit_code == 2
    assert "--enable-cluster-autoscaler and --disable-cluster-autoscaler" in told(result)[0]


def test_delete_without_a_terminal_wants_yes(azure: LocalAzure) -> None:
    result = run(azure, "aigpu", "nodepool", "delete", "-g", "rg-train", "--cluster-name", "aks-train", "-n", "gpu")

    assert result.exit_code == 1
    assert "--yes" in result.stderr
    assert azure.requests == []
