"""The row remapper of A100 and newer."""

from __future__ import annotations

import pytest

from node_agent.checks import gpu_row_remap
from node_agent.facts import Facts
from tests.node_agent.healthy import healthy, of_node, told, with_every_gpu, with_gpu


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        pytest.param(healthy(), ("PASS", "Passed", "none"), id="nothing"),
        pytest.param(with_gpu(healthy(), remap_pending=True), ("FAIL", "RowRemapPending", "node"), id="pending"),
        pytest.param(
            with_gpu(healthy(), remap_pending=True, remap_failed=True), ("FAIL", "RowRemapFailed", "node"), id="failed"
        ),
        pytest.param(
            with_every_gpu(healthy(), remap_pending=None, remap_failed=None),
            ("SKIPPED", "NotApplicable", "none"),
            id="GPUs without it",
        ),
    ],
)
def test_remapping_is_judged(facts: Facts, verdict: tuple[str, str, str]) -> None:
    assert told(gpu_row_remap, facts, of_node()) == verdict
