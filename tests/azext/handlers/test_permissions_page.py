"""`docs/reference/permissions.md`: the role on the page is enough for every command, and each action is needed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import run
from tests.azext.handlers.commands import T4, add, nodepool, writes
from tests.azext.handlers.specs import apply, outcomes, planned
from tests.azext.specs.given import a_document

pytestmark = pytest.mark.core

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "permissions.md"
AKS = "Microsoft.ContainerService/managedClusters"


def role() -> set[str]:
    found = re.search(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return set(json.loads(found[1])["Actions"])


def test_the_role_is_enough_for_every_command(azure: LocalAzure) -> None:
    azure.world.granted = role()

    results = [
        add(azure),
        nodepool(azure, "list", name=None),
        nodepool(azure, "show"),
        nodepool(azure, "check", name=None),
        run(azure, "aigpu", "nodepool", "check", "--all-subscriptions"),
        nodepool(azure, "export", "--location", "westeurope"),
        nodepool(azure, "adopt", "--expect-size", T4),
        nodepool(azure, "wait", "--created"),
        nodepool(azure, "update", "--drain-timeout", "60"),
        nodepool(azure, "delete", "--yes"),
        run(azure, "aigpu", "sku", "list", "-l", "eastus"),
        run(azure, "aigpu", "sku", "show", "-s", T4, "-l", "eastus"),
    ]

    assert [result.exit_code for result in results] == [0] * len(results)
    assert "UNKNOWN" not in results[0].stderr
    assert not [request for request in azure.requests if request.status == 403]


def test_a_plan_needs_no_right_to_write_and_its_apply_does(azure: LocalAzure, tmp_path: Path) -> None:
    azure.world.granted = {action for action in role() if action.endswith("/read")}
    digest = planned(azure, tmp_path, a_document())

    refused = apply(azure, tmp_path, digest)
    azure.world.granted = role()
    done = apply(azure, tmp_path, digest)

    assert (refused.exit_code, outcomes(refused)) == (1, {"gpu": "failed"})
    assert f"{AKS}/agentPools/write" in refused.stderr
    assert (done.exit_code, outcomes(done)) == (0, {"gpu": "done"})


@pytest.mark.parametrize(
    "action", [f"{AKS}/read", f"{AKS}/agentPools/read", f"{AKS}/agentPools/write"], ids=["cluster", "pools", "write"]
)
def test_without_what_is_needed_nothing_is_made(azure: LocalAzure, action: str) -> None:
    azure.world.granted = role() - {action}

    result = add(azure)

    assert result.exit_code == 1
    assert action in result.stderr
    assert not [request for request in azure.recorded(method="PUT") if request.status == 201]


@pytest.mark.parametrize(
    "action", ["Microsoft.Compute/skus/read", "Microsoft.Compute/locations/usages/read"], ids=["skus", "usages"]
)
def test_without_sizes_or_quota_it_is_unknown_and_goes_on_unless_strict(azure: LocalAzure, action: str) -> None:
    azure.world.granted = role() - {action}

    assert add(azure, "--strict").exit_code == 1
    assert not writes(azure)
    result = add(azure)

    assert result.exit_code == 0, result.stderr
    assert "UNKNOWN" in result.stderr
    assert action in result.stderr


@pytest.mark.parametrize(
    "action",
    ["Microsoft.ResourceGraph/resources/read", "Microsoft.Resources/subscriptions/read"],
    ids=["graph", "subscriptions"],
)
def test_without_resource_graph_nothing_is_found_and_that_is_no_pass(azure: LocalAzure, action: str) -> None:
    azure.world.granted = role() - {action}

    result = run(azure, "aigpu", "nodepool", "check", "--all-subscriptions")

    assert (result.exit_code, result.data["verdict"]) == (5, "UNKNOWN")


def test_without_the_right_to_delete_the_pool_stays(azure: LocalAzure) -> None:
    assert add(azure).exit_code == 0
    azure.world.granted = role() - {f"{AKS}/agentPools/delete"}

    assert nodepool(azure, "delete", "--yes").exit_code == 1
    assert nodepool(azure, "show").exit_code == 0


def test_without_operations_the_pool_itself_is_watched(azure: LocalAzure) -> None:
    azure.world.granted = role() - {"Microsoft.ContainerService/locations/operations/read"}

    result = add(azure)

    assert result.exit_code == 0, result.stderr
    assert result.data["provisioningState"] == "Succeeded"
