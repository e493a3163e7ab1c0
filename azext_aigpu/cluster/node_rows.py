"""Rows of `node list` and `show`, and what only the whole fleet shows: drivers that differ. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from aigpu_contract import labels, skus
from aigpu_contract.exit_codes import EXIT_COULD_NOT_JUDGE, EXIT_FINDINGS, EXIT_OK
from aigpu_contract.expectation import Expectation, parse_labels
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.rendering import count
from azext_aigpu.cluster.moments import Moment
from azext_aigpu.cluster.node_facts import FALSE, OUR_TAINTS, TRUE, NodeFacts
from azext_aigpu.cluster.node_prices import price_node
from azext_aigpu.cluster.node_verdict import (
    Surroundings,
    Verdict,
    intended_labels,
    is_gpu_node,
    judge_node,
)
from azext_aigpu.cost import amount_or_none

SKEW_ID = "driver-skew"
Row = dict[str, Any]


def build_rows(nodes: Iterable[NodeFacts], around: Surroundings, everything: bool = False) -> list[Row]:
    """Return a row for every GPU node; with `everything` for the others too, which have no verdict."""
    return [build_row(node, around) for node in nodes if everything or is_gpu_node(node, around)]


def build_row(node: NodeFacts, around: Surroundings) -> Row:
    """Return what is known of one node and what may be believed of it; times in RFC 3339, ages in seconds."""
    intended = intended_labels(node, around)
    intent = parse_labels(intended)
    expected = intent.value if isinstance(intent, Known) else None
    verdict = judge_node(node, around) if is_gpu_node(node, around) else None
    price = price_node(node, intended)
    return {
        "name": node.name,
        "pool": node.pool or None,
        "size": node.size or None,
        "gpu": _describe_gpu(node, expected, intended),
        "counts": _build_counts(node, expected),
        "driver": node.driver or (node.proof.driver if node.proof else "") or None,
        "imageVersion": node.image_version or None,
        **_build_verdict(node, verdict),
        **_build_ages(node, around),
        "taints": [said for key, said in OUR_TAINTS.items() if key in node.taint_keys],
        "paused": node.is_paused,
        "kubernetesReady": node.is_ready,
        "priceHour": None if price is None else amount_or_none(price.hourly),
        "priceOrigin": None if price is None else price.origin,
    }


def find_driver_skew(rows: Iterable[Row]) -> list[Finding]:
    """Return a WARN for each node image version whose nodes have different drivers: one image brings one driver."""
    by_image: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row["imageVersion"] and row["driver"]:
            by_image[row["imageVersion"]][row["driver"]] += 1
    return [_skew(image, drivers) for image, drivers in sorted(by_image.items()) if len(drivers) > 1]


def exit_code_of_check(rows: Iterable[Row], around: Surroundings) -> int:
    """Return the exit code of `--check`: 4 where a node is not True; 5 where the look itself was not possible.

    No GPU node at all is 5: then nothing was proven.
    """
    said = {row["ready"] for row in rows if row["ready"] is not None}
    # Without the intents of adopted pools some GPU nodes are not even among the rows.
    unread = isinstance(around.heartbeats, Unknown) or isinstance(around.intents, Unknown)
    if FALSE not in said and (not said or unread or around.clock_doubt):
        return EXIT_COULD_NOT_JUDGE
    return EXIT_OK if said == {TRUE} else EXIT_FINDINGS


def summarize(rows: Iterable[Row]) -> str:
    """Return the line below the table: `12 GPU nodes: 10 True, 1 False, 1 Unknown`."""
    counted = Counter(row["ready"] for row in rows if row["ready"] is not None)
    total = sum(counted.values())
    parts = ", ".join(f"{counted[status]} {status}" for status in ("True", "False", "Unknown") if counted[status])
    return f"{count(total, 'GPU node')}: {parts}."


def _build_verdict(node: NodeFacts, verdict: Verdict | None) -> Row:
    if verdict is None:
        return {"ready": None, "reason": None, "message": None, "nextStep": None, "since": None}
    since = node.condition.since if node.condition is not None else None
    return {
        "ready": verdict.status,
        "reason": verdict.reason,
        "message": verdict.message or None,
        "nextStep": verdict.next_step or None,
        "since": _moment(since),
    }


def _build_counts(node: NodeFacts, expected: Expectation | None) -> Row:
    """Return GPUs by intent, by NVML as the agent proved them, and resources by intent and by the kubelet."""
    offer = expected.offer if expected else None
    resource, number = (offer.resource, offer.number) if offer else (None, None)
    offered = node.offered.get(resource or "", "0") if offer and resource and not offer.is_uncounted else None
    return {
        "intent": expected.gpu_count if expected else None,
        "nvml": node.proof.gpus if node.proof else None,
        "resource": resource,
        "resourceIntent": number,
        "allocatable": offered if resource else str(node.gpus_offered),
    }


def _build_ages(node: NodeFacts, around: Surroundings) -> Row:
    proven = node.proof.proven_at if node.proof else None
    beat = around.heartbeats.value.get(node.name) if isinstance(around.heartbeats, Known) else None
    heard = beat.age_s(around.now) if beat is not None else None
    return {
        "provenAt": _moment(proven),
        "proofAgeSeconds": None if proven is None else int((around.now - proven).total_seconds()),
        "heartbeatAgeSeconds": None if heard is None else int(heard),
    }


def _describe_gpu(node: NodeFacts, expected: Expectation | None, intended: Mapping[str, str]) -> str | None:
    """Return the intent in words; where there is none, what the size has, marked as no intent."""
    if expected is not None:
        model = expected.gpu_model
        return f"{expected.gpu_count}x {_name_model(model, expected.sku) if model else 'any model'}"
    named = intended.get(labels.GPU_MODEL)
    if named is not None:
        return f"?x {_name_model(named, intended.get(labels.SKU, ''))}"
    sku = node.sku
    return f"({sku.describe()})" if sku is not None else None


def _name_model(model_id: str, size: str) -> str:
    """Return the catalogue's name of a model (`A100 80 GB`), by the intended size's row where that is of this model.

    One model id has several names where it comes as a card and as a module. An id that is in no row stays as it is.
    """
    own = skus.lookup(size)
    rows = [*([own] if own is not None else []), *skus.all_skus()]
    return next((row.model for row in rows if row.model_id == model_id and row.model), model_id)


def _skew(image: str, drivers: Counter[str]) -> Finding:
    told = ", ".join(f"{driver} on {number}" for driver, number in drivers.most_common())
    return Finding(
        SKEW_ID,
        "DriverSkew",
        Status.WARN,
        "nodes of one node image version have different drivers: somebody or something changed them by hand",
        seen=f"{image}: {told}",
        wanted="one driver for one image version",
        next_step="az aigpu node list --query \"[?imageVersion=='" + image + "'].[name, driver]\" -o table",
    )


def _moment(moment: Moment | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
