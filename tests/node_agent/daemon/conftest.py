"""An agent on given facts, before a fake API server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.node_agent.daemon.bench import Bench
from tests.node_agent.daemon.fake_kube import FakeKube, node_body

MakeBench = Callable[..., Bench]


@pytest.fixture
def bench(tmp_path: Path) -> MakeBench:
    """Make an agent; `kube` is the server, else one with a new node of two A100s."""

    def make(kube: FakeKube | None = None, **settings: Any) -> Bench:
        return Bench(tmp_path, kube or FakeKube(node_body()), **settings)

    return make
