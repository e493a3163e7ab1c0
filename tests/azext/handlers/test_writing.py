"""What a write ends with: each refusal of Azure, each failed operation, each success that made less than was asked."""

from __future__ import annotations

import re

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.fault_effects import Answer, FailOperation
from testbeds.local_azure.fault_list import FAULTS
from tests.azext.handlers.commands import T4, add, error_of, nodepool, put_our_pool, writes

pytestmark = pytest.mark.core

REFUSALS = [
    name
    for name, fault in FAULTS.items()
    # The others are of every route, and named by it.
    if fault.routes == ("pool-put",) and isinstance(fault.effect, Answer) and not name.endswith("-pool-put")
]
FAILURES = [name for name, fault in FAULTS.items() if isinstance(fault.effect, FailOperation)]
PASSING = "operation-in-progress"
"""The one refusal that is waited for: it ends by itself."""
FOLLOWED_BY = re.compile(r"az \w+|--[a-z]|Try |Wait |Ask |Choose |Check |Rename |Name |Leave |Make |Give |Add |Look ")


@pytest.mark.parametrize("fault", [name for name in REFUSALS if name != PASSING])
def test_a_refusal_of_azure_is_one_sentence_and_the_next_step(azure: LocalAzure, fault: str) -> None:
    azure.faults.inject(fault)
    result = add(azure)

    assert result.exit_code == 1
    assert writes(azure) == ["PUT gpu"]
    assert result.stdout == ""
    _one_sentence_and_the_next_step(result.stderr)
    assert "gpu" not in azure.world.cluster().pools


@pytest.mark.parametrize("fault", FAILURES)
def test_a_failed_operation_is_one_sentence_and_names_what_is_left(azure: LocalAzure, fault: str) -> None:
    azure.faults.inject(fault)
    result = add(azure)

    assert result.exit_code == 1
    assert writes(azure) == ["PUT gpu"]
    assert result.stdout == ""
    _one_sentence_and_the_next_step(result.stderr)
    assert "Azure left the pool 'gpu' Failed with 0 nodes." in result.stderr
    assert "--replace-failed" in result.stderr


def _one_sentence_and_the_next_step(stderr: str) -> None:
    assert "Traceback" not in stderr
    told = stderr.partition("ERROR: ")[2].splitlines()
    # The sentence, with the service's code at its end.
    assert re.fullmatch(r"Node pool 'gpu' was not created: .+ \(\w+\)", told[0]), told[0]
    assert "{" not in told[0]
    assert len(told[0]) < 600
    assert FOLLOWED_BY.search(told[1]), told[1]
    assert not re.search(r"\b(GROUP|CLUSTER|POOL)\b", told[1])


def test_there_are_faults_to_try() -> None:
    assert (len(REFUSALS), len(FAILURES)) >= (19, 11)


@pytest.mark.usefixtures("hurried")
def test_another_operation_is_waited_for(azure: LocalAzure) -> None:
    azure.faults.inject(PASSING, times=2)
    result = add(azure)

    assert result.exit_code == 0, result.stderr
    assert writes(azure) == ["PUT gpu"] * 3


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        pytest.param("taints-dropped", "nodeTaints", id="taints"),
        pytest.param("labels-dropped", "nodeLabels", id="labels"),
        pytest.param("tags-dropped", "tags", id="tags"),
        pytest.param("fewer-nodes", "count", id="nodes"),
        pytest.param("other-size", "vmSize", id="size"),
        pytest.param("driver-off", "gpuProfile.driver", id="driver"),
        pytest.param("succeeded-but-failed", "provisioningState", id="state"),
    ],
)
def test_a_success_that_made_less_is_an_error_that_says_what_differs(azure: LocalAzure, fault: str, path: str) -> None:
    azure.faults.inject(fault)
    result = add(azure)

    assert result.exit_code == 1
    assert result.stdout == ""
    told = result.stderr.partition("ERROR: ")[2].splitlines()
    assert told[0] == "Azure reported success, but node pool 'gpu' is not what was asked for."
    assert [line.split(":")[0].strip() for line in told[1:-1]] == [path]
    assert "asked " in told[1]
    assert "got " in told[1]
    assert "az aigpu nodepool show -g rg-train --cluster-name aks-train -n gpu" in told[-1]


