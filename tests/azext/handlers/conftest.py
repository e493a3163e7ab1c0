from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from testbeds.local_azure import LocalAzure


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    """A fresh Azure on loopback, for one test."""
    with LocalAzure() as local:
        local.world.operation_seconds = 0.05
        yield local


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut every pause short: the back-off of the SDK, and the seconds between two looks at the cluster."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.02)))
