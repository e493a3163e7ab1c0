"""Tables of `nodepool plan` and `nodepool apply`."""

from __future__ import annotations

from azext_aigpu.tables.plan import format_outcomes, format_plan

CLUSTER = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/aks"
STEP = {
    "action": "create",
    "cluster": CLUSTER,
    "name": "gpu",
    "size": "Standard_NC4as_T4_v3",
    "changes": [],
    "cost": {"hourNow": 0.0, "hourAfter": 0.526, "hourMost": None},
    "findings": [{"id": "quota", "status": "UNKNOWN"}],
}


def test_a_plan_is_a_line_a_pool_and_what_is_left_alone_comes_last() -> None:
    other = {"cluster": CLUSTER, "name": "system", "size": "Standard_D4s_v5", "nodes": 3}

    first, last = format_plan({"steps": [STEP], "untouched": [other]})

    assert list(first.values()) == [
        "create", "aks/gpu", "Standard_NC4as_T4_v3", "0", "$0.00", "$0.53", "?", "quota UNKNOWN",
    ]  # fmt: skip
    assert last.keys() == first.keys()
    assert (last["Action"], last["Pool"], last["Size"]) == ("left alone", "aks/system", "Standard_D4s_v5")


def test_an_outcome_shows_the_first_line_of_its_detail_without_control_characters() -> None:
    row = {
        "action": "create",
        "cluster": CLUSTER,
        "name": "gpu",
        "outcome": "failed",
        "detail": "no\x1b[31m room\nmore",
    }

    assert format_outcomes([row]) == [
        {"Action": "create", "Pool": "aks/gpu", "Outcome": "failed", "Detail": "no?[31m room"}
    ]
