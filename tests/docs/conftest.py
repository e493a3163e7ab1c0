"""A pretended GPU node for the pages about one."""

from __future__ import annotations

import pytest

from testbeds.nvidia_stub import Libraries, build


@pytest.fixture(scope="session")
def libraries(pytestconfig: pytest.Config) -> Libraries:
    cache = pytestconfig.cache
    assert cache is not None
    return build(cache.mkdir("nvidia-stub"))
