"""A user's own defaults: section `[aigpu]` of `az config`, each overridden by `AZURE_AIGPU_<KEY>`.

They are conveniences, not controls: whoever can run `az` can change them. But a setting that cannot be read, or whose
name is mistyped, ends the command: a limit that silently does not hold is worse than none.
"""

from __future__ import annotations

import configparser
import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from aigpu_contract import cuda, skus
from aigpu_contract.labels import DEFAULT_TAINT, Taint, parse_taint
from aigpu_contract.near_names import near_names
from azext_aigpu.spec import Limits
from azext_aigpu.usage import UsageError

SECTION = "aigpu"
VARIABLE_PREFIX = "AZURE_AIGPU_"
PLAN_HOURS = 24
MOST_PLAN_HOURS = 24 * 14
PRICES_URL = "https://prices.azure.com/api/retail/prices"
_URL = re.compile(r"https://[^\s/]+\S*")
_IMAGE = re.compile(r"[a-z0-9][^\s@]*(@sha256:[0-9a-f]{64})?")


@dataclass(frozen=True)
class Settings:
    """What is configured; None where nothing is. `max_hourly_cost` in USD an hour for a pool at its largest."""

    required_tags: tuple[str, ...] | None = None
    max_hourly_cost: Decimal | None = None
    allowed_models: tuple[str, ...] | None = None
    min_driver: str | None = None
    taint: Taint = DEFAULT_TAINT
    agent_image: str | None = None
    prices_url: str = PRICES_URL
    kubectl: str | None = None
    plan_hours: int = PLAN_HOURS

    def limits(self, today: datetime.date, max_hourly_cost: Decimal | None = None) -> Limits:
        """Return what a pool is held to on `today`; an amount given on the command line wins over the configured."""
        return Limits(
            today=today,
            required_tags=self.required_tags,
            allowed_models=self.allowed_models,
            max_hourly_cost=self.max_hourly_cost if max_hourly_cost is None else max_hourly_cost,
            min_driver=self.min_driver,
            taint=self.taint,
        )


def read_settings(cli_ctx: Any) -> Settings:
    """Return the settings of this run of `az`. Raises UsageError, naming the file or variable that is to be changed."""
    try:
        items = cli_ctx.config.items(SECTION)
    except configparser.Error as error:
        raise UsageError(
            f"Section [{SECTION}] of {cli_ctx.config.config_path} cannot be read: {error}.",
            f"Write a percent sign as %%, or set the value again: az config set {SECTION}.KEY=VALUE",
        ) from error
    return build_settings({item["name"]: (item["value"], item["source"]) for item in items})


def build_settings(items: Mapping[str, tuple[str, str]]) -> Settings:
    """Return the settings of `items` (key to value and where it stands). Raises UsageError."""
    values = {key: _parse(key, text.strip(), source) for key, (text, source) in items.items()}
    return Settings(**values)


def _parse(key: str, text: str, source: str) -> Any:
    form = _FORMS.get(key)
    if form is None:
        raise UsageError(*_unknown(key, source))
    try:
        return form.parse(text)
    except ValueError as error:
        raise UsageError(
            f"Setting {SECTION}.{key} in {source} is '{text}': {error}.",
            _repair(key, source, form.example),
        ) from error


def _unknown(key: str, source: str) -> tuple[str, str]:
    near = near_names(key, _FORMS)
    hint = f"Did you mean {near[0]}? " if near else ""
    return (
        f"Setting {SECTION}.{key} in {source} is not known, so it would hold for nothing.",
        f"{hint}Known are: {', '.join(sorted(_FORMS))}. {_repair(key, source)}",
    )


def _repair(key: str, source: str, example: str = "") -> str:
    """Return the next command; `source` is the path of a file, or the name of the variable that overrides it."""
    is_variable = source.startswith(VARIABLE_PREFIX)
    remove = f"unset {source}" if is_variable else f"az config unset {SECTION}.{key}"
    if not example:
        return f"Remove it: {remove}"
    change = f"export {source}={example}" if is_variable else f"az config set {SECTION}.{key}={example}"
    return f"Set it: {change}   or remove it: {remove}"


def _parse_list(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in re.split(r"[,\s]+", text) if name))


def _parse_models(text: str) -> tuple[str, ...]:
    models = _parse_list(text.lower())
    if not models:
        raise ValueError("wanted are model ids with commas between them; an empty list would allow nothing")
    for model in models:
        if not skus.is_known_model(model):
            raise ValueError(f"no size of the catalogue has the GPU model '{model}'; see az aigpu sku list")
    return models


def _parse_amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0:
        raise ValueError("wanted is an amount of USD an hour above 0, digits only")
    return amount


def _parse_driver(text: str) -> str:
    cuda.parse_driver_version(text)
    return text


def _parse_url(text: str) -> str:
    if not _URL.fullmatch(text):
        raise ValueError("wanted is the https address of a price feed")
    return text


def parse_image(text: str) -> str:
    """Return the name of a container image. Raises ValueError."""
    if not _IMAGE.fullmatch(text):
        raise ValueError("wanted is the name of a container image")
    return text


def _parse_program(text: str) -> str:
    if not text:
        raise ValueError("wanted is the name or the path of a program")
    return text


def _parse_hours(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MOST_PLAN_HOURS and len(text) < 4):
        raise ValueError(f"wanted is a whole number of hours, 1 to {MOST_PLAN_HOURS}")
    return int(text)


@dataclass(frozen=True)
class _Form:
    """How the value of a key is parsed, and an example of one."""

    parse: Callable[[str], Any]
    example: str


_FORMS: Mapping[str, _Form] = {
    "required_tags": _Form(_parse_list, "cost-center,owner"),
    "max_hourly_cost": _Form(_parse_amount, "120"),
    "allowed_models": _Form(_parse_models, "a100,h100"),
    "min_driver": _Form(_parse_driver, "570.86.15"),
    "taint": _Form(parse_taint, "sku=gpu:NoSchedule"),
    "agent_image": _Form(parse_image, "registry.example.com/aigpu-agent:0.1.0"),
    "prices_url": _Form(_parse_url, PRICES_URL),
    "kubectl": _Form(_parse_program, "/usr/local/bin/kubectl"),
    "plan_hours": _Form(_parse_hours, "24"),
}
KEYS = tuple(_FORMS)
