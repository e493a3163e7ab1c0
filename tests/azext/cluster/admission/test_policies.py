"""What of the policies can be seen without an API server; tests/cluster judges what they do."""

from __future__ import annotations

import re
from typing import Any

import pytest

from azext_aigpu.cluster.admission import own_node_policy, reverse_policy
from azext_aigpu.cluster.admission.cel import quote, templates_at, tidy
from azext_aigpu.cluster.admission.reverse_rule import GpuPools
from azext_aigpu.cluster.admission.workload_kinds import POD, WORKLOADS

REVERSE = reverse_policy.build_policy(GpuPools("sku", frozenset({"gpua100"})))
OWN_NODE = own_node_policy.build_policy()
BOTH = [pytest.param(REVERSE, id="reverse"), pytest.param(OWN_NODE, id="own-node")]
NEWER_THAN_1_30 = ("format.", "semver(", "isSemver(", "sortBy(", "transformMap(", "transformList(", "fieldSelector(")
MOST_OF_A_MESSAGE = 5120


def expressions(policy: dict[str, Any]) -> list[str]:
    spec = policy["spec"]
    places = (*spec["variables"], *spec["validations"], *spec["matchConditions"])
    found = [one["expression"] for one in places]
    found += [one["messageExpression"] for one in spec["validations"] if "messageExpression" in one]
    return found + [one["valueExpression"] for one in spec.get("auditAnnotations", ())]


@pytest.mark.parametrize("policy", BOTH)
def test_nothing_is_used_that_kubernetes_1_30_has_not(policy: dict[str, Any]) -> None:
    assert not [name for name in NEWER_THAN_1_30 for text in expressions(policy) if name in text]


@pytest.mark.parametrize("policy", BOTH)
def test_an_error_of_an_expression_is_a_violation(policy: dict[str, Any]) -> None:
    assert policy["spec"]["failurePolicy"] == "Fail"


@pytest.mark.parametrize("policy", BOTH)
def test_every_violation_has_a_message_of_one_line(policy: dict[str, Any]) -> None:
    for one in policy["spec"]["validations"]:
        assert one["message"]
        assert "\n" not in one["message"]
        assert len(one["message"]) < MOST_OF_A_MESSAGE
        assert one["reason"] == "Forbidden"


@pytest.mark.parametrize("policy", BOTH)
def test_a_variable_is_defined_before_it_is_used(policy: dict[str, Any]) -> None:
    known: set[str] = set()
    for variable in policy["spec"]["variables"]:
        assert set(re.findall(r"variables\.(\w+)", variable["expression"])) <= known
        known.add(variable["name"])
    for text in expressions(policy):
        assert set(re.findall(r"variables\.(\w+)", text)) <= known


def test_pods_are_judged_when_they_are_made_and_workloads_also_when_they_change() -> None:
    operations = {
        resource: rule["operations"]
        for rule in REVERSE["spec"]["matchConstraints"]["resourceRules"]
        for resource in rule["resources"]
    }

    assert operations.pop("pods") == ["CREATE"]
    assert set(map(tuple, operations.values())) == {("CREATE", "UPDATE")}
    assert {kind.resource for kind in WORKLOADS} == set(operations)
    assert not {"daemonsets", "replicasets"} & set(operations)


def test_the_pools_and_the_taint_are_the_clusters_own() -> None:
    policy = reverse_policy.build_policy(GpuPools("gpu-only", frozenset({"poola"})))

    text = str(policy)
    assert '"poola"' in text
    assert '"gpu-only"' in text
    assert '== "sku"' not in text


def test_only_the_agent_is_held_to_its_node() -> None:
    (condition,) = OWN_NODE["spec"]["matchConditions"]

    assert condition["expression"] == 'request.userInfo.username == "system:serviceaccount:aigpu-system:aigpu-agent"'


class TestPlaces:
    @pytest.mark.parametrize(
        ("place", "expression"),
        [
            pytest.param("", "[optional.of(o)]", id="itself"),
            pytest.param("spec.template", "[o.?spec.?template]", id="path"),
            pytest.param("spec.tasks[].template", "o.?spec.?tasks.orValue([]).map(e, e.?template)", id="list"),
            pytest.param(
                "spec.replicas{}.template",
                "o.?spec.?replicas.orValue({}).map(k, o.?spec.?replicas[?k].?template)",
                id="map",
            ),
        ],
    )
    def test_a_place_becomes_an_expression(self, place: str, expression: str) -> None:
        assert templates_at("o", place) == expression

    @pytest.mark.parametrize("place", ["spec..template", "spec.a-b", "spec.tasks[0].template"])
    def test_what_is_no_place_is_not_taken(self, place: str) -> None:
        with pytest.raises(ValueError, match="is not a place"):
            templates_at("o", place)

    def test_every_kind_has_one(self) -> None:
        for kind in (POD, *WORKLOADS):
            assert all(templates_at("o", place) for place in kind.places)


def test_texts_are_quoted() -> None:
    assert quote('a"b\\c') == '"a\\"b\\\\c"'


def test_no_line_ends_with_a_blank() -> None:
    assert tidy("a, \n  b") == "a,\n  b"
    assert not [text for text in (*expressions(REVERSE), *expressions(OWN_NODE)) if re.search(r" \n", text)]
