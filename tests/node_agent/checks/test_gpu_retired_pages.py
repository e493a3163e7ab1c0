"""Retired pages of GPUs before A100."""

from __future__ import annotations

import pytest

from node_agent.checks import gpu_retired_pages
from node_agent.facts import Facts
from tests.node_agent.healthy import healthy, of_node, told, with_gpu


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        pytest.param(healthy(), ("SKIPPED", "NotApplicable", "none"), id="GPUs that remap rows instead"),
        pytest.param(
            with_gpu(healthy(), retired_pages_pending=False, retired_pages=3), ("PASS", "Passed", "none"), id="a few"
        ),
        pytest.param(
            with_gpu(healthy(), retired_pages_pending=True), ("FAIL", "RetiredPagesPending", "node"), id="pending"
        ),
        pytest.param(with_gpu(healthy(), retired_pages=60), ("WARN", "RetiredPagesMany", "none"), id="many"),
    ],
)
def test_pages_are_judged(facts: Facts, verdict: tuple[str, str, str]) -> None:
    assert told(gpu_retired_pages, facts, of_node()) == verdict
