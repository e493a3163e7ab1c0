from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from testbeds.nvidia_stub import Libraries, StubNode, build
from testbeds.nvidia_stub.node import Node


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the processes of one test run share, so that they compile once."""
    return tmp_path_factory.getbasetemp().parent / "nvidia-stub"


@pytest.fixture(scope="session")
def libraries(cache: Path) -> Libraries:
    return build(cache)


@pytest.fixture
def start(tmp_path: Path, libraries: Libraries) -> Callable[[Node], StubNode]:
    """Lays out a node that lasts as long as the test."""
    return lambda node: StubNode(node, tmp_path / "node", libraries)
