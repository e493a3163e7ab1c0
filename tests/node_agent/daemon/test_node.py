"""What is taken of a Node, and what is left."""

from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.labels import PAUSE_LABEL
from node_agent.daemon.node import Condition, Proof, parse_node, parse_proof, parse_resources
from tests.node_agent.daemon.fake_kube import node_body

PROOF = Proof("boot", "580.1", 8, "2026-11-23T10:00:00Z")


def test_a_proof_comes_back_as_it_was_written() -> None:
    assert parse_proof(PROOF.render()) == PROOF


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "null",
        "[]",
        "{}",
        '{"bootId":"","driver":"580.1","gpus":8,"provenAt":"x"}',
        '{"bootId":"b","driver":"580.1","gpus":0,"provenAt":"x"}',
        '{"bootId":"b","driver":"580.1","gpus":"8","provenAt":"x"}',
        '{"bootId":"b","driver":"580.1","gpus":true,"provenAt":"x"}',
        "[" * 100_000,
        '{"bootId":"b","driver":"580.1","gpus":7,"gpus":8,"provenAt":"x"}',
        '{"bootId":1,"driver":"580.1","gpus":8,"provenAt":"x"}',
    ],
)
def test_anything_else_proves_nothing(text: str | None) -> None:
    assert parse_proof(text) is None


def test_only_counted_resources_are_read() -> None:
    assert parse_resources({"nvidia.com/gpu": "8", "memory": "430Gi", "cpu": "1500m", "pods": 110}) == {
        "nvidia.com/gpu": 8,
        "pods": 110,
    }


@pytest.mark.parametrize("status", ["Maybe", None, 1])
def test_a_status_that_kubernetes_does_not_know_is_unknown(status: object) -> None:
    body = node_body()
    body["status"]["conditions"].append({"type": "aigpu.io/GPUReady", "status": status})
    assert parse_node(body).condition == Condition("Unknown", "", "")


@pytest.mark.parametrize(("label", "paused"), [(None, False), ("false", False), ("true", True), ("", True)])
def test_what_pauses(label: str | None, paused: bool) -> None:
    body = node_body()
    body["metadata"]["labels"].update({} if label is None else {PAUSE_LABEL: label})
    assert parse_node(body).is_paused == paused


@pytest.mark.parametrize(
    "body", [{}, {"metadata": None, "spec": None, "status": None}, {"status": {"conditions": None}}]
)
def test_an_empty_node_is_no_error(body: dict[str, Any]) -> None:
    assert parse_node(body).pool is None
