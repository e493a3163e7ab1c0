"""Help is printed by the real az, and examples in it work as they stand."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
import yaml
from knack.help_files import helps

import azext_aigpu._help  # noqa: F401  importing it is what fills `helps`
from testbeds.local_azure import LocalAzure
from tests.e2e.az import T4, Az

pytestmark = pytest.mark.az

OURS: dict[str, dict[str, Any]] = {
    name: yaml.safe_load(text) for name, text in helps.items() if name.split()[0] == "aigpu"
}


PLAIN = ("add", "delete", "list", "show", "update", "wait")
"""Commands of `nodepool` and `sku` whose examples need nothing but a login.

Those that need files, a cluster or a plan are run, with all of these again, in tests/azext/core/test_help_examples.py.
"""

EXAMPLES = [
    pytest.param(example["text"], id=f"{name.removeprefix('aigpu ')}-{number}")
    for name, told in OURS.items()
    if name.split()[1:2] in (["nodepool"], ["sku"]) and name.split()[-1] in PLAIN
    for number, example in enumerate(told.get("examples", ()))
]
SHOWN = [name for name, told in OURS.items() if told["type"] == "group" or len(name.split()) == 2]
"""Groups, and commands that stand in none; a whole az for each command would take minutes."""


def test_there_is_help_to_try() -> None:
    assert len(OURS) >= 11
    assert len(EXAMPLES) >= 20


@pytest.mark.parametrize("name", SHOWN)
def test_the_help_of_a_command_is_printed(az: Az, name: str) -> None:
    done = az.run(*name.split(), "--help")

    assert done.returncode == 0, done.stderr
    assert OURS[name]["short-summary"].rstrip(".") in " ".join(done.stdout.split())
    assert "ERROR" not in done.stderr


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_works_as_it_stands(azure: LocalAzure, az: Az, text: str) -> None:
    azure.world.operation_seconds = 0.05
    labels = {"hardware": "gpu", "gpu-type": "nvidia", "workload": "ai", "aigpu.io/sku": T4, "aigpu.io/gpu-count": "1"}
    azure.world.add_pool("gpu", vmSize=T4, count=1, nodeLabels=labels, nodeTaints=["sku=gpu:NoSchedule"])
    program, *arguments = shlex.split(text)
    assert program == "az"

    done = az.run(*arguments)

    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr
