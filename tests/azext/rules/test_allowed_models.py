"""The setting allowed_models holds the GPU model, and an unknown model is not an allowed one."""

from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.rules import allowed_models
from tests.azext.rules.given import A100, CPU, MADE_UP, a_spec, told

CASES: dict[str, tuple[tuple[str, ...] | None, dict[str, Any], list[str]]] = {
    "no setting": (None, {}, []),
    "allowed by name": (("t4", "a100-80gb"), {}, []),
    "allowed by the start of a name": (("A100",), {}, []),
    "not allowed": (("t4",), {}, ["FAIL ModelNotAllowed"]),
    "an empty setting allows nothing": ((), {}, ["FAIL ModelNotAllowed"]),
    "model undocumented": (("t4",), {"node_vm_size": "Standard_NV6s_v2"}, ["UNKNOWN GpuModelUndocumented"]),
    "model undocumented, said and allowed": (("m60",), {"node_vm_size": "Standard_NV6s_v2", "gpu_model": "M60"}, []),
    "a new size of an allowed model": (("h200",), {"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 8}, []),
    "a new size of another model": (
        ("t4",),
        {"node_vm_size": MADE_UP, "gpu_model": "h200", "gpu_count": 8},
        ["FAIL ModelNotAllowed"],
    ),
    "words do not stand against the catalogue": (
        ("t4",),
        {"node_vm_size": A100, "gpu_model": "t4"},
        ["FAIL ModelNotAllowed"],
    ),
    "a CPU size is refused elsewhere": (("t4",), {"node_vm_size": CPU}, ["SKIPPED SizeRefused"]),
}


@pytest.mark.parametrize(("allowed", "fields", "findings"), CASES.values(), ids=CASES.keys())
def test_allowed_models(allowed: tuple[str, ...] | None, fields: dict[str, Any], findings: list[str]) -> None:
    spec = a_spec(limits={"allowed_models": allowed}, **fields)
    assert told(allowed_models, allowed_models.review(spec)) == findings
