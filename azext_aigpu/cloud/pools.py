"""Agent pools: the JSON of Microsoft.ContainerService/managedClusters/agentPools, and reading it."""

from __future__ import annotations

from typing import Any

from aigpu_contract.reading import Reading
from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.cloud.readings import take_reading
from azext_aigpu.cloud.shape import as_count, as_object, as_text, as_texts, optional_text

PERMISSION = "Microsoft.ContainerService/managedClusters/agentPools/read"
_MAPS = ("nodeLabels", "tags")
_COUNTS = ("count", "minCount", "maxCount")


def parse_pool(data: Any) -> Pool:
    """Return the pool in `data`, every property kept.

    Raises ValueError where a property that is judged is missing or of another type.
    """
    pool = as_object(data, "the node pool")
    properties = as_object(pool.get("properties"), "properties")
    for name in ("vmSize", "provisioningState"):
        as_text(properties.get(name), name)
    for name in _MAPS:
        for key, value in as_object(properties.get(name) or {}, name).items():
            if not isinstance(value, str):
                raise ValueError(f"{name}.{key} is not a text")  # noqa: TRY004 (bad data, not a bad call)
    for name in _COUNTS:
        if properties.get(name) is not None and as_count(properties[name], name) < 0:
            raise ValueError(f"{name} is {properties[name]}, fewer nodes than none")
    as_texts(properties.get("nodeTaints"), "nodeTaints")
    return Pool(
        id=as_text(pool.get("id"), "id"),
        name=as_text(pool.get("name"), "name"),
        etag=optional_text(properties.get("eTag"), "eTag"),
        properties=properties,
    )


def read_pool(arm: Arm, group: str, cluster: str, name: str) -> Reading[Pool]:
    """Return the pool. Raises NotFound where there is none of that name."""
    return take_reading(
        lambda: parse_pool(arm.get_pool(group, cluster, name)), f"node pool '{name}'", PERMISSION, must_exist=True
    )


def read_pools(arm: Arm, group: str, cluster: str) -> Reading[tuple[Pool, ...]]:
    """Return the pools of a cluster. Raises NotFound where there is no such cluster."""
    return take_reading(
        lambda: tuple(parse_pool(item) for item in arm.list_pools(group, cluster)),
        f"the node pools of cluster '{cluster}'",
        PERMISSION,
        must_exist=True,
    )
