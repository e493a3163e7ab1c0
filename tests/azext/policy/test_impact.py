"""What a Deny would break: the same answer as the definitions themselves give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract import skus
from azext_aigpu.policy.assignments import Wanted, build_assignments
from azext_aigpu.policy.impact import NODE_POOL, SCALE_SET, VIRTUAL_MACHINE, Existing, find_broken
from testbeds.local_azure.policy_language import Resource, evaluate
from tests.azext.policy.evaluator import DEFINITIONS, TODAY, machine, pool, scale_set

A100 = "Standard_NC24ads_A100_v4"
SIZES = [*(sku.size for sku in skus.all_skus()), "Standard_D16s_v5", "Standard_NC999_B999_v9", "standard_nc6s_V3", ""]
NAMES = st.sampled_from(["cost-center", "Cost-Center", "owner"])
TAGS = st.dictionaries(NAMES, st.sampled_from(["", "ml"]), max_size=2)


def request_of(one: Existing) -> Resource:
    if one.kind == NODE_POOL:
        return pool(one.size, one.name)
    return machine(one.size, one.tags) if one.kind == VIRTUAL_MACHINE else scale_set(one.size, one.tags)


def denied_by(one: Existing, wanted: Wanted) -> set[str]:
    """Return the definitions that deny a resource, by the evaluator of the policy language."""
    found = set()
    for assignment in build_assignments(wanted):
        parameters = {name: {"value": value} for name, value in assignment.parameters.items()}
        definition = DEFINITIONS[assignment.definition].properties()
        if evaluate(definition, parameters, request_of(one)) == "Deny":
            found.add(assignment.definition)
    return found


def without_twins(tags: dict[str, str]) -> dict[str, str]:
    """Return the tags with one of a name, as Azure keeps them, whatever the case."""
    return {key: value for key, value in tags.items() if key == key.lower() or key.lower() not in tags}


@given(
    kind=st.sampled_from([NODE_POOL, VIRTUAL_MACHINE, SCALE_SET]),
    size=st.sampled_from(SIZES),
    name=st.sampled_from(["gpu", "gputrain", "web", "GPU2"]),
    tags=TAGS,
    allowed=st.none() | st.lists(st.sampled_from(SIZES[:-1]), max_size=5).map(tuple),
    required=st.lists(st.sampled_from(["cost-center", "owner"]), unique=True).map(tuple),
    names=st.sampled_from([(), ("gpu*",), ("web", "gputrain")]),
)
def test_it_is_what_the_definitions_deny(
    kind: str,
    size: str,
    name: str,
    tags: dict[str, str],
    allowed: tuple[str, ...] | None,
    required: tuple[str, ...],
    names: tuple[str, ...],
) -> None:
    one = Existing(kind, f"/{name}", name, size, without_twins(tags))
    wanted = Wanted("Deny", allowed, required, names)

    assert {broken.definition for broken in find_broken([one], wanted, TODAY)} == denied_by(one, wanted)


@pytest.mark.parametrize(
    ("existing", "told"),
    [
        pytest.param(Existing(NODE_POOL, "/p", "gpu", "Standard_NC6s_v3"), "not among the allowed", id="pool"),
        pytest.param(Existing(NODE_POOL, "/p", "gpu", "Standard_D16s_v5"), "kept for GPU pools", id="founding-typo"),
        pytest.param(Existing(VIRTUAL_MACHINE, "/v", "vm", A100), "lacks the tag owner", id="tag"),
        pytest.param(Existing(SCALE_SET, "/s", "s", A100, managed_by_aks=True), "of an AKS node pool", id="aks"),
    ],
)
def test_a_line_says_what_and_why(existing: Existing, told: str) -> None:
    wanted = Wanted("Deny", None, ("owner",), ("gpu*",))

    assert any(told in broken.line() for broken in find_broken([existing], wanted, TODAY))


def test_nothing_is_broken_where_everything_fits() -> None:
    fine = [Existing(NODE_POOL, "/p", "gpu", A100), Existing(VIRTUAL_MACHINE, "/v", "vm", A100, {"owner": "ml"})]

    assert find_broken(fine, Wanted("Deny", None, ("owner",), ("gpu*",)), TODAY) == ()
