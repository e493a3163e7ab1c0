"""`az aigpu nodepool apply`: a plan that is none, is not the approved one, or is for another time or place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azext_aigpu.plan_file.reading import MOST_BYTES
from testbeds.local_azure import LocalAzure
from testbeds.local_azure.world import Subscription, build_cluster
from tests.azext.core.harness import run
from tests.azext.handlers.commands import error_of, writes
from tests.azext.handlers.specs import apply, edit, planned, step_of
from tests.azext.specs.given import SUBSCRIPTION, a_document, cluster

pytestmark = pytest.mark.core

OTHER = "a16b0000-0000-4000-8000-000000000002"


@pytest.mark.parametrize(
    "content",
    ['{"planned_values": {}}', "kind: GpuNodePool\n", " " * (MOST_BYTES + 1)],
    ids=["of Terraform", "a spec", "too large"],
)
def test_a_file_that_is_no_plan_is_bad_input_as_it_is_for_check(
    azure: LocalAzure, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "other.json"
    file.write_text(content, "utf-8")

    result = run(azure, "aigpu", "nodepool", "apply", "--plan-file", str(file), "--digest", "sha256:" + "0" * 64)

    assert result.exit_code == 2
    head, below = error_of(result)
    assert head.startswith("--plan-file: ")
    assert "az aigpu nodepool plan --file SPEC" in below
    assert azure.requests == []


def test_a_file_that_is_not_there_ends_with_2(azure: LocalAzure, tmp_path: Path) -> None:
    result = run(azure, "aigpu", "nodepool", "apply", "--plan-file", str(tmp_path / "x"), "--digest", "0" * 64)

    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_a_plan_that_was_edited_by_hand_is_refused(azure: LocalAzure, tmp_path: Path) -> None:
    digest = planned(azure, tmp_path, a_document())
    path = tmp_path / "plan.json"
    path.write_text(path.read_text("utf-8").replace('"count": 1', '"count": 8'), encoding="utf-8")
    azure.requests.clear()

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, azure.requests) == (1, [])
    assert "is not as it was made: its digest is" in error_of(result)[0]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param({"expires": "2020-01-01T00:00:00Z"}, "The plan expired at 2020-01-01T00:00:00Z", id="expired"),
        pytest.param({"endpoint": "https://evil.example.com"}, "The plan is for https://evil.example.com", id="host"),
        pytest.param({"version": "0.0.1"}, "The plan was made by version 0.0.1", id="version"),
        pytest.param({"created": "2999-01-01T00:00:00Z"}, "a clock is wrong", id="clock"),
    ],
)
def test_a_plan_for_another_time_place_or_version_is_refused_before_anything_is_asked(
    azure: LocalAzure, tmp_path: Path, values: dict[str, Any], told: str
) -> None:
    planned(azure, tmp_path, a_document())
    digest = edit(tmp_path, **values)
    azure.requests.clear()

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, azure.requests) == (1, [])
    assert told in error_of(result)[0]


def test_another_plan_than_the_approved_one_is_refused(azure: LocalAzure, tmp_path: Path) -> None:
    approved = planned(azure, tmp_path, a_document())
    planned(azure, tmp_path, a_document(nodeCount=2))

    result = apply(azure, tmp_path, approved)

    assert (result.exit_code, writes(azure)) == (1, [])
    head, below = error_of(result)
    assert head == "The plan is not the one that was approved."
    assert f"  approved  {approved}\n" in below


def test_a_digest_that_is_none_ends_with_2(azure: LocalAzure, tmp_path: Path) -> None:
    result = apply(azure, tmp_path, "yes")

    assert result.exit_code == 2
    assert "--digest: 'yes' is not a digest." in result.stderr


def test_a_subscription_that_the_login_has_not_got_is_refused(azure: LocalAzure, tmp_path: Path) -> None:
    planned(azure, tmp_path, a_document())
    digest = edit(tmp_path, steps=step_of(tmp_path, cluster=cluster(subscription=OTHER)))
    azure.requests.clear()

    result = apply(azure, tmp_path, digest)

    assert (result.exit_code, azure.requests) == (1, [])
    assert f"Your login has no subscription {OTHER}, which the plan names." in error_of(result)[0]


def test_another_subscription_than_the_one_given_is_refused(azure: LocalAzure, tmp_path: Path) -> None:
    clusters = [build_cluster("aks-2", "eastus")]
    azure.world.subscriptions.append(Subscription(OTHER, "second", clusters=clusters))
    digest = planned(azure, tmp_path, a_document())

    result = apply(azure, tmp_path, digest, "--subscription", OTHER)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert f"The plan is for subscription {SUBSCRIPTION}, and --subscription is {OTHER}." in error_of(result)[0]
