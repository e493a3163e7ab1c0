from __future__ import annotations

from pathlib import Path

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import ROOT, Result, run, run_offline

pytestmark = pytest.mark.core

ADD = ("aigpu", "nodepool", "add", "-g", "rg-train", "--cluster-name", "aks-train", "-n", "gpu")
UPDATE = ("aigpu", "nodepool", "update", "-g", "rg-train", "--cluster-name", "aks-train", "-n", "gpu")
GPU_SIZE = ("--node-vm-size", "Standard_NC24ads_A100_v4")
GPU = ("--gpu-model", "t4", "--gpu-count", "1", "--size", "Standard_NC4as_T4_v3")
FILE = "FILE"
"""Stands where the path of the file goes that the test is about."""


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


FILE_OPTIONS = [
    pytest.param(("check", "--tfplan", FILE), id="check-tfplan"),
    pytest.param(("check", "--template", FILE), id="check-template"),
    pytest.param(
        ("check", "--template", "tests/golden/foreign/arm/pools.json", "--template-parameters", FILE),
        id="check-parameters",
    ),
    pytest.param(("check", "--what-if", FILE), id="check-what-if"),
    pytest.param(("job", "check", "--file", FILE), id="job-check"),
    pytest.param(("job", "inject", "--file", FILE, "--image", "registry.example.com/a:1"), id="job-inject"),
    pytest.param(("nodepool", "plan", "--file", FILE), id="plan"),
    pytest.param(("nodepool", "plan", "--file", "examples/dev.yaml", "--overlay", FILE), id="plan-overlay"),
    pytest.param(("nodepool", "check", "--spec", FILE), id="check-spec"),
    pytest.param(("nodepool", "apply", "--plan-file", FILE, "--digest", "sha256:" + "0" * 64), id="apply"),
    *(
        pytest.param((*ADD[1:], *GPU_SIZE, option, FILE), id=f"add{option[1:]}")
        for option in ("--kubelet-config", "--linux-os-config", "--localdns-config", "--message-of-the-day")
    ),
    pytest.param(("vm", "create", "-g", "rg", "-n", "gpu", *GPU, "--ssh-key-values", FILE), id="vm-ssh-key"),
]


@pytest.mark.parametrize("arguments", FILE_OPTIONS)
@pytest.mark.parametrize("content", [None, b"a: \xff"], ids=["not-there", "not-utf-8"])
def test_a_file_that_cannot_be_read_ends_every_command_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], content: bytes | None
) -> None:
    monkeypatch.chdir(ROOT)
    path = tmp_path / "given.yaml"
    if content is not None:
        path.write_bytes(content)

    result = run_offline("aigpu", *(str(path) if word == FILE else word for word in arguments))

    assert result.exit_code == 2, result.stderr
    assert path.name in told(result)[0]
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("check", "--tfplan", "tests/golden/foreign/terraform/azurerm4.json", "--sarif"), id="sarif"),
        pytest.param(("agent", "show", "--image", "registry.example.com/a:1", "--file"), id="agent"),
        pytest.param(("pipeline", "show", "--format", "script", "--file"), id="pipeline"),
    ],
)
def test_a_file_that_cannot_be_written_ends_every_command_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(ROOT)

    result = run_offline("aigpu", *arguments, str(tmp_path / "no-such-folder" / "written"))

    assert result.exit_code == 2, result.stderr
    assert "cannot be written" in result.stderr


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
