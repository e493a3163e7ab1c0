"""Options and skips for the whole suite; fixtures live beside the tests that use them."""

from __future__ import annotations

import sys

import pytest
from hypothesis import settings

# No time limits: they judge the machine. Fewer examples in the inner loop, which is to take a breath and not a break.
settings.register_profile("suite", deadline=None)
settings.register_profile("unit", deadline=None, max_examples=20)

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
    settings.load_profile("unit" if config.getoption("--no-azure") else "suite")
    if config.getoption("--no-azure"):
        sys.meta_path.insert(0, NoAzure)
