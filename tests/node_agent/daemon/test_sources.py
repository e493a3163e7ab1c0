"""What is read of the cluster, and for how long it stands when it cannot be read any more."""

from __future__ import annotations

import json

import pytest

from node_agent.daemon.sources import CONFIGMAP_REST_S
from tests.node_agent.daemon.bench import Bench
from tests.node_agent.daemon.conftest import MakeBench
from tests.node_agent.daemon.fake_kube import node_body, refuse_all

DECLARED = {key: value for key, value in node_body()["metadata"]["labels"].items() if key.startswith("aigpu.io/")}
"""What the pool of a healthy node says."""


def test_a_node_without_intent_is_unknown_and_never_silent(bench: MakeBench) -> None:
    made = bench()
    made.kube.node["metadata"]["labels"] = {"agentpool": "gpu1"}
    made.turn()
    assert made.kube.status == "Unknown IntentMissing"


def test_the_intent_of_an_adopted_pool_comes_from_the_configmap(bench: MakeBench) -> None:
    made = bench()
    labels = made.kube.node["metadata"]["labels"]
    made.kube.intent = {
        "gpu1": json.dumps({key: value for key, value in labels.items() if key.startswith("aigpu.io/")})
    }
    made.kube.node["metadata"]["labels"] = {
        "agentpool": "gpu1",
        "node.kubernetes.io/instance-type": labels["aigpu.io/sku"],
    }
    made.turn(2)
    assert made.kube.status == "True Passed"


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[" * 100_000,
        "[]",
        "{}",
        '{"aigpu.io/gpu-count": 2}',
        '{"aigpu.io/gpu-count": "2"}',
        pytest.param(json.dumps(DECLARED)[:-1] + ', "aigpu.io/gpu-count": "8"}', id="a key twice"),
        pytest.param(json.dumps(DECLARED)[:-1] + ', "aigpu.io/gpu-count": "2"}', id="a key twice, the same value"),
    ],
)
def test_an_intent_that_cannot_be_read_is_no_intent(bench: MakeBench, text: str) -> None:
    made = bench()
    made.kube.intent = {"gpu1": text}
    made.kube.node["metadata"]["labels"] = {"agentpool": "gpu1"}
    made.turn()
    assert made.kube.status == "Unknown IntentUnreadable"


def adopted(bench: MakeBench) -> Bench:
    """An agent on a proven node of a pool whose intent the ConfigMap holds."""
    made = bench()
    labels = made.kube.node["metadata"]["labels"]
    declared = {key: value for key, value in labels.items() if key.startswith("aigpu.io/")}
    made.kube.intent = {"gpu1": json.dumps(declared)}
    made.kube.node["metadata"]["labels"] = {
        "agentpool": "gpu1",
        "node.kubernetes.io/instance-type": labels["aigpu.io/sku"],
    }
    made.turn()
    assert made.kube.status == "True Passed"
    return made


def refuse_intent(name: str) -> None:
    if name == "read_intent":
        refuse_all(name)


def test_an_intent_that_cannot_be_read_any_more_stands_for_as_long_as_the_agents_word(bench: MakeBench) -> None:
    made = adopted(bench)
    made.kube.before = refuse_intent
    made.turn(8)
    assert made.kube.status == "True Passed"
    made.turn(2)
    assert made.kube.status == "Unknown IntentUnreadable"
    assert made.kube.condition is not None
    assert "was last read 9m ago" in made.kube.condition["message"]
    made.kube.before = lambda _: None
    made.turn()
    assert made.kube.status == "True Passed"


def test_an_intent_that_is_taken_away_is_gone_when_it_is_read_next(bench: MakeBench) -> None:
    made = adopted(bench)
    made.kube.intent = None
    made.turn(int(CONFIGMAP_REST_S // 60) + 1)
    assert made.kube.status == "Unknown IntentMissing"


def test_a_node_that_cannot_be_read_any_more_is_unknown_after_three_intervals(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.kube.before = lambda name: refuse_all(name) if name == "read_node" else None
    made.turn(3)
    assert made.kube.status == "True Passed"
    made.turn()
    assert made.kube.status == "Unknown IntentUnreadable"
