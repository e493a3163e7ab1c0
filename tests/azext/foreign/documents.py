"""Documents that the tests of this folder start from: the golden ones, and small ones of one resource."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from azext_aigpu.foreign.resources import ForeignPlan, ForeignPool, Item
from azext_aigpu.foreign.terraform import read_terraform_plan

GOLDEN = Path(__file__).parents[2] / "golden" / "foreign"
TERRAFORM = sorted(path.name for path in (GOLDEN / "terraform").glob("*.json"))
TEMPLATES = ("pools.json", "symbolic.json")
WHAT_IFS = ("pools.json", "rest.json")

POOL = "azurerm_kubernetes_cluster_node_pool"
CPU = "Standard_D16s_v5"
A100 = "Standard_NC24ads_A100_v4"
T4 = "Standard_NC4as_T4_v3"
GPU_LABELS = {"hardware": "gpu", "gpu-type": "nvidia"}


def golden(path: str) -> Any:
    """Return a golden document, parsed."""
    return json.loads((GOLDEN / path).read_text(encoding="utf-8"))


def a_change(
    after: Any,
    kind: str = POOL,
    actions: tuple[str, ...] = ("create",),
    unknown: Any = None,
    sensitive: Any = None,
    **entry: Any,
) -> dict[str, Any]:
    """Return one entry of `resource_changes`, for a pool `gpu` where nothing else is said."""
    change = {"actions": list(actions), "before": None, "after": after}
    change |= {"after_unknown": unknown or {}, "after_sensitive": sensitive or {}}
    return {"address": f"{kind}.gpu", "mode": "managed", "type": kind, "name": "gpu", "change": change, **entry}


def a_plan(*changes: Any, expressions: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a Terraform plan; `expressions` are those of the pool `gpu` in the configuration."""
    resource = {"address": f"{POOL}.gpu", "mode": "managed", "type": POOL, "name": "gpu", "expressions": expressions}
    configuration = {} if expressions is None else {"root_module": {"resources": [resource]}}
    plan = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": list(changes)}
    return {**plan, "configuration": configuration, **more}


def read(*changes: Any, **more: Any) -> ForeignPlan:
    """Return what is read of a plan with these changes."""
    return read_terraform_plan(a_plan(*changes, **more), "plan.json")


def by_address(items: tuple[Item, ...]) -> dict[str, Item]:
    """Return items by their addresses, which must differ."""
    found = {item.place.address: item for item in items}
    assert len(found) == len(items)
    return found


def only_pool(plan: ForeignPlan) -> ForeignPool:
    """Return the one thing that a plan holds."""
    (item,) = plan.items
    assert isinstance(item, ForeignPool), item
    return item
