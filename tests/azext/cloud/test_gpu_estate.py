"""What exists, out of Resource Graph's rows: a row that hides pools is no cluster without any."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.cloud import resource_graph
from azext_aigpu.cloud.gpu_estate import parse_existing

CLUSTER = {"id": "/c", "name": "c", "type": resource_graph.CLUSTER_TYPE}


@pytest.mark.parametrize(
    "row", [{}, {"pools": None}, {"pools": [{"name": "p"}]}, {"pools": [{"name": "p", "vmSize": None}]}], ids=str
)
def test_pools_that_are_not_in_the_answer_are_not_taken_for_none(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="answer"):
        list(parse_existing([{**CLUSTER, **row}]))


def test_a_cluster_s_pools_are_read() -> None:
    row = {**CLUSTER, "pools": [{"name": "p", "vmSize": "Standard_NC4as_T4_v3"}]}
    assert [one.name for one in parse_existing([row])] == ["p"]
