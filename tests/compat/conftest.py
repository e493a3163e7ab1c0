"""The one file that every image runs, and pretended nodes for it to look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from testbeds.nvidia_stub import StubNode
from testbeds.nvidia_stub.node import Node
from tests.node_agent.conftest import libraries, stub  # noqa: F401 (fixtures)
from tools.preflight_pyz import build_pyz

Make = Callable[[Node], StubNode]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.compat)


@pytest.fixture(scope="session")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_pyz(tmp_path_factory.mktemp("pyz"))
