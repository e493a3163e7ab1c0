"""Holds what is really sent against the bodies in `tests/golden`: no option is lost, and nothing is added unseen.

Each file there holds a command, the pool that an update finds, and the `properties` that reach Azure. After a wanted
change run the tests once with AIGPU_WRITE_GOLDEN=1 and read the difference.
"""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

import pytest

from azext_aigpu import body
from azext_aigpu.spec import wire_fields
from testbeds.local_azure import LocalAzure
from testbeds.local_azure.world import Reservation
from tests.azext.core.harness import run
from tests.azext.handlers.commands import T4, sent

pytestmark = pytest.mark.core

GOLDEN = Path(__file__).parents[2] / "golden"
FILES = sorted(GOLDEN.glob("*.json"))
WRITE = "AIGPU_WRITE_GOLDEN"
POOL = ("-g", "rg-train", "--cluster-name", "aks-train", "-n", "gpu")


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_sent_is_what_the_file_says(azure: LocalAzure, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    golden = read(path)
    azure.world.subscription.reservations["held"] = [Reservation(T4, 4)]
    if "before" in golden:
        azure.world.add_pool("gpu", **golden["before"])
    # The files that options name lie beside.
    monkeypatch.chdir(GOLDEN)

    verb, *options = golden["command"]
    result = run(azure, "aigpu", *verb.split(), *POOL, *shlex.split(" ".join(options)))

    assert result.exit_code == 0, result.stderr
    if os.environ.get(WRITE):
        path.write_text(json.dumps({**golden, "body": sent(azure)}, indent=2) + "\n", "utf-8")
    assert sent(azure) == read(path)["body"]


@pytest.mark.parametrize(("field", "wire"), wire_fields(), ids=[field for field, _ in wire_fields()])
def test_every_field_of_a_pool_is_in_some_body(field: str, wire: str) -> None:
    bodies = [read(path)["body"] for path in FILES if path.stem.startswith("add-")]

    assert any(body.get(properties, wire) not in (None, [], {}) for properties in bodies), field


def test_there_are_bodies_to_compare() -> None:
    assert len(FILES) >= 20
