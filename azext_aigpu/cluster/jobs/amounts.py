"""The amounts of GPUs that a manifest asks for, as far as the API server would refuse them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from aigpu_contract.finding import Finding, Status
from azext_aigpu.cluster.admission.reverse_rule import is_gpu_resource
from azext_aigpu.cluster.object_parts import items, mapping

AMOUNT_ID = "gpu-request"

# An exponent of more digits is no amount of anything, and would take long to count with.
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i))?", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = "KMGTPE"


def review_amounts(spec: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the amounts of GPUs, in any container, that the API server refuses."""
    for one in (*items(spec, "initContainers"), *items(spec, "containers")):
        limits, requests = (mapping(mapping(one, "resources"), key) for key in ("limits", "requests"))
        for key in sorted({key for key in (*limits, *requests) if is_gpu_resource(key)}):
            finding = _review(key, limits.get(key), requests.get(key))
            if finding is not None:
                yield replace(finding, evidence=(("container", str(one.get("name"))),))


def parse_quantity(amount: object) -> Decimal | None:
    """Return what a Kubernetes quantity (`1`, `"2"`, `1000m`, `1k`) stands for, None for what is none."""
    match = None if isinstance(amount, bool) else _QUANTITY.fullmatch(str(amount))
    if match is None:
        return None
    number, exponent, suffix = match.groups(default="")
    if suffix.endswith("i"):
        return Decimal(number) * Decimal(1024 ** (_BINARY.index(suffix[0]) + 1))
    return Decimal(number).scaleb(int(exponent) if exponent else _DECIMAL[suffix])


def _review(key: str, limit: Any, request: Any) -> Finding | None:
    if limit is None and request is not None:
        return _limit_missing(key, request)
    wrong = next((amount for amount in (limit, request) if amount is not None and not _is_whole(amount)), None)
    if wrong is not None:
        return _invalid(key, str(wrong), "a whole number: this resource hands out no part of one")
    if request is not None and parse_quantity(request) != parse_quantity(limit):
        return _invalid(key, f"limit {limit}, request {request}", "the same number in both, or the limit alone")
    return None


def _is_whole(amount: object) -> bool:
    quantity = parse_quantity(amount)
    return quantity is not None and quantity >= 0 and quantity == quantity.to_integral_value()


def _limit_missing(key: str, request: Any) -> Finding:
    return Finding(
        AMOUNT_ID,
        "GPULimitMissing",
        Status.FAIL,
        "a GPU is requested and not limited, which the API server refuses",
        seen=f"requests {key}: {request}",
        wanted=f"the same under limits; for {key} the limit alone is enough",
        next_step="move it from requests to limits",
    )


def _invalid(key: str, seen: str, wanted: str) -> Finding:
    return Finding(
        AMOUNT_ID,
        "GPULimitInvalid",
        Status.FAIL,
        "the API server does not take this amount of GPUs",
        seen=f"{key}: {seen}",
        wanted=wanted,
        next_step="correct it in the container's resources",
    )
