"""The golden plans are what Terraform itself makes of their configurations, with stand-ins for the providers.

Needs terraform on PATH and the package tf (pip install tf); `python -m testbeds.terraform_providers.plans` writes the
plans anew.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pytest

from azext_aigpu.foreign.terraform import read_terraform_plan
from testbeds.terraform_providers.plans import CONFIGURATIONS, make_plan
from tests.azext.foreign.documents import golden

pytestmark = pytest.mark.skipif(
    shutil.which("terraform") is None or importlib.util.find_spec("tf") is None,
    reason="needs terraform on PATH and the package tf: pip install tf",
)


def lasting(plan: dict[str, Any]) -> dict[str, Any]:
    """Return what of a plan is the same in every run and every version of Terraform."""
    return {key: plan[key] for key in ("resource_changes", "configuration")}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_terraform_makes_the_golden_plan(name: str, tmp_path: Path) -> None:
    plan = make_plan(name, tmp_path)

    assert lasting(plan) == lasting(golden(f"terraform/{name}.json"))
    assert read_terraform_plan(plan, "plan.json") == read_terraform_plan(golden(f"terraform/{name}.json"), "plan.json")
