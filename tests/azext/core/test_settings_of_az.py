"""Settings as `az config set` writes them and azure-cli reads them."""

from __future__ import annotations

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import run

pytestmark = pytest.mark.core

CLUSTER = ("-g", "rg-train", "--cluster-name", "aks-train")
ADD = ("aigpu", "nodepool", "add", *CLUSTER, "-n", "gpu", "--node-vm-size", "Standard_NC24ads_A100_v4", "-c", "1")


def test_a_configured_limit_holds(azure: LocalAzure) -> None:
    assert run(azure, "config", "set", "aigpu.allowed_models=t4").exit_code == 0

    result = run(azure, *ADD)

    assert result.exit_code == 1
    assert "allowed-models" in result.stderr


def test_a_variable_wins_over_the_file(azure: LocalAzure) -> None:
    assert run(azure, "config", "set", "aigpu.allowed_models=t4").exit_code == 0

    result = run(azure, *ADD, "--dry-run", env={"AZURE_AIGPU_ALLOWED_MODELS": "a100"})

    assert "allowed-models" not in result.stderr


def test_a_bad_setting_is_told_with_the_file_it_stands_in(azure: LocalAzure) -> None:
    assert run(azure, "config", "set", "aigpu.max_hourly_cost=cheap").exit_code == 0

    result = run(azure, *ADD)

    assert result.exit_code == 2
    assert "aigpu.max_hourly_cost" in result.stderr
    assert "/config is 'cheap'" in result.stderr.replace("\n", " ")
    assert azure.requests == []
