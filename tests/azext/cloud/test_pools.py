"""Reading a node pool out of its JSON."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.cloud.pools import parse_pool

PROPERTIES: dict[str, Any] = {
    "vmSize": "Standard_NC24ads_A100_v4",
    "provisioningState": "Succeeded",
    "count": 2,
    "eTag": "e-1",
    "nodeLabels": {"hardware": "gpu"},
    "nodeTaints": ["sku=gpu:NoSchedule"],
    "tags": None,
    "propertyOfTomorrow": {"kept": [1]},
}


def a_pool(**changed: Any) -> dict[str, Any]:
    return {"id": "/pools/gpu", "name": "gpu", "properties": {**PROPERTIES, **changed}}


def test_a_pool_is_read_with_every_property() -> None:
    pool = parse_pool(a_pool())
    assert (pool.name, pool.etag, pool.count) == ("gpu", "e-1", 2)
    assert pool.labels == {"hardware": "gpu"}
    assert pool.taints == ("sku=gpu:NoSchedule",)
    assert pool.tags == {}
    assert pool.properties["propertyOfTomorrow"] == {"kept": [1]}


def test_a_pool_without_an_etag_is_read() -> None:
    assert parse_pool(a_pool(eTag=None)).etag is None


@pytest.mark.parametrize(
    "changed",
    [
        {"vmSize": None},
        {"vmSize": ""},
        {"provisioningState": None},
        {"count": "two"},
        {"count": 1.5},
        {"count": True},
        {"count": -1},
        {"maxCount": []},
        {"nodeLabels": ["hardware=gpu"]},
        {"nodeLabels": {"hardware": 1}},
        {"tags": "none"},
        {"nodeTaints": "sku=gpu:NoSchedule"},
        {"nodeTaints": [None]},
        {"eTag": 7},
    ],
    ids=str,
)
def test_a_pool_with_a_property_of_another_type_makes_no_sense(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"{next(iter(changed))}"):
        parse_pool(a_pool(**changed))


@pytest.mark.parametrize(
    "data", [None, [], {}, {"id": "i", "name": "n"}, {"name": "n", "properties": PROPERTIES}], ids=str
)
def test_what_is_no_pool_makes_no_sense(data: Any) -> None:
    with pytest.raises(ValueError, match=r"missing|is not an object"):
        parse_pool(data)