def test_a_driver_that_nobody_wanted_is_no_difference(azure: LocalAzure) -> None:
    given = ("--gpu-driver", "None", "--waive", "driver-profile=the operator brings it")

    assert add(azure, *given).exit_code == 0


@pytest.mark.parametrize("fault", ["empty-pool", "garbage-pool", "forbidden-pool"])
def test_what_cannot_be_read_back_is_no_success(azure: LocalAzure, fault: str) -> None:
    azure.faults.inject(fault)
    result = add(azure)

    assert result.exit_code == 1
    assert "node pool 'gpu' could not be read" in result.stderr
    assert "(NotReadBack)" in result.stderr
    assert "az aigpu nodepool show" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("hurried")
class TestConnections:
    def test_a_put_whose_answer_was_lost_is_found_to_have_worked(self, azure: LocalAzure) -> None:
        azure.faults.inject("dropped-after-pool-put", times=1)
        result = add(azure)

        assert result.exit_code == 0, result.stderr
        # The second one is the SDK's own, and meets the pool that the first one made.
        assert [put.status for put in azure.recorded(method="PUT")] == [None, 412]
        assert azure.world.pool("gpu").properties["vmSize"] == T4

    def test_a_put_that_never_arrived_is_sent_again(self, azure: LocalAzure) -> None:
        azure.faults.inject("dropped-pool-put", times=1)
        result = add(azure)

        assert result.exit_code == 0, result.stderr
        assert [put.status for put in azure.recorded(method="PUT")] == [None, 201]

    def test_a_connection_that_stays_broken_is_said_with_doubt(self, azure: LocalAzure) -> None:
        azure.faults.inject("dropped-pool-put")
        result = add(azure)

        assert result.exit_code == 1
        assert "Azure may have taken it all the same" in result.stderr

    def test_somebody_elses_pool_is_not_taken_for_ours(self, azure: LocalAzure) -> None:
        azure.faults.inject("precondition-failed")
        put_our_pool(azure, "other")
        result = add(azure)

        assert result.exit_code == 1
        assert "made or changed by somebody else" in result.stderr

    @pytest.mark.parametrize("fault", ["server-error-operation", "garbage-operation", "dropped-operation"])
    def test_an_operation_that_cannot_be_followed_is_told_by_the_pool_itself(
        self, azure: LocalAzure, fault: str
    ) -> None:
        azure.faults.inject(fault)
        result = add(azure)

        assert result.exit_code == 0, result.stderr
        assert azure.world.pool("gpu").state == "Succeeded"


def test_throttling_is_waited_out_as_long_as_azure_says(azure: LocalAzure) -> None:
    azure.faults.inject("throttled-pool-put", seconds=1)
    result = add(azure)

    assert result.exit_code == 0, result.stderr
    first, second = azure.recorded(method="PUT")
    assert (first.status, second.status) == (429, 201)
    assert second.started - first.started >= 1


def test_throttled_reads_are_waited_out_too(azure: LocalAzure) -> None:
    for route in ("cluster", "skus", "usages"):
        azure.faults.inject(f"throttled-{route}")
    result = add(azure, "--dry-run")

    assert result.exit_code == 0, result.stderr
    assert "UNKNOWN" not in result.stderr


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_missing_permission_is_named(azure: LocalAzure, verb: str) -> None:
    put_our_pool(azure)
    azure.faults.inject("forbidden-pool-put")
    azure.faults.inject("forbidden-pool-delete")
    arguments = {"update": ("--drain-timeout", "120"), "delete": ("--yes",)}[verb]

    result = nodepool(azure, verb, *arguments)

    assert result.exit_code == 1
    action = {"update": "write", "delete": "delete"}[verb]
    assert f"agentPools/{action}" in result.stderr
    assert "docs/reference/permissions.md" in result.stderr


def test_a_failed_delete_is_an_error(azure: LocalAzure) -> None:
    put_our_pool(azure)
    azure.faults.inject("forbidden-pool-delete")

    head, below = error_of(nodepool(azure, "delete", "--yes"))

    assert head.startswith("Node pool 'gpu' was not deleted: ")
    assert below
