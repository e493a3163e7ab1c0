"""Compares what was asked for with what Azure really made. The service can succeed with less. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from azext_aigpu import body
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.plan import CREATE, Change, Plan

SUCCEEDED = "Succeeded"
DRIVERS_OF_AKS = ("cuda", "grid")
"""The catalogue's driver lines that AKS installs by itself."""

_DRIVER = "gpuProfile.driver"


def find_differences(plan: Plan, pool: Pool) -> tuple[Change, ...]:
    """Return each property of the plan that `pool` does not have as asked: `before` is asked, `after` is made.

    A create is compared whole, an update in what it changed. More than was asked is fine (the service adds defaults);
    less or other is not.
    """
    found = []
    if pool.provisioning_state != SUCCEEDED:
        found.append(Change("provisioningState", SUCCEEDED, pool.provisioning_state))
    for path, asked in _asked(plan):
        made = body.get(pool.properties, path)
        if not holds(asked, made, path):
            found.append(Change(path, asked, made))
    found.extend(_still_there(plan, pool))
    found.extend(_driver_left_out(plan, pool))
    return tuple(found)


def _driver_left_out(plan: Plan, pool: Pool) -> Iterator[Change]:
    """Yield the driver that AKS says it does not install, though it does on this size and nobody asked it not to."""
    sku = plan.spec.sku
    installs = sku is not None and sku.aks_driver in DRIVERS_OF_AKS
    if plan.action == CREATE and installs and plan.spec.gpu_driver is None:
        made = body.get(pool.properties, _DRIVER)
        if made == "None":
            yield Change(_DRIVER, "Install", made)


def _still_there(plan: Plan, pool: Pool) -> Iterator[Change]:
    """Yield the labels, taints and tags that an update removed and that are there all the same."""
    for change in plan.changes:
        made = body.get(pool.properties, change.path)
        if isinstance(change.before, (dict, list)) and isinstance(made, (dict, list)):
            kept = set(change.after or ())
            left = [item for item in change.before if item in made and item not in kept]
            if left and all(isinstance(item, str) for item in left):
                yield Change(change.path, change.after, made)


def _asked(plan: Plan) -> Iterator[tuple[str, Any]]:
    if plan.action != CREATE:
        yield from ((change.path, change.after) for change in plan.changes)
        return
    scaled = plan.properties.get("enableAutoScaling")
    yield from ((path, value) for path, value in plan.properties.items() if not (scaled and path == "count"))


def holds(asked: Any, made: Any, path: str = "") -> bool:
    """Return whether `made` has all that `asked` asks for."""
    if asked in (None, "", False, [], {}):
        return made in (None, "", False, [], {})
    if isinstance(asked, Mapping):
        return isinstance(made, Mapping) and all(holds(value, made.get(key)) for key, value in asked.items())
    if isinstance(asked, list):
        return isinstance(made, list) and all(any(holds(item, other) for other in made) for item in asked)
    if isinstance(asked, str) and isinstance(made, str):
        return _same_text(asked, made, path)
    return bool(asked == made)


def _same_text(asked: str, made: str, path: str) -> bool:
    # Azure gives ids and sizes back in another case, and a full version for the minor one that was asked for.
    wanted, got = asked.casefold(), made.casefold()
    return got == wanted or (path == "orchestratorVersion" and got.startswith(wanted + "."))
