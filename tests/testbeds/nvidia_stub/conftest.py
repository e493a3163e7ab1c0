from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from testbeds.nvidia_stub import Libraries, StubNode, build
from testbeds.nvidia_stub.node import Node


@pytest.fixture(scope="session")
def cache(pytestconfig: pytest.Config) -> Path:
    """The folder that all test runs share, so that what was compiled once stays."""
    cache = pytestconfig.cache
    assert cache is not None
    return cache.mkdir("nvidia-stub")


@pytest.fixture(scope="session")
def libraries(cache: Path) -> Libraries:
    return build(cache)


@pytest.fixture
def start(tmp_path: Path, libraries: Libraries) -> Callable[[Node], StubNode]:
    """Lays out a node that lasts as long as the test."""
    return lambda node: StubNode(node, tmp_path / "node", libraries)
