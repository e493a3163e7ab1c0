"""Options and skips for the whole suite; fixtures live beside the tests that use them."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

AZURE = {"azure", "knack", "msrest"}


class NoAzure:
    """An import hook that refuses Azure's libraries, so that `make unit` stays free of them."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Refuse what belongs to Azure; leave everything else to the other finders."""
        if name.partition(".")[0] in AZURE:
            raise ImportError(f"{name} was imported under --no-azure: this test belongs among those marked core or az")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-azure", action="store_true", help="make an import of Azure's libraries an error")


def pytest_configure(config: pytest.Config) -> None:
    is_unit = config.getoption("--no-azure")
    if is_unit:
        sys.meta_path.insert(0, NoAzure)
    if sys.dont_write_bytecode:
        keep_bytecode(config)
    load_hypothesis("unit" if is_unit else "suite")
    # Azure's tables of commands stay: to look through them for garbage every moment is a fifth of the time.
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three processes on two cores: what a test starts, it waits for a third of its time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + cores // 2


def load_hypothesis(profile: str) -> None:
    """Set the number of examples. No time limits: they judge the machine."""
    from hypothesis import settings

    settings.register_profile("suite", deadline=None)
    # The inner loop is to take a breath and not a break.
    settings.register_profile("unit", deadline=None, max_examples=20)
    settings.load_profile(profile)


def keep_bytecode(config: pytest.Config) -> None:
    """Keep bytecode in pytest's own folder where PYTHONDONTWRITEBYTECODE says to put none beside the sources.

    Without any, each of the processes that tests start compiles Azure's libraries and ours anew: half of its time.
    """
    cache = getattr(config, "cache", None)
    if cache is None:
        return
    folder = cache.mkdir("bytecode")
    sys.dont_write_bytecode = False
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(folder)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        # What tests have put into temporary folders is never there again.
        config.add_cleanup(lambda: shutil.rmtree(folder.joinpath(*Path(tempfile.gettempdir()).parts[1:]), True))
