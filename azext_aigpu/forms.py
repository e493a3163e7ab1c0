"""Parses what a user types into what it means. Forms only: whether it makes sense is for the rules. Pure.

Every function raises `UsageError`, whose message holds the value seen, the value wanted and an example.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from aigpu_contract import labels
from aigpu_contract.labels import Taint
from azext_aigpu.usage import UsageError

MOST_NODES = 1000
"""The most nodes of a node pool (AKS, quotas and limits)."""

LEAST_OS_DISK_GB = 30
MOST_OS_DISK_GB = 2048
SPOT_PRICE_UP_TO_ON_DEMAND = -1.0
DIGEST_PREFIX = "sha256:"
_POOL_NAME = re.compile(r"[a-z][a-z0-9]{0,11}")
_VM_SIZE = re.compile(r"[A-Za-z0-9_-]+")
_KUBERNETES_VERSION = re.compile(r"[vV]?(\d+\.\d+(?:\.\d+)?)")
_SURGE = re.compile(r"\d{1,4}|\d{1,3}%")
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?/(tcp|udp)", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_RESOURCE_ID = re.compile(r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/(.+)", re.IGNORECASE)
_ZONES = ("1", "2", "3")
_DIGITS = re.compile(r"[0-9a-f]{64}")
_MOST_PORT = 65535


def parse_pool_name(text: str) -> str:
    """Return the name of a Linux node pool."""
    if not _POOL_NAME.fullmatch(text):
        raise UsageError(
            f"--nodepool-name: '{text}' is not a name of a Linux node pool.",
            "Give 1 to 12 lower-case letters and digits that start with a letter, for example: --name a100",
        )
    return text


def parse_pool_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the names of `--gpu-pools`, each given by itself or several with commas between."""
    names = tuple(dict.fromkeys(name.strip() for text in texts for name in _split_names(text) if name.strip()))
    if not names:
        raise UsageError("--gpu-pools names nothing.", "Name pools, for example: --gpu-pools a100,h100")
    return names


def _split_names(text: str) -> list[str]:
    # An address of Terraform may hold a comma in its key: module.aks.azurerm_...["a,b"].
    return [text] if "[" in text else text.split(",")


def parse_vm_size(text: str, option: str = "--node-vm-size") -> str:
    """Return the VM size written in `text`; whether there is such a size is for the rules."""
    size = text.strip()
    if not _VM_SIZE.fullmatch(size):
        raise UsageError(
            f"{option}: '{text}' is not in the form of a VM size.",
            f"Give a size as Azure writes it, for example: {option} Standard_NC24ads_A100_v4",
        )
    return size


def parse_model(text: str) -> str:
    """Return the model id written in `text`, in lower case."""
    model = text.strip().lower()
    if not model or not labels.is_label_value(model):
        raise UsageError(
            f"--gpu-model: '{text}' is not a GPU model.",
            "Give a model id of the catalogue, for example: --gpu-model a100 (see: az aigpu sku list)",
        )
    return model


def parse_number(value: int, option: str, least: int, most: int | None = None) -> int:
    """Return `value` when it lies between `least` and `most`."""
    if value < least or (most is not None and value > most):
        wanted = f"{least} or more" if most is None else f"{least} to {most}"
        raise UsageError(f"{option}: {value} is out of range.", f"Give a whole number, {wanted}.")
    return value


def parse_digest(text: str) -> str:
    """Return the digest of a plan, as it was typed with or without `sha256:`."""
    digits = text.strip().lower().removeprefix(DIGEST_PREFIX)
    if not _DIGITS.fullmatch(digits):
        raise UsageError(
            f"--digest: {text[:80]!r} is not a digest.",
            "Give that of the plan that was approved, as plan printed it: sha256: and 64 hexadecimal digits.",
        )
    return DIGEST_PREFIX + digits


