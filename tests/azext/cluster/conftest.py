from __future__ import annotations

from pathlib import Path

import pytest

from tests.azext.cluster.fake_kubectl import FakeKubectl


@pytest.fixture
def fake(tmp_path: Path) -> FakeKubectl:
    """A kubectl that answers out of a book, empty at first."""
    folder = tmp_path / "kubectl"
    folder.mkdir()
    return FakeKubectl(folder)
