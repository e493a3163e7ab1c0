"""The pages on capacity, policy and one machine: their commands run as they stand, and their roles are enough."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from azext_aigpu.policy import definitions
from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import Result, run
from tests.docs.pages import ROOT, read_steps

pytestmark = pytest.mark.core

DOCS = ROOT / "docs"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfalse somebody\n"
CAPACITY, POLICY, MACHINE = "find-capacity.md", "govern-a-subscription.md", "one-gpu-vm.md"


def page(name: str) -> str:
    return (DOCS / "how-to" / name).read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with what the pages' commands read."""
    (tmp_path / "id_ed25519.pub").write_text(KEY, "utf-8")
    monkeypatch.chdir(tmp_path)


def follow(azure: LocalAzure, name: str) -> Iterator[Result]:
    for step in read_steps(DOCS / "how-to" / name):
        program, *words = shlex.split(step.command)
        assert program == "az"
        yield run(azure, *words)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("name", "count"), [(CAPACITY, 3), (POLICY, 7), (MACHINE, 2)])
def test_every_step_of_a_page_runs_as_it_stands(azure: LocalAzure, name: str, count: int) -> None:
    results = list(follow(azure, name))

    assert len(results) == count
    assert [result.exit_code for result in results] == [0] * count, [result.stderr for result in results]
    assert all(result.stdout.strip() for result in results)


@pytest.mark.usefixtures("folder")
def test_following_the_policy_page_leaves_nothing_behind(azure: LocalAzure) -> None:
    *_, last = follow(azure, POLICY)

    assert "deleted" in last.stdout
    assert (azure.world.policies.definitions, azure.world.policies.assignments) == ({}, {})


@pytest.mark.usefixtures("folder")
def test_the_machine_page_ends_with_the_proof_that_it_shows(azure: LocalAzure) -> None:
    *_, made = follow(azure, MACHINE)

    assert made.data["aigpu"]["proveWith"] in page(MACHINE)


def test_the_policy_page_tells_of_every_definition_and_alias() -> None:
    text = page(POLICY)

    for name in definitions.NAMES:
        assert f"`{name}`" in text
    for alias in (definitions.POOL_SIZE, definitions.MACHINE_SIZE, definitions.SCALE_SET_SIZE):
        assert f"`{alias}`" in text
    assert "agentPoolProfiles[*].vmSize" in text


def role(name: str) -> set[str]:
    text = (DOCS / "reference" / "permissions.md").read_text(encoding="utf-8")
    roles = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    return set(next(one["Actions"] for one in roles if one["Name"] == name))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "roles"), [(POLICY, "GPU policy author"), (MACHINE, "GPU machine creator")], ids=["policy", "machine"]
)
def test_the_role_is_enough_for_the_page(azure: LocalAzure, name: str, roles: str) -> None:
    azure.world.granted = role(roles)

    results = list(follow(azure, name))

    assert [result.exit_code for result in results] == [0] * len(results), [result.stderr for result in results]
    assert not [request.path for request in azure.requests if request.status == 403]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "action",
    [
        "Microsoft.Resources/deployments/validate/action",
        "Microsoft.Resources/deployments/write",
        "Microsoft.Resources/subscriptions/resourceGroups/read",
        "Microsoft.Compute/virtualMachines/read",
    ],
)
def test_without_a_right_no_machine_is_made(azure: LocalAzure, action: str) -> None:
    azure.world.granted = role("GPU machine creator") - {action}

    *_, made = follow(azure, MACHINE)

    assert made.exit_code == 1
    assert action in made.stderr
    assert azure.world.subscription.machines == []
