"""The pool keeps the taint that holds other pods off, and gets none that nobody could remove."""

from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract import labels
from aigpu_contract.labels import parse_taint
from azext_aigpu.rules import contract_taint
from tests.azext.rules.given import a_spec, told

CONTRADICTED = ["FAIL ContractTaintContradicted"]
RESERVED = ["FAIL TaintReserved"]
SPOT = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule"
CASES: dict[str, tuple[list[str], dict[str, Any], list[str]]] = {
    "none": ([], {}, []),
    "the contract's own": (["sku=gpu:NoSchedule"], {}, []),
    "the contract's own, twice": (["sku=gpu:NoSchedule", "sku=gpu:NoSchedule"], {}, []),
    "one of the user's": (["team=vision:NoSchedule"], {}, []),
    "NVIDIA's": (["nvidia.com/gpu=present:NoSchedule"], {}, []),
    "another value": (["sku=cpu:NoSchedule"], {}, CONTRADICTED),
    "another effect": (["sku=gpu:NoExecute"], {}, CONTRADICTED),
    "another contract taint, and the usual one": (
        ["sku=gpu:NoSchedule"],
        {"limits": {"taint": parse_taint("nvidia.com/gpu=present:NoSchedule")}},
        [],
    ),
    "another contract taint, contradicted": (
        ["nvidia.com/gpu=true:NoSchedule"],
        {"limits": {"taint": parse_taint("nvidia.com/gpu=present:NoSchedule")}},
        CONTRADICTED,
    ),
    "a contract taint that only prefers": (
        [],
        {"limits": {"taint": parse_taint("sku=gpu:PreferNoSchedule")}},
        ["FAIL TaintTooWeak"],
    ),
    "the agent's startup taint": ([labels.STARTUP_TAINT_KEY + "=true:NoSchedule"], {}, ["FAIL AgentTaintByHand"]),
    "the agent's status taint": ([labels.STATUS_TAINT_KEY + "=true:NoSchedule"], {}, ["FAIL AgentTaintByHand"]),
    "AKS's namespace": (["kubernetes.azure.com/x=y:NoSchedule"], {}, RESERVED),
    "Kubernetes' namespace": (["kubernetes.io/x=y:NoSchedule"], {}, RESERVED),
    "a contract taint in a reserved namespace": (
        [],
        {"limits": {"taint": parse_taint("kubernetes.azure.com/gpu=yes:NoSchedule")}},
        RESERVED,
    ),
    "AKS's own taint on a spot pool": ([SPOT], {"priority": "Spot"}, []),
    "AKS's spot taint on another pool": ([SPOT], {}, RESERVED),
    "one key and effect twice": (["a=b:NoSchedule", "a=c:NoSchedule"], {}, ["FAIL TaintRepeated"]),
    "one key with two effects": (["a=b:NoSchedule", "a=b:NoExecute"], {}, ["WARN TaintKeyRepeated"]),
    "mode System": ([], {"mode": "System"}, ["FAIL ModeNotUser"]),
    "mode Gateway": ([], {"mode": "Gateway"}, ["FAIL ModeNotUser"]),
    "mode User in another case": ([], {"mode": "user"}, []),
}


@pytest.mark.parametrize(("taints", "fields", "findings"), CASES.values(), ids=CASES.keys())
def test_contract_taint(taints: list[str], fields: dict[str, Any], findings: list[str]) -> None:
    spec = a_spec(node_taints=tuple(parse_taint(text) for text in taints), **fields)
    assert told(contract_taint, contract_taint.review(spec)) == findings


def test_the_taint_that_jobs_tolerate_is_named() -> None:
    (finding,) = contract_taint.review(a_spec(node_taints=(parse_taint("sku=cpu:NoSchedule"),)))
    assert (finding.seen, finding.wanted) == ("sku=cpu:NoSchedule", "sku=gpu:NoSchedule, which the pool gets by itself")
