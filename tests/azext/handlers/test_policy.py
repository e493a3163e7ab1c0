"""`az aigpu policy` show, create, list and delete, and what the local Azure then refuses."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.policy.definitions import NAMES
from testbeds.local_azure import LocalAzure
from testbeds.local_azure.world import SUBSCRIPTION_ID, Machine, Subscription
from tests.azext.core.harness import Result, run, run_offline
from tests.azext.handlers.commands import A100, CPU, T4, error_of, nodepool, put_our_pool

pytestmark = pytest.mark.core

V100 = "Standard_NC6s_v3"
SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"


def policy(azure: LocalAzure, verb: str, *arguments: str) -> Result:
    return run(azure, "aigpu", "policy", verb, *arguments)


def actions(result: Result) -> dict[str, set[str]]:
    """Return what was done to definitions and to assignments."""
    assert result.exit_code == 0, result.stderr
    done: dict[str, set[str]] = {}
    for row in result.data:
        done.setdefault(row["kind"], set()).add(row["action"])
    return done


def puts(azure: LocalAzure) -> list[str]:
    return [request.path.rpartition("/")[2] for request in azure.recorded(method="PUT")]


def add_machine(azure: LocalAzure, name: str, size: str, **tags: str) -> None:
    body = {"location": "eastus", "tags": tags, "properties": {"hardwareProfile": {"vmSize": size}}}
    azure.world.subscription.machines.append(Machine(name, "rg-train", body))


def put_pool_by_core(azure: LocalAzure, size: str, name: str = "gpu") -> Result:
    """Make a pool with `az aks`, which knows nothing of our rules."""
    where = ("-g", "rg-train", "--cluster-name", "aks-train", "-n", name)
    return run(azure, "aks", "nodepool", "add", *where, "-s", size, "-c", "1")


class TestShow:
    def test_nobody_has_to_be_signed_in(self) -> None:
        result = run_offline("aigpu", "policy", "show")

        assert result.exit_code == 0, result.stderr
        assert tuple(row["name"] for row in result.data) == NAMES
        assert A100 in result.data[0]["parameters"]["allowedSizes"]["defaultValue"]

    def test_one_by_name(self) -> None:
        assert [row["name"] for row in run_offline("aigpu", "policy", "show", "-n", NAMES[1]).data] == [NAMES[1]]


class TestCreate:
    def test_everything_is_written_once_and_then_nothing(self, azure: LocalAzure) -> None:
        first = policy(azure, "create", "--required-tags", "cost-center", "owner")
        assert actions(first) == {"definition": {"create"}, "assignment": {"create"}}
        assert {row["effect"] for row in first.data if row["kind"] == "assignment"} == {"Audit"}
        assert len(puts(azure)) == len(NAMES) + 5

        again = policy(azure, "create", "--required-tags", "cost-center", "owner")
        assert actions(again) == {"definition": {"unchanged"}, "assignment": {"unchanged"}}
        assert len(puts(azure)) == len(NAMES) + 5

    def test_a_catalogue_that_grew_writes_the_definitions_with_lists_alone(self, azure: LocalAzure) -> None:
        policy(azure, "create")
        for one in azure.world.policies.definitions.values():
            if "allowedSizes" in one["properties"]["parameters"]:
                one["properties"]["parameters"]["allowedSizes"]["defaultValue"] = [T4]
        before = len(puts(azure))

        result = policy(azure, "create")

        changed = [row["name"] for row in result.data if row["action"] == "update"]
        assert changed == ["aigpu-aks-pool-sizes", "aigpu-machine-sizes"]
        assert puts(azure)[before:] == changed

    def test_an_effect_that_changes_writes_the_assignments_alone(self, azure: LocalAzure) -> None:
        policy(azure, "create")

        result = policy(azure, "create", "--effect", "Disabled")

        assert actions(result) == {"definition": {"unchanged"}, "assignment": {"update"}}

    def test_settings_stand_in_for_options(self, azure: LocalAzure) -> None:
        env = {"AZURE_AIGPU_REQUIRED_TAGS": "owner", "AZURE_AIGPU_ALLOWED_MODELS": "t4"}
        result = run(azure, "aigpu", "policy", "create", "--dry-run", env=env)

        rows = {
            row["name"]: row["properties"].get("parameters", {}) for row in result.data if row["kind"] == "assignment"
        }
        assert rows["aigpu-tag-owner"]["tagName"]["value"] == "owner"
        assert all("T4" in size for size in rows["aigpu-machine-sizes"]["allowedSizes"]["value"])
        assert puts(azure) == []

    def test_a_tag_that_is_not_asked_for_any_more_stays_and_is_told(self, azure: LocalAzure) -> None:
        policy(azure, "create", "--required-tags", "owner")

        result = policy(azure, "create")

        assert [row["name"] for row in result.data if row["action"] == "kept"] == ["aigpu-tag-owner"]
        assert "aigpu-tag-owner is there from before" in result.stderr

    def test_at_a_resource_group_the_definitions_live_at_the_subscription(self, azure: LocalAzure) -> None:
        policy(azure, "create", "-g", "rg-train")

        assert all(key.startswith(SUBSCRIPTION.lower() + "/providers") for key in azure.world.policies.definitions)
        assert all("/resourcegroups/rg-train/" in key for key in azure.world.policies.assignments)

    def test_at_a_management_group_everything_is_there(self, azure: LocalAzure) -> None:
        azure.world.management_groups["ml"] = (SUBSCRIPTION_ID,)
        tag = "a-tag-with-quite-a-long-name"

        result = policy(
            azure, "create", "--management-group", "ml", "--required-tags", tag, "--effect", "Deny", "--yes"
        )

        assert result.exit_code == 0, result.stderr
        assert all(key.startswith("/providers/microsoft.management/") for key in azure.world.policies.assignments)
        assert put_pool_by_core(azure, "Standard_ND96isr_MI300X_v5").exit_code == 1

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            pytest.param(("-g", "rg-train", "--management-group", "ml"), "both given", id="two-scopes"),
            pytest.param(("--allowed-sizes", CPU), "not a GPU size", id="cpu-size"),
            pytest.param(
                ("--allowed-sizes", "Standard_NC24ads_A100_v5"), "Did you mean Standard_NC24ads_A100_v4", id="typo"
            ),
            pytest.param(("--allowed-models", "a100", "h101"), "Did you mean h100", id="model"),
            pytest.param(("--allowed-models", ","), "it names nothing", id="no-model"),
            pytest.param(("--gpu-pool-names", "*gpu*"), "at most one *", id="two-stars"),
            pytest.param(("--required-tags", "a/b"), "not a name of a tag", id="tag"),
        ],
    )
    def test_what_is_not_understood_is_bad_usage(
        self, azure: LocalAzure, arguments: tuple[str, ...], told: str
    ) -> None:
        result = policy(azure, "create", *arguments)

        assert result.exit_code == 2
        assert told in " ".join(error_of(result))
        assert azure.requests == []

    @pytest.mark.parametrize(
        "action", ["policyDefinitions/read", "policyAssignments/read", "policyDefinitions/write"], ids=str
    )
    def test_without_the_right_it_ends_with_1_and_names_it(self, azure: LocalAzure, action: str) -> None:
        azure.world.granted = [
            f"Microsoft.Authorization/policy{kind}/{verb}"
            for kind in ("Definitions", "Assignments")
            for verb in ("read", "write")
        ]
        azure.world.granted.remove(f"Microsoft.Authorization/{action}")

        result = policy(azure, "create")

        assert result.exit_code == 1
        assert f"Microsoft.Authorization/{action}" in result.stderr
        assert azure.world.policies.assignments == {}

    def test_a_second_command_that_weakens_the_first_says_so(self, azure: LocalAzure) -> None:
        policy(azure, "create", "--effect", "Deny", "--gpu-pool-names", "gpu*", "--yes")

        result = policy(azure, "create")

        assert "Assignment aigpu-machine-sizes changes effect: Deny -> Audit." in result.stderr
        assert "Assignment aigpu-aks-pool-sizes changes gpuPoolNames: gpu* -> the default." in result.stderr


class TestDeny:
    def test_what_it_would_break_is_listed_and_nobody_there_means_no(self, azure: LocalAzure) -> None:
        put_our_pool(azure, "old", vmSize=V100)
        add_machine(azure, "untagged", A100)
        add_machine(azure, "fine", A100, owner="ml")

        result = policy(azure, "create", "--effect", "Deny", "--required-tags", "owner")

        assert result.exit_code == 1
        assert puts(azure) == []
        assert "Add --yes" in result.stderr
        broken = [line for line in result.stderr.splitlines() if line.startswith("  ")]
        assert sum("/agentPools/old" in line for line in broken) == 1
        assert any("aks-old-16160000-vmss" in line and "of an AKS node pool" in line for line in broken)
        assert any("untagged" in line and "lacks the tag owner" in line for line in broken)
        assert not any("/fine" in line for line in broken)

    def test_inside_a_resource_group_only_its_own_counts(self, azure: LocalAzure) -> None:
        put_our_pool(azure, "old", vmSize=V100)

        result = policy(azure, "create", "-g", "rg-train", "--effect", "Deny", "--dry-run")

        assert result.exit_code == 0
        assert "/agentPools/old" in result.stderr
        assert "vmss" not in result.stderr
        assert "1 of 5 existing" in result.stderr

    @pytest.mark.parametrize(
        "fault", ["forbidden-resource-graph", "empty-resource-graph", "garbage-resource-graph"], ids=str
    )
    def test_where_nobody_can_tell_nothing_is_denied(self, azure: LocalAzure, fault: str) -> None:
        azure.faults.inject(fault)

        result = policy(azure, "create", "--effect", "Deny", "--yes")

        assert result.exit_code == 5
        assert "not known what a Deny would break" in error_of(result)[0]
        assert puts(azure) == []

    def test_a_subscription_of_the_management_group_that_is_hidden_stops_it(self, azure: LocalAzure) -> None:
        azure.world.subscriptions.append(Subscription("hidden-one", "theirs"))
        azure.world.management_groups["ml"] = (SUBSCRIPTION_ID, "hidden-one")
        azure.world.hidden.add("hidden-one")

        result = policy(azure, "create", "--management-group", "ml", "--effect", "Deny", "--yes")

        assert result.exit_code == 5
        assert "hidden-one" in result.stderr

    def test_an_audit_does_not_ask_resource_graph(self, azure: LocalAzure) -> None:
        assert policy(azure, "create").exit_code == 0
        assert azure.recorded(route="resource-graph") == []


class TestEnforced:
    @pytest.fixture(autouse=True)
    def denied(self, azure: LocalAzure) -> None:
        made = policy(
            azure, "create", "--effect", "Deny", "--gpu-pool-names", "gpu*", "--required-tags", "owner", "--yes"
        )
        assert made.exit_code == 0, made.stderr

    @pytest.mark.parametrize(
        ("size", "name"),
        [
            pytest.param("Standard_ND96isr_MI300X_v5", "amd", id="amd"),
            pytest.param(V100, "old", id="founding-retired"),
            pytest.param(CPU, "gpupool", id="founding-typo"),
        ],
    )
    def test_a_pool_made_around_the_tool_is_refused(self, azure: LocalAzure, size: str, name: str) -> None:
        result = put_pool_by_core(azure, size, name)

        assert result.exit_code == 1
        assert "RequestDisallowedByPolicy" in result.stderr
        assert name not in azure.world.cluster().pools

    @pytest.mark.parametrize(("size", "name"), [(T4, "gpupool"), (CPU, "web")], ids=["gpu", "cpu-with-another-name"])
    def test_what_fits_is_made(self, azure: LocalAzure, size: str, name: str) -> None:
        assert put_pool_by_core(azure, size, name).exit_code == 0

    def test_our_own_add_tells_what_the_policy_says(self, azure: LocalAzure) -> None:
        other = policy(azure, "create", "--effect", "Deny", "--allowed-sizes", A100, "--yes")
        assert other.exit_code == 0, other.stderr

        result = nodepool(azure, "add", "--node-vm-size", T4, "--node-count", "1")

        assert result.exit_code == 1
        assert "This node pool may not have this VM size" in result.stderr

    @pytest.mark.parametrize(
        ("size", "tags", "status"),
        [
            pytest.param(A100, {"owner": "ml"}, 201, id="allowed"),
            pytest.param(A100, {}, 403, id="tag"),
            pytest.param(V100, {"owner": "ml"}, 403, id="retired"),
            pytest.param(CPU, {}, 201, id="cpu"),
        ],
    )
    def test_a_machine_is_refused_by_size_and_tag(
        self, azure: LocalAzure, size: str, tags: dict[str, str], status: int
    ) -> None:
        from testbeds.local_azure.exchange import Request

        linux = {"disablePasswordAuthentication": True}
        properties = {"hardwareProfile": {"vmSize": size}, "osProfile": {"linuxConfiguration": linux}}
        body = {"location": "southcentralus", "tags": tags, "properties": properties}
        path = f"{SUBSCRIPTION}/resourceGroups/rg-train/providers/Microsoft.Compute/virtualMachines/vm"

        reply = azure.answer(Request("PUT", path, {"api-version": "2024-11-01"}, {"authorization": "Bearer x"}, body))

        assert reply is not None
        assert reply.status == status, reply.chunks

    def test_disabled_refuses_nothing(self, azure: LocalAzure) -> None:
        assert policy(azure, "create", "--effect", "Disabled").exit_code == 0
        assert put_pool_by_core(azure, CPU, "gpupool").exit_code == 0


class TestListAndDelete:
    def test_states_are_told(self, azure: LocalAzure) -> None:
        missing = policy(azure, "list")
        assert [row["state"] for row in missing.data] == ["missing"] * len(NAMES)
        policy(azure, "create")
        first = next(iter(azure.world.policies.definitions.values()))
        first["properties"]["displayName"] = "old"

        rows: list[dict[str, Any]] = policy(azure, "list").data

        assert [row["state"] for row in rows] == ["out of date", "current", "current", "current", *["assigned"] * 3]
        assert {row["effect"] for row in rows if row["kind"] == "assignment"} == {"Audit"}

    def test_where_there_is_nothing_to_delete_it_says_so(self, azure: LocalAzure) -> None:
        result = policy(azure, "delete", "--yes")

        assert (result.exit_code, result.data) == (0, [])
        assert "nothing was deleted" in result.stderr

    def test_an_assignment_of_somebody_else_is_neither_listed_nor_deleted(self, azure: LocalAzure) -> None:
        policy(azure, "create")
        theirs = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/policyAssignments/theirs"
        azure.world.policies.assignments[theirs.lower()] = {
            "id": theirs, "name": "theirs", "properties": {"policyDefinitionId": "/providers/x/policyDefinitions/other"}
        }  # fmt: skip

        assert "theirs" not in {row["name"] for row in policy(azure, "list").data}
        assert policy(azure, "delete", "--yes").exit_code == 0
        assert [one["name"] for one in azure.world.policies.assignments.values()] == ["theirs"]
        assert azure.world.policies.definitions == {}

    def test_a_definition_that_is_used_elsewhere_is_kept(self, azure: LocalAzure) -> None:
        policy(azure, "create")
        policy(azure, "create", "-g", "rg-train")

        result = policy(azure, "delete", "--yes")

        kept = [row for row in result.data if row["action"] == "kept"]
        assert len(kept) == 3
        assert all("rg-train" in row["why"] for row in kept)
        assert len(azure.world.policies.assignments) == 3

    def test_without_yes_and_anybody_to_ask_nothing_is_deleted(self, azure: LocalAzure) -> None:
        policy(azure, "create")

        assert policy(azure, "delete").exit_code != 0
        assert len(azure.world.policies.definitions) == len(NAMES)
