"""`az aigpu nodepool update`: GET, change what is named, PUT whole; judge only what changes."""

from __future__ import annotations

from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.world import Pool
from tests.azext.handlers.commands import (
    CONTRACT,
    CPU,
    TAINT,
    error_of,
    nodepool,
    put_our_pool,
    routes,
    sent,
    writes,
)

pytestmark = pytest.mark.core

READ_ONLY = ("eTag", "provisioningState", "currentOrchestratorVersion", "status")


@pytest.fixture
def pool(azure: LocalAzure) -> Pool:
    """A pool of ours, with fields that no version of this tool knows."""
    nvidia = {"driver": "Install", "driverType": "CUDA"}
    return put_our_pool(azure, gpuProfile=nvidia, nodeInitializationTaints=["a=b:NoSchedule"], count=2)


def written_back(pool: Pool, **changes: Any) -> dict[str, Any]:
    kept = {key: value for key, value in pool.properties.items() if key not in READ_ONLY}
    return {key: value for key, value in {**kept, **changes}.items() if value is not None}


@pytest.mark.usefixtures("pool")
def test_only_what_is_named_changes_and_the_rest_is_written_back_whole(azure: LocalAzure, pool: Pool) -> None:
    etag, before = pool.etag, written_back(pool)
    wanted = {**before["upgradeSettings"], "drainTimeoutInMinutes": 120}

    result = nodepool(azure, "update", "--drain-timeout", "120")

    assert result.exit_code == 0, result.stderr
    assert sent(azure) == {**before, "upgradeSettings": wanted}
    assert azure.recorded(method="PUT")[0].headers["if-match"] == etag
    assert result.data["upgradeSettings"]["drainTimeoutInMinutes"] == 120
    assert result.data["nodeInitializationTaints"] == ["a=b:NoSchedule"]
    assert "+ upgradeSettings.drainTimeoutInMinutes: (absent) -> 120" in result.stderr


def test_under_the_autoscaler_the_number_of_nodes_is_left_out(azure: LocalAzure) -> None:
    put_our_pool(azure, count=2, enableAutoScaling=True, minCount=0, maxCount=5)

    result = nodepool(azure, "update", "-u", "--max-count", "3")

    assert result.exit_code == 0, result.stderr
    body = sent(azure)
    assert (body["minCount"], body["maxCount"]) == (0, 3)
    assert "count" not in body


def test_without_the_autoscaler_the_number_of_nodes_stays(azure: LocalAzure, pool: Pool) -> None:
    nodepool(azure, "update", "--scale-down-mode", "Deallocate")

    assert sent(azure) == written_back(pool, scaleDownMode="Deallocate")
    assert sent(azure)["count"] == 2


def test_switching_the_autoscaler_on_leaves_the_number_to_it(azure: LocalAzure, pool: Pool) -> None:
    result = nodepool(azure, "update", "-e", "--min-count", "0", "--max-count", "3")

    assert result.exit_code == 0, result.stderr
    assert sent(azure) == {
        key: value
        for key, value in written_back(pool, enableAutoScaling=True, minCount=0, maxCount=3).items()
        if key != "count"
    }


def test_switching_the_autoscaler_off_takes_its_bounds_away(azure: LocalAzure) -> None:
    put_our_pool(azure, count=2, enableAutoScaling=True, minCount=1, maxCount=5)

    result = nodepool(azure, "update", "-d")

    assert result.exit_code == 0, result.stderr
    body = sent(azure)
    assert (body["enableAutoScaling"], body["count"]) == (False, 2)
    assert not {"minCount", "maxCount"} & body.keys()


@pytest.mark.parametrize(
    ("arguments", "path", "wanted"),
    [
        pytest.param(("--labels", "team=audio"), "nodeLabels", {**CONTRACT, "team": "audio"}, id="labels"),
        pytest.param(("--labels", ""), "nodeLabels", CONTRACT, id="no-labels"),
        pytest.param(
            ("--node-taints", "team=audio:NoExecute"), "nodeTaints", [TAINT, "team=audio:NoExecute"], id="taints"
        ),
        pytest.param(("--tags", "owner=ada"), "tags", {"aigpu-spec": "gpu", "owner": "ada"}, id="tags"),
    ],
)
def test_given_labels_taints_and_tags_replace_your_own_and_keep_the_contract(
    azure: LocalAzure, arguments: tuple[str, ...], path: str, wanted: object
) -> None:
    put_our_pool(azure, nodeTaints=[TAINT, "team=vision:NoSchedule"])

    result = nodepool(azure, "update", *arguments)

    assert result.exit_code == 0, result.stderr
    assert sent(azure)[path] == wanted
    assert result.data[path] == wanted


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--labels", "hardware=cpu"), id="fixed-label"),
        pytest.param(("--labels", "aigpu.io/gpu-count=8"), id="intent"),
    ],
)
def test_the_contract_cannot_be_contradicted(azure: LocalAzure, pool: Pool, arguments: tuple[str, ...]) -> None:
    result = nodepool(azure, "update", *arguments)

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "FAIL    contract-labels:" in error_of(result)[1]
    assert pool.properties["nodeLabels"]["hardware"] == "gpu"


