"""A pretended GPU node: NVIDIA's libraries are stubs, everything else is real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from testbeds.nvidia_stub import Libraries, StubNode, build
from testbeds.nvidia_stub.node import Node


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
