"""What `nodepool export --format terraform` writes is planned by Terraform itself, with a stand-in for the provider.

Needs terraform on PATH and the package tf (pip install tf). The stand-in knows a part of azurerm's attributes, so the
pools with blocks that it does not know are left out; the block `import` is too, because nothing is there to import.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from azext_aigpu.export.hcl import render_blocks
from azext_aigpu.export.terraform import build_resource
from azext_aigpu.foreign.pool_fields import canonical, typed
from azext_aigpu.foreign.resources import ForeignPool
from azext_aigpu.foreign.terraform import read_terraform_plan
from testbeds.terraform_providers import plans
from tests.azext.export.documents import BODIES, exported

pytestmark = pytest.mark.skipif(
    shutil.which("terraform") is None or importlib.util.find_spec("tf") is None,
    reason="needs terraform on PATH and the package tf: pip install tf",
)

KNOWN = ("add-autoscaler", "add-fixed-size", "add-gpu", "add-mig", "add-placement", "add-scheduling", "add-spot")
PROVIDER = """\
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "4.50.0"
    }
  }
}

provider "azurerm" {
  features {}
}

"""


@pytest.mark.parametrize("name", KNOWN)
def test_terraform_plans_the_same_pool(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export = exported(BODIES[name])
    configurations = tmp_path / "configurations"
    (configurations / name).mkdir(parents=True)
    (configurations / name / "main.tf").write_text(PROVIDER + render_blocks([build_resource(export)]), "utf-8")
    monkeypatch.setattr(plans, "GOLDEN", configurations)

    plan = read_terraform_plan(plans.make_plan(name, tmp_path / "work"), "plan.json")

    (pool,) = plan.items
    assert isinstance(pool, ForeignPool)
    same, _ = typed(canonical(export.properties))
    same.pop("networkProfile", None)
    # Terraform has no order in a set.
    assert {**pool.properties, "availabilityZones": None} == {**same, "availabilityZones": None}
    assert sorted(pool.properties.get("availabilityZones") or ()) == sorted(same.get("availabilityZones") or ())
