"""A pretended GPU node for the probes to look at: NVIDIA's libraries are stubs, everything else is real."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from node_agent.facts import Facts
from node_agent.probes.child import Deadline
from node_agent.probes.round import Deadlines, ProbeRequest, read_facts
from testbeds.nvidia_stub import Libraries, StubNode, build
from testbeds.nvidia_stub.node import Node

Look = Callable[..., Facts]
SOON = Deadline(0.6, 0.8)
PATIENT = Deadline(20.0, 25.0)


@pytest.fixture(scope="session")
def libraries(pytestconfig: pytest.Config) -> Libraries:
    cache = pytestconfig.cache
    assert cache is not None
    return build(cache.mkdir("nvidia-stub"))


@pytest.fixture
def stub(tmp_path: Path, libraries: Libraries) -> Iterator[Callable[[Node], StubNode]]:
    """Make a node; it is taken away when the test ends."""
    with ExitStack() as stack:
        yield lambda node: stack.enter_context(StubNode(node, tmp_path / "node", libraries))


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
