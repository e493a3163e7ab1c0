"""What a Job does with the preflight's exit codes, beside what its author wrote."""

from __future__ import annotations

from typing import Any

import pytest

from tests.azext.cluster.jobs.given import a_job, a_pod, an_object, guard_one, plain, with_


def codes_of(job: dict[str, Any]) -> list[tuple[str, str, list[int]]]:
    """The rules of a Job's podFailurePolicy by exit code: action, container, codes."""
    rules = [rule for rule in job["spec"]["podFailurePolicy"]["rules"] if "onExitCodes" in rule]
    return [
        (rule["action"], rule["onExitCodes"].get("containerName", ""), rule["onExitCodes"]["values"]) for rule in rules
    ]


def test_78_ends_the_job_and_a_bad_node_counts() -> None:
    assert codes_of(guard_one(a_job(a_pod(plain())))) == [
        ("FailJob", "aigpu-preflight", [64, 78]),
        ("FailJob", "main", [78]),
    ]


def test_a_program_that_ends_with_78_itself_is_left_to_it() -> None:
    job = guard_one(a_job(a_pod(plain())), with_(program_ends_with_78=True))
    assert codes_of(job) == [("FailJob", "aigpu-preflight", [64, 78])]


def test_it_can_be_said_later_too() -> None:
    job = guard_one(guard_one(a_job(a_pod(plain()))), with_(program_ends_with_78=True))
    assert codes_of(job) == [("FailJob", "aigpu-preflight", [64, 78])]


@pytest.mark.parametrize(
    ("codes", "clashes"),
    [
        pytest.param({"operator": "In", "values": [3, 78]}, True, id="any-container"),
        pytest.param({"containerName": "main", "operator": "In", "values": [78]}, True, id="this-container"),
        pytest.param({"containerName": "main", "operator": "NotIn", "values": [0]}, True, id="every-other-code"),
        pytest.param({"containerName": "main", "operator": "In", "values": [3]}, False, id="another-code"),
        pytest.param({"containerName": "logs", "operator": "In", "values": [78]}, False, id="another-container"),
        pytest.param({"containerName": "main", "operator": "NotIn", "values": [0, 78]}, False, id="not-78"),
    ],
)
def test_a_meaning_that_78_has_already_stays(codes: dict[str, Any], clashes: bool) -> None:
    rule = {"action": "Count", "onExitCodes": codes}
    job = guard_one(a_job(a_pod(plain()), podFailurePolicy={"rules": [rule]}))

    assert (("FailJob", "main", [78]) in codes_of(job)) is not clashes
    assert job["spec"]["podFailurePolicy"]["rules"][-1] == rule


def test_a_cron_job_has_it_in_the_job_that_it_makes() -> None:
    spec = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": a_pod(plain())}}}
    job = guard_one(an_object("batch/v1", "CronJob", spec))
    assert len(job["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]) == 2
