"""Plans and applies specs in the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from azext_aigpu.plan_file.document import compute_digest
from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import Result, run
from tests.azext.specs.given import as_text

AS_IT_IS: dict[str, Any] = {"labels": {"team": "vision"}, "tags": {"cost-center": "ml"}}
"""What a spec says of the pool that `put_our_pool` puts there, beside size and count."""


def plan(
    azure: LocalAzure,
    directory: Path,
    *documents: Any,
    options: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None,
) -> Result:
    """Run `nodepool plan` over documents; the plan file is `plan.json` in `directory`."""
    spec = directory / "pools.yaml"
    spec.write_text(as_text(*documents), encoding="utf-8")
    target = ("--plan-file", str(directory / "plan.json"))
    return run(azure, "aigpu", "nodepool", "plan", "--file", str(spec), *target, *options, env=env)


def planned(azure: LocalAzure, directory: Path, *documents: Any, options: tuple[str, ...] = ()) -> str:
    """Plan documents, which must succeed; return the digest."""
    result = plan(azure, directory, *documents, options=options)
    assert result.exit_code == 0, result.stderr
    return str(result.data["digest"])


def apply(azure: LocalAzure, directory: Path, digest: str, *options: str) -> Result:
    """Run `nodepool apply` of the plan in `directory`."""
    path = str(directory / "plan.json")
    return run(azure, "aigpu", "nodepool", "apply", "--plan-file", path, "--digest", digest, *options)


def edit(directory: Path, **values: Any) -> str:
    """Change the plan in `directory` as somebody would who knows the digest's form; return its new digest."""
    path = directory / "plan.json"
    data = {**json.loads(path.read_text("utf-8")), **values}
    data["digest"] = compute_digest(data)
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(data["digest"])


def outcomes(result: Result) -> dict[str, str]:
    """Return what became of each pool, by its name."""
    assert "Traceback" not in result.stderr
    return {row["name"]: row["outcome"] for row in result.data}


def step_of(directory: Path, **values: Any) -> list[dict[str, Any]]:
    """Return the one step of the plan in `directory`, with `values` in it."""
    (step,) = json.loads((directory / "plan.json").read_text("utf-8"))["steps"]
    return [{**step, **values}]