def test_only_the_rules_of_what_changes_are_asked(azure: LocalAzure) -> None:
    """The pool is too dear and its size is restricted by now; its drain timeout may be changed all the same."""
    put_our_pool(azure)
    azure.world.subscription.restrict("eastus", "Standard_NC4as_T4_v3")
    env = {"AZURE_AIGPU_MAX_HOURLY_COST": "0.1", "AZURE_AIGPU_REQUIRED_TAGS": "owner"}

    kept = nodepool(azure, "update", "--drain-timeout", "120", env=env)
    grown = nodepool(azure, "update", "-e", "--min-count", "0", "--max-count", "3", env=env)

    assert kept.exit_code == 0, kept.stderr
    assert grown.exit_code == 1
    assert "FAIL    hourly-cost:" in error_of(grown)[1]
    assert "sku-available" not in grown.stderr
    assert "required-tags" not in grown.stderr


def test_a_waiver_is_kept_as_a_tag(azure: LocalAzure) -> None:
    put_our_pool(azure)
    bounds = ("-e", "--min-count", "0", "--max-count", "3", "--max-hourly-cost", "0.1")

    result = nodepool(azure, "update", *bounds, "--waive", "hourly-cost=ada pays")

    assert result.exit_code == 0, result.stderr
    assert "WARN    hourly-cost:" in result.stderr
    assert sent(azure)["tags"] == {"aigpu-spec": "gpu", "cost-center": "ml", "aigpu-waive-hourly-cost": "ada pays"}


def test_an_etag_of_the_users_own_is_held(azure: LocalAzure, pool: Pool) -> None:
    old = pool.etag
    pool.touch("Succeeded")

    result = nodepool(azure, "update", "--drain-timeout", "120", "--if-match", old)

    assert result.exit_code == 1
    assert azure.recorded(method="PUT")[0].headers["if-match"] == old
    head, below = _told(result.stderr)
    assert "made or changed by somebody else in the meantime; nothing was written" in head
    assert "az aigpu nodepool show -g rg-train --cluster-name aks-train -n gpu" in below


@pytest.mark.usefixtures("pool")
@pytest.mark.parametrize("fault", ["precondition-failed", "etag-mismatch", "original-etag-not-expected"])
def test_a_change_by_somebody_else_is_told_in_a_sentence(azure: LocalAzure, fault: str) -> None:
    azure.faults.inject(fault)
    result = nodepool(azure, "update", "--drain-timeout", "120")

    assert result.exit_code == 1
    head, _ = _told(result.stderr)
    assert head.startswith("Node pool 'gpu' was not updated: The pool was made or changed by somebody else")


def _told(stderr: str) -> tuple[str, str]:
    assert "Traceback" not in stderr
    head, _, below = stderr.partition("ERROR: ")[2].partition("\n")
    return head, below


def test_without_options_the_pool_is_brought_to_its_goal_state(azure: LocalAzure, pool: Pool) -> None:
    result = nodepool(azure, "update")

    assert result.exit_code == 0, result.stderr
    assert sent(azure) == written_back(pool)
    assert "Plan: reconcile node pool 'gpu'" in result.stderr
    assert "Nothing to change: it is sent as it is" in result.stderr
    assert "Cost: 2 x Standard_NC4as_T4_v3 x $0.526/h" in result.stderr
    assert result.data["aigpu"]["hourNow"] == 1.052


@pytest.mark.usefixtures("pool")
def test_what_is_so_already_sends_nothing(azure: LocalAzure) -> None:
    result = nodepool(azure, "update", "--labels", "team=vision")

    assert result.exit_code == 0, result.stderr
    assert routes(azure) == dict.fromkeys(("identity-token", "pool", "cluster", "prices"), 1)
    assert "Nothing to change: node pool 'gpu' is already so. Nothing was sent.\nCost: 2 x" in result.stderr
    assert (result.data["name"], result.data["aigpu"]["hourNow"]) == ("gpu", 1.052)


@pytest.mark.usefixtures("pool")
def test_everything_is_read_once(azure: LocalAzure) -> None:
    nodepool(azure, "update", "-e", "--min-count", "0", "--max-count", "3", "--no-wait")

    asked = routes(azure)
    asked.pop("operation", None)
    once = dict.fromkeys(("identity-token", "pool", "cluster", "skus", "usages", "prices", "pool-put"), 1)
    assert asked == {**once, "pools": 2}