def parse_cost(text: str) -> Decimal:
    """Return an amount of USD an hour, above 0."""
    try:
        amount = Decimal(text.strip().lstrip("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0:
        raise UsageError(
            f"--max-hourly-cost: '{text}' is not an amount of dollars above 0.",
            "Give USD an hour for the whole pool at its largest, for example: --max-hourly-cost 40",
        )
    return amount


def parse_spot_price(value: float) -> float:
    """Return the most that a spot node may cost an hour in USD, or -1 for up to the price on demand."""
    positive = math.isfinite(value) and value == round(value, 5) and value > 0
    if not positive and value != SPOT_PRICE_UP_TO_ON_DEMAND:
        raise UsageError(
            f"--spot-max-price: {value} is not a price for spot nodes.",
            "Give USD an hour above 0 with at most 5 decimals, or -1 for up to the price on demand, "
            "for example: --spot-max-price 1.25",
        )
    return value


def parse_kubernetes_version(text: str) -> str:
    """Return a version of Kubernetes without a leading v."""
    match = _KUBERNETES_VERSION.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            f"--kubernetes-version: '{text}' is not a version of Kubernetes.",
            "Give major.minor or major.minor.patch, for example: --kubernetes-version 1.34",
        )
    return match.group(1)


def parse_surge(text: str, option: str) -> str:
    """Return a number of nodes or a percentage of them."""
    if not _SURGE.fullmatch(text.strip()):
        raise UsageError(
            f"{option}: '{text}' is neither a number of nodes nor a percentage.",
            f"Give one of the two, for example: {option} 1   or   {option} 33%",
        )
    return text.strip()


def parse_taints(text: str) -> tuple[Taint, ...]:
    """Return the taints of a list with commas; an empty text is an empty list."""
    try:
        return tuple(labels.parse_taint(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise UsageError(
            f"--node-taints: {error}.",
            "Separate taints by commas, for example: --node-taints team=vision:NoSchedule,tier=prod:PreferNoSchedule",
        ) from error


def parse_labels(items: Iterable[str]) -> dict[str, str]:
    """Return the node labels of `key=value` items; an empty item stands for no labels."""
    found: dict[str, str] = {}
    for item in items:
        if not item:
            continue
        key, equals, value = item.partition("=")
        if not equals or not labels.is_qualified_name(key) or not labels.is_label_value(value):
            raise UsageError(
                f"--labels: '{item}' is not a Kubernetes label.",
                "Give key=value with at most 63 letters, digits, '-', '_' and '.' on each side, the key with an "
                "optional DNS prefix, for example: --labels team=vision example.com/tier=prod",
            )
        found[key] = value
    return found


def parse_tags(items: Iterable[str], option: str = "--tags") -> dict[str, str]:
    """Return the tags of `key[=value]` items; an empty item stands for no tags."""
    found: dict[str, str] = {}
    for item in items:
        key, _, value = item.partition("=")
        if item and not key:
            raise UsageError(f"{option}: '{item}' has no key.", f"Give key=value, for example: {option} team=vision")
        if item:
            found[key] = value
    return found


def parse_zones(items: Iterable[str], option: str = "--zones") -> tuple[str, ...]:
    """Return availability zones, in the order given, each once."""
    zones = tuple(dict.fromkeys(item.strip() for item in items))
    wrong = [zone for zone in zones if zone not in _ZONES]
    if wrong:
        raise UsageError(
            f"{option}: '{wrong[0]}' is not an availability zone.",
            f"Give zone numbers with blanks between them, for example: {option} {' '.join(_ZONES)}",
        )
    return zones


def parse_ports(items: Iterable[str]) -> tuple[dict[str, Any], ...]:
    """Return port ranges as the API takes them, with `portStart`, `portEnd` and `protocol`."""
    return tuple(_parse_port(item) for item in items)


def _parse_port(item: str) -> dict[str, Any]:
    match = _PORTS.fullmatch(item.strip())
    first = int(match.group(1)) if match else 0
    last = int(match.group(2) or first) if match else 0
    if match is None or not 0 < first <= last <= _MOST_PORT:
        raise UsageError(
            f"--allowed-host-ports: '{item}' is not a port or a range of ports with a protocol.",
            f"Give ports from 1 to {_MOST_PORT}, for example: --allowed-host-ports 80/tcp 4000-5000/udp",
        )
    return {"portStart": first, "portEnd": last, "protocol": match.group(3).upper()}


def parse_ip_tags(items: Iterable[str]) -> tuple[dict[str, str], ...]:
    """Return IP tags as the API takes them, with `ipTagType` and `tag`."""
    tags = parse_tags(items, "--node-public-ip-tags")
    return tuple({"ipTagType": kind, "tag": tag} for kind, tag in tags.items())


def parse_headers(text: str) -> dict[str, str]:
    """Return HTTP headers of a list with commas; a name that stands there twice keeps both values."""
    headers: dict[str, str] = {}
    for part in (part.strip() for part in text.split(",") if part.strip()):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if not _HEADER.fullmatch(name) or not value:
            raise UsageError(
                f"--aks-custom-headers: '{part}' is not a header.",
                "Give Name=value with commas between them, for example: --aks-custom-headers EnableX=true",
            )
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def parse_resource_id(text: str, option: str, kind: str) -> str:
    """Return the id of a resource of `kind` (`Microsoft.Compute/hostGroups`); upper and lower case are alike."""
    match = _RESOURCE_ID.fullmatch(text.strip())
    parts = match.group(1).split("/") if match else []
    provider_and_types = [part.lower() for part in parts[:1] + parts[1::2]]
    if not all(parts) or len(parts) % 2 == 0 or provider_and_types != kind.lower().split("/"):
        raise UsageError(
            f"{option}: '{text}' is not the id of a resource of type {kind}.",
            f"Give the whole id: {option} {_example_id(kind)}",
        )
    return text.strip()


def _example_id(kind: str) -> str:
    provider, *types = kind.split("/")
    path = "/".join(f"{name}/NAME" for name in types)
    return f"/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/{provider}/{path}"
