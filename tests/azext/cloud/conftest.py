"""A client that is signed in to an Azure on loopback, through the real azure-cli-core, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from azext_aigpu.cloud.arm import Arm
from testbeds.local_azure import LocalAzure
from tests.azext.core import harness


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    """A fresh Azure on loopback, for one test."""
    with LocalAzure() as local:
        yield local


@pytest.fixture
def cli_ctx(azure: LocalAzure) -> Iterator[Any]:
    """The CLI's context, signed in to `azure`."""
    home = harness._home()
    harness._turn(home, home / "given" / "azure")
    variables = {**azure.environment(home / "given"), **harness._places(home)}
    with harness._environment(variables), harness._azure_warnings(), harness._own_logging():
        harness._check_places(home)
        from azure.cli.core import get_default_cli

        yield get_default_cli()


@pytest.fixture
def arm(cli_ctx: Any) -> Iterator[Arm]:
    """A client that polls and retries fast."""
    client = Arm(cli_ctx, polling_interval=0.05, retry_backoff_factor=0.01)
    yield client
    client.close()
