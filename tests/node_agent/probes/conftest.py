"""One round of probes on a pretended GPU node."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from node_agent.facts import Facts
from node_agent.probes.child import Deadline
from node_agent.probes.round import Deadlines, ProbeRequest, read_facts
from testbeds.nvidia_stub import StubNode
from testbeds.nvidia_stub.node import Node

Look = Callable[..., Facts]
SOON = Deadline(0.6, 0.8)
PATIENT = Deadline(20.0, 25.0)


@pytest.fixture
def look(stub: Callable[[Node], StubNode]) -> Look:
    """Run one round of probes on a node, in mode `exec` unless another is given."""

    def run(
        node: Node, mode: str = "exec", environ: Mapping[str, str] | None = None, hasty: bool = False, **request: object
    ) -> Facts:
        made = stub(node)
        limit = SOON if hasty else PATIENT
        asked = ProbeRequest(mode, str(made.root), deadlines=Deadlines(limit, limit, PATIENT), **request)  # type: ignore[arg-type]
        return read_facts(asked, {**made.environment(), **(environ or {})})

    return run
