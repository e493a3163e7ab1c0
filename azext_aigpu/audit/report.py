"""What a check prints: rows for tables and JSON, findings for people, one cost line, and the exit code. Pure."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract.exit_codes import EXIT_COULD_NOT_JUDGE, EXIT_FINDINGS, EXIT_OK
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known
from aigpu_contract.rendering import printable, render_findings
from aigpu_contract.verdict import judge
from azext_aigpu import render, review
from azext_aigpu.audit import Judged
from azext_aigpu.cost import Bill, amount_or_none, build_bill, describe_origin
from azext_aigpu.drift import Drift, is_missing
from azext_aigpu.foreign.azurerm import POOL_ATTRIBUTES
from azext_aigpu.foreign.resources import ForeignMachine, ForeignPool
from azext_aigpu.spec import PoolSpec, wire_fields

NOT_REVIEWED = "NOT REVIEWED"
_WORD = re.compile(r"--[a-z]+(?:-[a-z]+)*|\b[a-z][A-Za-z]+(?:\.[a-z][A-Za-z]+)?\b")
"""An option of `add`, or a property under the API's name."""


@dataclass(frozen=True)
class Report:
    """All that was looked at. `strict` ends with 5 also where Azure itself would refuse the same later.

    `drift` is there where specs were given; its findings are among those of `judged`.
    """

    judged: tuple[Judged, ...]
    strict: bool = False
    drift: Drift | None = None

    @property
    def reviewed(self) -> tuple[Judged, ...]:
        """Return what was judged."""
        return tuple(one for one in self.judged if one.reviewed)

    @property
    def verdict(self) -> str:
        """Return the worst verdict; where nothing was judged, that."""
        statuses = [one.status for one in self.judged if one.status is not None]
        return max(statuses).name if statuses else NOT_REVIEWED

    @property
    def exit_code(self) -> int:
        """Return 4 for a FAIL, else 5 where something could not be judged, else 0."""
        # With what `judge` adds where nothing was looked at: that is no pass either.
        findings = [finding for one in self.reviewed for finding in judge(one.findings).findings]
        if any(finding.status is Status.FAIL for finding in findings):
            return EXIT_FINDINGS
        return EXIT_COULD_NOT_JUDGE if review.stopping(findings, self.strict) else EXIT_OK

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON data: what `-o json` prints."""
        return {
            "verdict": self.verdict,
            "reviewed": len(self.reviewed),
            "notReviewed": len(self.judged) - len(self.reviewed),
            "cost": total_cost(self.judged).to_json(),
            **({} if self.drift is None else {"specs": self.drift.to_json()}),
            "items": [build_row(one) for one in self.judged],
        }


def build_row(one: Judged) -> dict[str, Any]:
    """Return one thing as a row."""
    place, spec = one.item.place, one.spec
    row: dict[str, Any] = {
        "file": place.file,
        "address": place.address,
        "action": place.action,
        "kind": kind_of(one),
        "name": place.name,
        "size": one.size,
        "gpu": _gpu(one),
        "location": place.location,
        "intent": one.intent,
        "nodes": _nodes(spec) if spec else None,
        "verdict": NOT_REVIEWED if one.status is None else one.status.name,
        "hourNow": None if one.cost is None else amount_or_none(one.cost.hourly_now),
        "hourMost": None if one.cost is None else amount_or_none(one.cost.hourly_most),
        "cost": None if one.cost is None else one.cost.to_json(),
        "findings": [finding.to_json() for finding in in_their_words(one)],
    }
    row.update(_names_in(place.address))
    return {**row, "whyNot": one.why_not} if one.why_not else row


def _nodes(spec: PoolSpec) -> str | None:
    if not spec.enable_cluster_autoscaler:
        return None if spec.node_count is None else render.describe_nodes(spec)
    return None if None in (spec.min_count, spec.max_count) else f"{spec.min_count} to {spec.max_count} nodes"


def _names_in(address: str) -> dict[str, str]:
    """Return the names in the address of something that runs, which is its resource id."""
    parts = address.strip("/").split("/")
    if len(parts) < 8 or parts[0].lower() != "subscriptions":
        return {}
    return {"subscription": parts[1], "resourceGroup": parts[3], "cluster": parts[7]}


def kind_of(one: Judged) -> str:
    """Return what a thing is: `node pool`, `VM`, `scale set`, `part`."""
    if isinstance(one.item, ForeignPool):
        return "node pool"
    return one.item.kind if isinstance(one.item, ForeignMachine) else "part"


def in_their_words(one: Judged) -> tuple[Finding, ...]:
    """Return the findings that say something, with the options of `add` under the names that the file uses."""
    words = _words_of(one)
    return tuple(
        dataclasses.replace(
            finding,
            problem=_reword(finding.problem, words),
            seen=_reword(finding.seen, words),
            wanted=_reword(finding.wanted, words),
            next_step=_reword(finding.next_step, words),
        )
        for finding in one.findings
        if finding.status is not Status.PASS
    )


def render_report(report: Report) -> str:
    """Return the report as people read it: findings by address, what was not looked at, the cost line."""
    parts = []
    for one in report.reviewed:
        text = render_findings(in_their_words(one))
        if text:
            place = one.item.place
            parts.append(f"{printable(f'{place.file}: ' if place.file else '')}{printable(place.address)}\n{text}")
    parts.append(_count_line(report))
    if report.drift is not None:
        parts.append(report.drift.line())
    if report.reviewed:
        parts.append(render_cost(report.judged))
    return "\n".join(parts)


def total_cost(judged: Iterable[Judged]) -> Bill:
    """Return what everything that was judged costs together: of what could not be read that is not known.

    A pool that is not there costs nothing.
    """
    there = (one for one in judged if one.reviewed and (one.cost is not None or not is_missing(one)))
    return build_bill(None if one.cost is None else one.cost.amounts for one in there)


def render_cost(judged: Iterable[Judged]) -> str:
    """Return the one cost line with where its prices come from, and below it what has to be said about them."""
    listed = list(judged)
    prices = [one.cost.price.value for one in listed if one.cost and isinstance(one.cost.price, Known)]
    origins = "; ".join(sorted({describe_origin(price) for price in prices}))
    line = total_cost(listed).line("what was judged") + (f" ({origins})" if origins else "")
    notes = sorted({price.note for price in prices if price.note and not price.live})
    return "\n".join(printable(text) for text in (line, *(f"      note: {note}" for note in notes)))


def _count_line(report: Report) -> str:
    left = len(report.judged) - len(report.reviewed)
    if not report.judged:
        return "No AKS node pool, virtual machine or scale set is in it: nothing was judged."
    verdict = f": {report.verdict}" if report.reviewed else ""
    return f"{len(report.reviewed)} judged{verdict}. {left} not reviewed: no GPU size, and nothing that says GPU."


def _gpu(one: Judged) -> str | None:
    if one.spec is None or not one.spec.node_vm_size:
        return None
    sku = one.spec.sku
    if sku is None:
        return "none" if one.spec.gpu_count is None else render.describe_gpus(one.spec)
    return sku.describe() + ("" if sku.is_cuda_gpu else f" ({sku.vendor}, no CUDA)")


def _words_of(one: Judged) -> Mapping[str, str]:
    if not one.item.place.file:
        return {}
    if isinstance(one.item, ForeignMachine):
        return _MACHINE_WORDS
    return _TERRAFORM_WORDS if "azurerm_" in one.item.place.address else _AZURE_WORDS


def _reword(text: str, words: Mapping[str, str]) -> str:
    return _WORD.sub(lambda match: words.get(match[0], match[0]), text) if words else text


_LABELS = {"--gpu-model": "label aigpu.io/gpu-model", "--gpu-count": "label aigpu.io/gpu-count"}
_AZURE_WORDS = {**{"--" + name.replace("_", "-"): path for name, path in wire_fields()}, **_LABELS}
_ATTRIBUTES = {path: names[0] for path, names in POOL_ATTRIBUTES.items() if path not in ("type", "mode", "count")}
_TERRAFORM_WORDS = {**{option: _ATTRIBUTES.get(path, path) for option, path in _AZURE_WORDS.items()}, **_ATTRIBUTES}
_MACHINE_WORDS = {"--node-vm-size": "size", "--tags": "tags"}
