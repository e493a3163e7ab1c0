from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.reading import Unknown
from azext_aigpu.foreign.arm_expressions import MOST_STEPS, Scope, evaluate, resolve


def a_scope(**variables: Any) -> Scope:
    parameters = {"name": "aks", "size": "Standard_D16s_v5", "pools": [{"name": "a", "gpu": True}, {"name": "b"}]}
    return Scope(parameters=parameters, variables=variables)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        pytest.param("['text']", "text", id="text"),
        pytest.param("['it''s']", "it's", id="quote"),
        pytest.param("[7]", 7, id="number"),
        pytest.param("[parameters('NAME')]", "aks", id="parameter-in-any-case"),
        pytest.param("[variables('small').size]", "T4", id="step"),
        pytest.param("[variables('small')['SIZE']]", "T4", id="step-in-any-case"),
        pytest.param("[parameters('pools')[1].name]", "b", id="steps"),
        pytest.param("[concat('a', parameters('name'), 1)]", "aaks1", id="concat"),
        pytest.param("[concat(createArray(1), createArray(2))]", [1, 2], id="concat-lists"),
        pytest.param("[format('{0}/{1:00}-{{x}}', 'a', 2)]", "a/2-{x}", id="format"),
        pytest.param("[toLower('ABC')]", "abc", id="lower"),
        pytest.param("[if(equals('a', 'a'), 'yes', reference('x'))]", "yes", id="if-leaves-the-other-alone"),
        pytest.param("[union(createObject('a', 1), createObject('b', 2))]", {"a": 1, "b": 2}, id="union"),
        pytest.param("[coalesce(null(), 'x')]", "x", id="coalesce"),
        pytest.param("[tryGet(parameters('pools')[1], 'gpu')]", None, id="try-get-of-nothing"),
        pytest.param("[map(parameters('pools'), lambda('p', lambdaVariables('p').name))]", ["a", "b"], id="map"),
        pytest.param(
            "[length(filter(parameters('pools'), lambda('p', contains(lambdaVariables('p'), 'gpu'))))]", 1, id="filter"
        ),
        pytest.param("[add(1, mul(2, 3))]", 7, id="arithmetic"),
        pytest.param("[last(split('a/b', '/'))]", "b", id="split"),
        pytest.param("[range(2, 3)]", [2, 3, 4], id="range"),
        pytest.param("[json('{\"a\": 1}').a]", 1, id="json"),
        pytest.param("[createObject('known', 1, 'dark', reference('x')).known]", 1, id="known-part-of-an-object"),
    ],
)
def test_what_can_be_told_is_told(expression: str, value: Any) -> None:
    assert evaluate(expression, a_scope(small={"size": "T4"})) == value


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        pytest.param("[reference('x').y]", "reference()", id="azure"),
        pytest.param("[resourceGroup().location]", "resourcegroup()", id="group"),
        pytest.param("[concat('a', uniqueString('x'))]", "uniquestring()", id="argument"),
        pytest.param("[parameters('none')]", "'none' has no value", id="no-parameter"),
        pytest.param("[variables('none')]", "no variable", id="no-variable"),
        pytest.param("[parameters('name').x]", "there is no 'x'", id="no-step"),
        pytest.param("[parameters('pools')[9]]", "there is no '9'", id="no-item"),
        pytest.param("[contoso.name('x')]", "cannot be read", id="user-function"),
        pytest.param("[concat('a']", "ends too early", id="half"),
        pytest.param("[concat('a'))]", "cannot be read", id="too-much"),
        pytest.param("[§]", "cannot be read", id="letters"),
        pytest.param("[]", "ends too early", id="nothing"),
        pytest.param("[first(1)]", "does not take", id="wrong-type"),
        pytest.param("[div(1, 0)]", "does not take", id="by-zero"),
        pytest.param("[json('{')]", "does not take", id="broken-json"),
        pytest.param("[copyIndex()]", "outside of a loop", id="no-loop"),
        pytest.param("[variables('loop')]", "refers to itself", id="circle"),
        pytest.param("[" + "concat(" * 200 + ")" * 200 + "]", "nested too deep", id="deep"),
        pytest.param("['" + "a" * 30_000 + "']", "too long", id="long"),
        pytest.param("[createObject('dark', reference('x')).dark]", "reference()", id="unknown-part-of-an-object"),
        pytest.param("[contains(createArray(reference('x')), 'a')]", "not known", id="search-in-the-dark"),
    ],
)
def test_what_cannot_be_told_is_unknown_with_a_reason(expression: str, told: str) -> None:
    value = evaluate(expression, a_scope(loop="[variables('loop')]"))

    assert isinstance(value, Unknown)
    assert told in value.reason


def test_texts_that_only_look_like_expressions_are_texts() -> None:
    assert resolve(["[[literal]", "[half", "x]"], a_scope()) == ["[literal]", "[half", "x]"]


def test_variables_that_double_each_other_end_at_a_bound() -> None:
    variables: dict[str, Any] = {"v0": "a"}
    for number in range(1, 60):
        variables[f"v{number}"] = f"[concat(variables('v{number - 1}'), variables('v{number - 1}'))]"

    assert isinstance(evaluate("[variables('v59')]", a_scope(**variables)), Unknown)


@pytest.mark.parametrize("around", ["{}", "string({})", "equals({0}, {0})", "length({})"], ids=str)
def test_lists_that_hold_each_other_twice_end_at_a_bound(around: str) -> None:
    variables: dict[str, Any] = {"v0": ["a"] * 10}
    for number in range(1, 60):
        variables[f"v{number}"] = [f"[variables('v{number - 1}')]"] * 2
    scope = a_scope(**variables)
    value = resolve({"a": "[" + around.format("variables('v59')") + "]"}, scope)

    assert scope.budget[0] < 0
    assert "Unknown(" in repr(value)


@pytest.mark.parametrize(
    "around", ["concat({})", "createArray({})", "createArray(createArray(createArray({})))"], ids=str
)
def test_a_chain_of_variables_ends_at_a_bound(around: str) -> None:
    variables: dict[str, Any] = {"v0": "a"}
    for number in range(1, 1000):
        variables[f"v{number}"] = "[" + around.format(f"variables('v{number - 1}')") + "]"

    assert "Unknown(" in repr(evaluate("[variables('v999')]", a_scope(**variables)))


def test_texts_that_grow_in_a_loop_end_at_a_bound() -> None:
    scope = a_scope(long="a" * 10_000)
    loop: dict[str, Any] = {
        "name": "x",
        "count": 800,
        "input": "[concat(variables('long'), variables('long'), copyIndex('x'))]",
    }
    value = resolve({"copy": [loop, {**loop, "name": "y", "input": loop["input"].replace("'x'", "'y'")}]}, scope)

    assert scope.budget[0] < MOST_STEPS // 2
    assert value
