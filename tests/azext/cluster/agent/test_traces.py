from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.labels import (
    CONDITION_TYPE,
    DRIVER,
    FAULTS_ANNOTATION,
    PROOF_ANNOTATION,
    STARTUP_TAINT_KEY,
    STATUS_TAINT_KEY,
)
from azext_aigpu.cluster.agent.traces import NodeTraces, parse_traces


def node(**parts: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "gpu-0", **parts.get("metadata", {})},
        **{k: parts[k] for k in parts if k != "metadata"},
    }


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(
            node(spec={"taints": [{"key": STATUS_TAINT_KEY, "effect": "NoSchedule"}]}),
            NodeTraces("gpu-0", (STATUS_TAINT_KEY,), False, False, False),
            id="taint",
        ),
        pytest.param(
            node(status={"conditions": [{"type": CONDITION_TYPE}]}),
            NodeTraces("gpu-0", (), True, False, False),
            id="condition",
        ),
        pytest.param(node(metadata={"labels": {DRIVER: "1"}}), NodeTraces("gpu-0", (), False, True, False), id="label"),
        pytest.param(
            node(metadata={"annotations": {PROOF_ANNOTATION: "{}"}}),
            NodeTraces("gpu-0", (), False, False, True),
            id="annotation",
        ),
        pytest.param(
            node(metadata={"annotations": {FAULTS_ANNOTATION: "{}"}}),
            NodeTraces("gpu-0", (), False, False, True),
            id="faults",
        ),
    ],
)
def test_what_the_agent_left_is_found(data: dict[str, Any], found: NodeTraces) -> None:
    assert parse_traces(data) == found


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(node(), id="nothing"),
        pytest.param(node(spec={"taints": [{"key": STARTUP_TAINT_KEY, "effect": "NoExecute"}]}), id="anothers-effect"),
        pytest.param(node(spec={"taints": [{"key": "sku", "effect": "NoSchedule"}]}), id="anothers-taint"),
        pytest.param(node(status={"conditions": [{"type": "Ready"}]}), id="anothers-condition"),
        pytest.param(node(metadata={"labels": {"aigpu.io/sku": "x"}}), id="the-pools-label"),
        pytest.param({"metadata": None, "spec": "x", "status": []}, id="another-form"),
    ],
)
def test_what_is_somebody_elses_stays(data: dict[str, Any]) -> None:
    assert parse_traces(data) is None
