from __future__ import annotations

import configparser
import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from aigpu_contract.labels import DEFAULT_TAINT, Taint
from azext_aigpu.settings import PRICES_URL, Settings, build_settings, read_settings
from azext_aigpu.usage import UsageError

TODAY = datetime.date(2026, 11, 24)
FILE = "/home/ada/.azure/config"


def build(**values: str) -> Settings:
    return build_settings({key: (value, FILE) for key, value in values.items()})


def test_nothing_configured_holds_a_pool_to_nothing_but_the_default_taint() -> None:
    limits = build().limits(TODAY)

    assert (limits.required_tags, limits.allowed_models, limits.max_hourly_cost, limits.min_driver) == (None,) * 4
    assert limits.taint == DEFAULT_TAINT
    assert limits.today == TODAY
    assert build().prices_url == PRICES_URL


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        pytest.param("required_tags", "cost-center, owner owner", ("cost-center", "owner"), id="required-tags"),
        pytest.param("required_tags", "", (), id="no-tags-required-is-not-the-same-as-not-configured"),
        pytest.param("max_hourly_cost", "12.50", Decimal("12.50"), id="cost"),
        pytest.param("allowed_models", "A100,h100-80gb", ("a100", "h100-80gb"), id="models"),
        pytest.param("min_driver", "570.86.15", "570.86.15", id="driver"),
        pytest.param(
            "taint", "nvidia.com/gpu=present:NoSchedule", Taint("nvidia.com/gpu", "present", "NoSchedule"), id="t"
        ),
        pytest.param("agent_image", "registry.example.com:5000/a/b:1", "registry.example.com:5000/a/b:1", id="image"),
        pytest.param("prices_url", "https://localhost:8443/prices", "https://localhost:8443/prices", id="prices"),
        pytest.param("kubectl", "/opt/bin/kubectl", "/opt/bin/kubectl", id="kubectl"),
        pytest.param("plan_hours", "336", 336, id="plan-hours"),
    ],
)
def test_a_setting_is_parsed(key: str, text: str, value: Any) -> None:
    assert getattr(build(**{key: text}), key) == value


@pytest.mark.parametrize(
    ("key", "text"),
    [
        pytest.param("max_hourly_cost", "cheap", id="cost-word"),
        pytest.param("max_hourly_cost", "0", id="cost-zero"),
        pytest.param("max_hourly_cost", "-3", id="cost-negative"),
        pytest.param("max_hourly_cost", "nan", id="cost-nan"),
        pytest.param("max_hourly_cost", "inf", id="cost-infinite"),
        pytest.param("max_hourly_cost", "", id="cost-empty"),
        pytest.param("allowed_models", "a1000", id="model-unknown"),
        pytest.param("allowed_models", " ", id="models-empty"),
        pytest.param("min_driver", "new", id="driver-word"),
        pytest.param("taint", "sku", id="taint-without-value"),
        pytest.param("agent_image", "two words", id="image-with-a-blank"),
        pytest.param("prices_url", "http://prices.azure.com", id="prices-without-tls"),
        pytest.param("kubectl", " ", id="kubectl-empty"),
        pytest.param("plan_hours", "0", id="hours-none"),
        pytest.param("plan_hours", "337", id="hours-too-many"),
        pytest.param("plan_hours", "1.5", id="hours-fraction"),
        pytest.param("plan_hours", "9999999999", id="hours-without-end"),
    ],
)
def test_a_bad_value_names_file_key_and_value_and_the_next_command(key: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        build(**{key: text})

    assert f"aigpu.{key}" in caught.value.message
    assert FILE in caught.value.message
    assert f"'{text.strip()}'" in caught.value.message
    assert f"az config set aigpu.{key}=" in caught.value.recommendation


@pytest.mark.parametrize(
    "key", ["max_hourly_cost", "allowed_models", "min_driver", "taint", "agent_image", "prices_url", "plan_hours"]
)
def test_the_value_that_an_error_proposes_is_a_good_one(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        build(**{key: "!"})

    command, *_ = caught.value.recommendation.split("   ")
    proposed = command.partition("=")[2]
    assert str(getattr(build(**{key: proposed}), key)) in (proposed, "('a100', 'h100')")


def test_a_mistyped_key_is_an_error_because_it_would_hold_for_nothing() -> None:
    with pytest.raises(UsageError, match="max_hourly_costs") as caught:
        build(max_hourly_costs="10")

    assert "Did you mean max_hourly_cost?" in caught.value.recommendation


def test_a_bad_variable_is_repaired_in_the_environment_and_not_in_the_file() -> None:
    with pytest.raises(UsageError) as caught:
        build_settings({"max_hourly_cost": ("x", "AZURE_AIGPU_MAX_HOURLY_COST")})

    assert "export AZURE_AIGPU_MAX_HOURLY_COST=" in caught.value.recommendation
    assert "az config" not in caught.value.recommendation


@pytest.mark.parametrize(
    ("given", "held"),
    [pytest.param(None, Decimal(40), id="configured"), pytest.param(Decimal(90), Decimal(90), id="overridden")],
)
def test_the_command_line_wins_over_the_configured_cost(given: Decimal | None, held: Decimal) -> None:
    assert build(max_hourly_cost="40").limits(TODAY, given).max_hourly_cost == held


def test_a_section_that_cannot_be_read_is_an_error() -> None:
    def items(section: str) -> list[dict[str, str]]:
        raise configparser.InterpolationSyntaxError("required_tags", section, "'%' must be followed by '%'")

    with pytest.raises(UsageError, match=FILE):
        read_settings(SimpleNamespace(config=SimpleNamespace(items=items, config_path=FILE)))


def test_settings_come_out_of_the_section_of_the_configuration() -> None:
    asked: list[str] = []

    def items(section: str) -> list[dict[str, str]]:
        asked.append(section)
        return [{"name": "min_driver", "value": "535.1", "source": FILE}]

    settings = read_settings(SimpleNamespace(config=SimpleNamespace(items=items, config_path=FILE)))

    assert settings.min_driver == "535.1"
    assert asked == ["aigpu"]
