"""`az aigpu nodepool apply`: every rule is asked again before the first pool is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.world import Reservation
from tests.azext.handlers.commands import T4, error_of, put_our_pool, writes
from tests.azext.handlers.specs import AS_IT_IS, apply, edit, planned, step_of
from tests.azext.specs.given import SUBSCRIPTION, a_document

pytestmark = pytest.mark.core


def test_a_plan_from_outside_is_judged_by_every_rule(azure: LocalAzure, tmp_path: Path) -> None:
    """Whoever can compute a digest can write a plan for a CPU pool; the rules are asked all the same."""
    planned(azure, tmp_path, a_document())
    (step,) = step_of(tmp_path)
    properties = {**step["properties"], "vmSize": "Standard_D16s_v5"}
    digest = edit(tmp_path, steps=[{**step, "properties": properties}])

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "FAIL    sku-is-cuda-gpu:" in error_of(result)[1]


def test_a_change_from_outside_is_judged_by_every_rule(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure)
    planned(azure, tmp_path, a_document(nodeCount=2, **AS_IT_IS))
    (step,) = step_of(tmp_path)
    wrong = {**step["properties"]["nodeLabels"], "hardware": "cpu"}
    change = {"path": "nodeLabels", "before": step["properties"]["nodeLabels"], "after": wrong}
    values = {"properties": {**step["properties"], "nodeLabels": wrong}, "changes": [*step["changes"], change]}
    digest = edit(tmp_path, steps=step_of(tmp_path, **values))

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "FAIL    contract-labels:" in error_of(result)[1]


def test_the_cloud_is_judged_again(azure: LocalAzure, tmp_path: Path) -> None:
    digest = planned(azure, tmp_path, a_document())
    azure.world.subscription.set_quota("eastus", "cores", limit=0)

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "FAIL    quota:" in error_of(result)[1]


def test_a_change_is_judged_again_too(azure: LocalAzure, tmp_path: Path) -> None:
    put_our_pool(azure)
    digest = planned(azure, tmp_path, a_document(nodeCount=5, **AS_IT_IS))
    azure.world.subscription.set_quota("eastus", "cores", limit=0)

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "FAIL    quota:" in error_of(result)[1]


def test_pools_that_each_fit_and_not_together_are_refused_before_the_first_is_made(
    azure: LocalAzure, tmp_path: Path
) -> None:
    documents = (a_document("a", maxSurge="0"), a_document("b", maxSurge="0"))
    digest = planned(azure, tmp_path, *documents)
    used = azure.world.subscription.quota("eastus", "cores").used
    azure.world.subscription.set_quota("eastus", "cores", limit=used + 7)

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    head, below = error_of(result)
    assert head == "1 of 2 steps may not be done any more; nothing was sent."
    assert below.startswith("aks-train/b:\n  FAIL    quota:")
    assert "4 for what stands before it, 3 left" in below


def test_pools_that_draw_on_one_reservation_are_refused_before_the_first_is_made(
    azure: LocalAzure, tmp_path: Path
) -> None:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-train/providers/Microsoft.Compute"
    held = {"maxSurge": "0", "crgId": f"{group}/capacityReservationGroups/held"}
    azure.world.subscription.reservations["held"] = [Reservation(T4, 2)]
    digest = planned(azure, tmp_path, a_document("a", **held), a_document("b", **held))
    azure.world.subscription.set_quota("eastus", "Standard NCASv3_T4 Family", limit=0)
    azure.world.subscription.reservations["held"] = [Reservation(T4, 1)]

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert error_of(result)[1].startswith("aks-train/b:\n  FAIL    quota:")
