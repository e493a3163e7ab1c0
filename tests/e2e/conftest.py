from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbeds.extension import install_wheel
from testbeds.local_azure import LocalAzure
from tests.e2e.az import LOOPBACK, Az
from tools.wheel import build_wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built once for all the processes of pytest-xdist."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "wheel"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return next(shared.glob("*.whl"), None) or build_wheel(shared)


@pytest.fixture(scope="session")
def extensions(wheel: Path) -> Path:
    """The folder that `az extension add` has installed the wheel into, once for all the processes."""
    folder = wheel.parent / "extensions"
    with (wheel.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return folder if folder.exists() else install_wheel(wheel, folder)


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    """A fresh Azure on loopback, for one test."""
    with LocalAzure() as local:
        yield local


@pytest.fixture
def az(azure: LocalAzure, extensions: Path, tmp_path: Path) -> Iterator[Az]:
    """The real `az` with our extension, signed in. The test fails when it talks to anybody but this machine."""
    program = Az.watched(azure.environment(tmp_path, extension_dir=extensions), tmp_path)
    yield program
    assert program.hosts() <= LOOPBACK
