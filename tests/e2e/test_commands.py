"""Every command once, as a user runs it: output forms, exit codes, and what comes between core's commands."""

from __future__ import annotations

import pytest

from testbeds.local_azure import LocalAzure
from tests.e2e.az import CLUSTER, CPU, T4, Az

pytestmark = pytest.mark.az

POOL = (*CLUSTER, "-n", "gpu")


def test_a_pool_lives_from_add_to_delete(azure: LocalAzure, az: Az) -> None:
    made = az.read(
        "aigpu", "nodepool", "add", *POOL, "--node-vm-size", T4, "--node-count", "1", "--tags", "cost-center=ml"
    )
    assert (made["provisioningState"], made["aigpu"]["verdict"]) == ("Succeeded", "PASS")

    listed = az.run("aigpu", "nodepool", "list", *CLUSTER, "-o", "table")
    header, _, row = listed.stdout.splitlines()
    assert (header.split()[0], header.split()[-1]) == ("Name", "Verdict")
    assert (row.split()[0], row.split()[-1]) == ("gpu", "PASS")

    changed = az.read("aigpu", "nodepool", "update", *POOL, "-e", "--min-count", "0", "--max-count", "2")
    assert (changed["enableAutoScaling"], changed["maxCount"]) == (True, 2)

    assert az.run("aigpu", "nodepool", "wait", *POOL, "--updated", "--interval", "1").returncode == 0
    assert az.read("aigpu", "nodepool", "show", *POOL, "--query", "aigpu.nodes") == "0..2, now 1"

    assert az.run("aigpu", "nodepool", "delete", *POOL, "--yes").returncode == 0
    assert azure.world.cluster().pools.keys() == {"system"}


def test_sizes_are_listed_and_shown(az: Az) -> None:
    rows = az.read("aigpu", "sku", "list", "--location", "eastus", "--gpu-model", "t4", "--query", "[].size")
    assert T4 in rows
    assert az.read("aigpu", "sku", "show", "--size", T4, "-l", "eastus")["quotaNodes"] == 16


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        pytest.param(
            ("nodepool", "add", *POOL, "--node-vm-size", CPU), 1, "was refused; nothing was sent", id="refused"
        ),
        pytest.param(("nodepool", "add", *POOL), 2, "No VM size was given", id="usage"),
        pytest.param(("nodepool", "add", *POOL, "--no-such-option"), 2, "--no-such-option", id="parser"),
        pytest.param(("nodepool", "show", *POOL), 3, "gpu", id="not-found"),
        pytest.param(("sku", "show", "--size", CPU), 3, "not in the catalogue", id="no-gpu-size"),
    ],
)
def test_the_exit_code_says_what_kind_of_error_it_was(az: Az, arguments: tuple[str, ...], code: int, told: str) -> None:
    done = az.run("aigpu", *arguments)

    assert done.returncode == code
    assert done.stdout == ""
    assert "ERROR: " in done.stderr
    assert told in done.stderr


def test_the_extension_is_found_again_after_commands_of_the_core(az: Az) -> None:
    """azure-cli keeps an index of commands; an extension that it puts there under a wrong name is lost."""
    ours = ("aigpu", "sku", "show", "--size", T4)
    core = ("aks", "nodepool", "list", *CLUSTER)
    for command in (core, ours, core, ours, ours):
        assert az.run(*command).returncode == 0, command


def test_core_and_extension_see_the_same_pool(az: Az) -> None:
    az.read("aigpu", "nodepool", "add", *POOL, "--node-vm-size", T4, "--node-count", "1")

    theirs = az.read("aks", "nodepool", "show", *POOL)
    ours = az.read("aigpu", "nodepool", "show", *POOL)
    assert {key: ours[key] for key in ("name", "vmSize", "nodeLabels", "tags")} == {
        key: theirs[key] for key in ("name", "vmSize", "nodeLabels", "tags")
    }
    assert "aigpu" in ours


def test_only_errors_are_shown_where_that_is_asked_for(az: Az) -> None:
    done = az.run("aigpu", "nodepool", "add", *POOL, "--node-vm-size", T4, "--dry-run", "--only-show-errors")

    assert (done.returncode, done.stderr) == (0, "")
