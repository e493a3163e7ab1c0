from __future__ import annotations

from collections.abc import Iterator

import pytest

from testbeds.local_azure import LocalAzure


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    """A fresh Azure on loopback, for one test."""
    with LocalAzure() as local:
        yield local