def test_a_dry_run_sends_nothing(azure: LocalAzure, pool: Pool) -> None:
    result = nodepool(azure, "update", "--labels", "team=audio", "--dry-run")

    assert (result.exit_code, writes(azure)) == (0, [])
    assert result.data["action"] == "update"
    assert result.data["properties"] == written_back(pool, nodeLabels={**CONTRACT, "team": "audio"})
    (change,) = result.data["changes"]
    assert (change["path"], change["after"]["team"]) == ("nodeLabels", "audio")


@pytest.mark.usefixtures("pool")
def test_no_wait_says_how_to_follow(azure: LocalAzure) -> None:
    azure.world.operation_seconds = 60

    result = nodepool(azure, "update", "--drain-timeout", "120", "--no-wait")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "az aigpu nodepool wait -g rg-train --cluster-name aks-train -n gpu --updated" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("-u",), "--update-cluster-autoscaler was given, and the autoscaler", id="off"),
        pytest.param(("-e", "--min-count", "1"), "without both bounds", id="one-bound"),
        pytest.param(("--max-count", "3"), "nothing says to switch it on", id="bound-alone"),
    ],
)
@pytest.mark.usefixtures("pool")
def test_what_makes_no_sense_for_this_pool_ends_with_2(
    azure: LocalAzure, arguments: tuple[str, ...], told: str
) -> None:
    result = nodepool(azure, "update", *arguments)

    assert (result.exit_code, writes(azure)) == (2, [])
    head, below = error_of(result)
    assert told in head
    assert "-cluster-autoscaler" in below


def test_a_pool_that_is_not_there_ends_with_3(azure: LocalAzure) -> None:
    result = nodepool(azure, "update", "--drain-timeout", "120", name="none")

    assert (result.exit_code, writes(azure)) == (3, [])
    assert "none" in error_of(result)[0]


@pytest.mark.usefixtures("pool")
@pytest.mark.parametrize("fault", ["garbage-pool", "forbidden-pool", "empty-pool"])
def test_a_pool_that_cannot_be_read_is_not_written(azure: LocalAzure, fault: str) -> None:
    azure.faults.inject(fault)
    result = nodepool(azure, "update", "--drain-timeout", "120")

    assert (result.exit_code, writes(azure)) == (1, [])
    head, below = error_of(result)
    assert head.startswith("Node pool 'gpu' could not be read: ")
    assert "--debug" in below


def test_a_pool_in_a_form_that_nobody_knows_is_not_written(azure: LocalAzure) -> None:
    put_our_pool(azure, nodeTaints=["what:is:this"])
    result = nodepool(azure, "update", "--drain-timeout", "120")

    assert (result.exit_code, writes(azure)) == (1, [])
    assert "what:is:this" in error_of(result)[0]


@pytest.mark.usefixtures("pool")
def test_an_update_that_made_less_is_an_error_that_says_what_differs(azure: LocalAzure) -> None:
    azure.faults.inject("labels-dropped")
    result = nodepool(azure, "update", "--labels", "team=audio")

    assert result.exit_code == 1
    head, below = _told(result.stderr)
    assert head == "Azure reported success, but node pool 'gpu' is not what was asked for."
    assert "nodeLabels: asked " in below
    assert "az aigpu nodepool delete" not in below


@pytest.mark.usefixtures("pool")
def test_headers_of_the_users_own_are_sent_along(azure: LocalAzure) -> None:
    nodepool(azure, "update", "--drain-timeout", "120", "--aks-custom-headers", "EnableThing=true")

    assert azure.recorded(method="PUT")[0].headers["enablething"] == "true"


def test_a_pool_of_a_cpu_size_is_never_called_good(azure: LocalAzure) -> None:
    put_our_pool(azure, vmSize=CPU, nodeLabels={"hardware": "gpu"})

    result = nodepool(azure, "update", "--drain-timeout", "120")

    assert result.data["aigpu"]["verdict"] == "FAIL"


def test_a_pool_that_is_no_gpu_pool_is_left_to_the_core(azure: LocalAzure) -> None:
    result = nodepool(azure, "update", "--drain-timeout", "60", name="system")

    assert result.exit_code == 1
    assert "is no GPU pool; nothing was changed" in result.stderr
    assert "az aks nodepool update" in result.stderr
    assert not writes(azure)


def test_under_the_autoscaler_the_nodes_there_are_do_not_contradict_new_bounds(azure: LocalAzure) -> None:
    put_our_pool(azure, count=4, enableAutoScaling=True, minCount=0, maxCount=5)

    result = nodepool(azure, "update", "-u", "--max-count", "2", "--dry-run")

    assert result.exit_code == 0, result.stderr
    assert result.data["properties"]["maxCount"] == 2
