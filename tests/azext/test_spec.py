"""`PoolSpec`: what follows from its fields, and the defaults of a new pool."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from aigpu_contract.labels import DEFAULT_TAINT, Taint
from azext_aigpu.spec import Limits, PoolSpec, fill_defaults, wire_fields
from tests.azext.rules.given import A100, CPU, MADE_UP, TODAY


def bare(**fields: Any) -> PoolSpec:
    return PoolSpec(
        subscription=None,
        resource_group="rg",
        cluster_name="aks",
        name="train",
        **{"limits": Limits(today=TODAY), **fields},
    )


@pytest.mark.parametrize(
    ("given", "scaled", "bounds", "count"),
    [
        ({}, True, (0, 5), 0),
        ({"node_count": 3}, None, (None, None), 3),
        ({"node_count": 0}, None, (None, None), 0),
        ({"enable_cluster_autoscaler": True}, True, (0, 5), 0),
        ({"enable_cluster_autoscaler": True, "node_count": 2}, True, (0, 5), 2),
        ({"min_count": 2}, True, (2, 5), 2),
        ({"max_count": 9}, True, (0, 9), 0),
        ({"min_count": 1, "max_count": 3, "node_count": 2}, True, (1, 3), 2),
        ({"min_count": 0, "node_count": 1}, True, (0, 5), 1),
    ],
    ids=["nothing", "count", "count 0", "-e", "-e and count", "min", "max", "all", "min 0 and count"],
)
def test_node_counts_by_default(
    given: dict[str, Any], scaled: bool | None, bounds: tuple[int | None, int | None], count: int
) -> None:
    spec = fill_defaults(bare(**given))
    assert spec.enable_cluster_autoscaler is scaled
    assert (spec.min_count, spec.max_count) == bounds
    assert spec.node_count == count


@pytest.mark.parametrize(("given", "size"), [(None, 256), (128, 128), (2048, 2048)])
def test_the_os_disk_by_default(given: int | None, size: int) -> None:
    assert fill_defaults(bare(node_osdisk_size=given)).node_osdisk_size == size


def test_defaults_change_nothing_else() -> None:
    spec = bare(node_vm_size=A100, node_count=1, node_osdisk_size=128, tags={"a": "b"})
    assert fill_defaults(spec) == spec


@pytest.mark.parametrize(
    ("given", "first", "most"),
    [
        ({}, 1, 5),
        ({"node_count": 3}, 3, 3),
        ({"node_count": 0}, 1, 0),
        ({"min_count": 2, "max_count": 8}, 2, 8),
        ({"min_count": 2, "max_count": 8, "node_count": 4}, 4, 8),
    ],
)
def test_first_and_most_nodes(given: dict[str, Any], first: int, most: int) -> None:
    spec = fill_defaults(bare(**given))
    assert (spec.first_nodes, spec.most_nodes) == (first, most)


@pytest.mark.parametrize(
    ("given", "gpus"),
    [
        ({"node_vm_size": A100}, 1),
        ({"node_vm_size": A100, "gpu_count": 4}, 4),
        ({"node_vm_size": "Standard_ND96is_flex_H100_v5"}, None),
        ({"node_vm_size": "Standard_ND96is_flex_H100_v5", "gpu_count": 8}, 8),
        ({"node_vm_size": CPU}, None),
        ({"node_vm_size": MADE_UP}, None),
        ({}, None),
    ],
)
def test_wanted_gpus_are_the_users_word_first(given: dict[str, Any], gpus: int | None) -> None:
    assert bare(**given).wanted_gpus == gpus


def test_the_contracts_taint_comes_first_and_once() -> None:
    own = Taint("team", "x", "NoSchedule")
    assert bare(node_taints=(own, DEFAULT_TAINT)).all_taints == (DEFAULT_TAINT, own)
    assert bare().all_taints == (DEFAULT_TAINT,)


@pytest.mark.parametrize(("priority", "spot"), [("Spot", True), ("Regular", False), (None, False)])
def test_spot_is_told_by_the_priority(priority: str | None, spot: bool) -> None:
    assert bare(priority=priority).is_spot is spot


def test_no_two_fields_share_a_place_on_the_wire() -> None:
    paths = [path for _, path in wire_fields()]
    assert len(paths) == len(set(paths))
    nested = [(one, other) for one in paths for other in paths if other.startswith(one + ".")]
    assert nested == []


def test_a_spec_cannot_be_changed_afterwards() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        bare().name = "other"  # type: ignore[misc]
