"""Evaluates the expressions of ARM templates, `[concat(parameters('name'), '-gpu')]`, as far as they can be. Pure.

What depends on Azure (`reference`, `resourceGroup`, ...) or on a parameter without a value is Unknown, and so is
everything that is made of it. Work is bounded: a template is input from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aigpu_contract.reading import Unknown
from azext_aigpu.foreign.arm_functions import FUNCTIONS, Absent
from azext_aigpu.foreign.arm_syntax import MOST_DEPTH, Node, Unclear, parse_expression

MOST_STEPS = 1_000_000
"""Work for one file: values made, counted with everything in them each time that they are referred to."""
CHARACTERS_A_STEP = 64
MOST_COPIES = 800
"""The most copies that Azure makes of one loop."""


@dataclass
class Scope:
    """What expressions of one template may refer to. `loops` are the numbers of the copies around, by their names."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    loops: Mapping[str, int | Unknown] = field(default_factory=dict)
    lambdas: Mapping[str, Any] = field(default_factory=dict)
    budget: list[int] = field(default_factory=lambda: [MOST_STEPS])
    busy: frozenset[str] = frozenset()
    cache: dict[str, Any] = field(default_factory=dict)

    def inside(self, **changed: Any) -> Scope:
        """Return this scope with other loops or lambda variables; work done counts for both."""
        return Scope(**{**self.__dict__, **changed})


def is_expression(value: Any) -> bool:
    """Return whether a text is an expression; `[[` at the start stands for a bracket."""
    return isinstance(value, str) and value.startswith("[") and value.endswith("]") and not value.startswith("[[")


def evaluate(text: str, scope: Scope) -> Any:
    """Return the value of an expression with its brackets, Unknown where it cannot be told."""
    try:
        return _value(parse_expression(text), scope, 0)
    except Unclear as unclear:
        return Unknown(str(unclear))
    except RecursionError:
        return Unknown("it is nested too deep")


def resolve(value: Any, scope: Scope) -> Any:
    """Return `value` with every expression in it evaluated and every copy loop of a property played."""
    try:
        return _resolve(value, scope, 0)
    except Unclear as unclear:
        return Unknown(str(unclear))
    except RecursionError:
        return Unknown("it is nested too deep")


def _resolve(value: Any, scope: Scope, depth: int) -> Any:
    _spend(scope, depth)
    if is_expression(value):
        return evaluate(value, scope)
    if isinstance(value, str):
        return value[1:] if value.startswith("[[") else value
    if isinstance(value, Mapping):
        resolved = {key: _resolve(item, scope, depth + 1) for key, item in value.items() if key != "copy"}
        return {**resolved, **_play_copies(value.get("copy"), scope, depth + 1)}
    if isinstance(value, list):
        return [_resolve(item, scope, depth + 1) for item in value]
    return value


def _play_copies(loops: Any, scope: Scope, depth: int) -> dict[str, Any]:
    if loops is None:
        return {}
    if not isinstance(loops, list):
        return {"copy": _resolve(loops, scope, depth)} if not isinstance(loops, Mapping) else {}
    played: dict[str, Any] = {}
    for loop in loops:
        if isinstance(loop, Mapping) and isinstance(loop.get("name"), str):
            name = loop["name"]
            played[name] = [
                _resolve(
                    loop.get("input"), scope.inside(loops={**scope.loops, name.lower(): number, "": number}), depth
                )
                for number in copy_numbers(loop, scope)
            ]
    return played


def copy_numbers(loop: Mapping[str, Any], scope: Scope) -> Sequence[int | Unknown]:
    """Return the numbers of the copies of a loop; one Unknown where their number cannot be told."""
    count = resolve(loop.get("count"), scope)
    if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MOST_COPIES:
        return range(count)
    why = count.reason if isinstance(count, Unknown) else f"a loop of {str(count)[:40]} copies"
    return [Unknown(f"the number of copies is not known: {why}")]


def _spend(scope: Scope, depth: int) -> None:
    scope.budget[0] -= 1
    if scope.budget[0] < 0:
        raise Unclear("the template takes too much work to evaluate")
    if depth > MOST_DEPTH * 3:
        raise Unclear("it is nested too deep")


def _value(node: Node, scope: Scope, depth: int) -> Any:
    _spend(scope, depth)
    if node[0] == "constant":
        return node[1]
    if node[0] == "step":
        return _step(_value(node[1], scope, depth + 1), _value(node[2], scope, depth + 1))
    _, name, arguments = node
    special = _SPECIAL.get(name)
    if special is not None:
        value = special(arguments, scope, depth + 1)
    else:
        value = _call(name, [_value(argument, scope, depth + 1) for argument in arguments])
    _weigh(value, scope)
    return value


def _weigh(value: Any, scope: Scope) -> None:
    """Count everything in `value` as work: lists that hold each other twice are small, and endless to walk through."""
    level = [value]
    for _ in range(MOST_DEPTH):
        work = sum(1 + (len(one) // CHARACTERS_A_STEP if isinstance(one, str) else 0) for one in level)
        inside = [
            one.values() if isinstance(one, Mapping) else one for one in level if isinstance(one, (Mapping, list))
        ]
        scope.budget[0] -= work + sum(len(one) for one in inside)
        if scope.budget[0] < 0:
            raise Unclear("the template takes too much work to evaluate")
        level = [item for one in inside for item in one]
        if not level:
            return
    raise Unclear("it is nested too deep")


def _call(name: str, values: list[Any]) -> Any:
    function = FUNCTIONS.get(name)
    if function is None:
        raise Unclear(f"{name}() is told by Azure only")
    for value in values:
        if isinstance(value, Unknown):
            return value
    try:
        return function(*values)
    except Absent as absent:
        raise Unclear(str(absent)) from absent
    except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        raise Unclear(f"{name}() does not take what it is given") from error


def _step(value: Any, key: Any) -> Any:
    for one in (value, key):
        if isinstance(one, Unknown):
            return one
    if isinstance(value, Mapping) and isinstance(key, str):
        found = [item for name, item in value.items() if name.lower() == key.lower()]
        if found:
            return found[0]
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    raise Unclear(f"there is no {str(key)[:60]!r} in what it refers to")


def _constant(arguments: tuple[Node, ...], scope: Scope, depth: int) -> str:
    name = _value(arguments[0], scope, depth) if arguments else None
    if not isinstance(name, str):
        raise Unclear("what it refers to is not named")
    return name


def _parameter(arguments: tuple[Node, ...], scope: Scope, depth: int) -> Any:
    name = _constant(arguments, scope, depth)
    found = [value for key, value in scope.parameters.items() if key.lower() == name.lower()]
    if not found:
        raise Unclear(
            f"parameter '{name[:60]}' has no value: it has no default, and no --template-parameters gives one"
        )
    return _referred("parameters", name, found[0], scope)


def _variable(arguments: tuple[Node, ...], scope: Scope, depth: int) -> Any:
    name = _constant(arguments, scope, depth)
    found = [value for key, value in scope.variables.items() if key.lower() == name.lower()]
    if not found:
        raise Unclear(f"there is no variable '{name[:60]}'")
    return _referred("variables", name, found[0], scope)


def _referred(group: str, name: str, value: Any, scope: Scope) -> Any:
    key = f"{group}.{name.lower()}"
    if key in scope.busy:
        raise Unclear(f"{group} '{name[:60]}' refers to itself")
    if key not in scope.cache:
        scope.cache[key] = _resolve(value, scope.inside(busy=scope.busy | {key}, loops={}, lambdas={}), len(scope.busy))
    return scope.cache[key]


def _copy_index(arguments: tuple[Node, ...], scope: Scope, depth: int) -> Any:
    values = [_value(argument, scope, depth) for argument in arguments]
    name = next((value for value in values if isinstance(value, str)), "")
    offset = next((value for value in values if isinstance(value, int)), 0)
    number = scope.loops.get(name.lower())
    if number is None:
        raise Unclear("copyIndex() stands outside of a loop")
    return number if isinstance(number, Unknown) else number + offset


def _if(arguments: tuple[Node, ...], scope: Scope, depth: int) -> Any:
    if len(arguments) != 3:
        raise Unclear("if() does not take what it is given")
    condition = _value(arguments[0], scope, depth)
    if isinstance(condition, Unknown):
        return condition
    return _value(arguments[1] if condition is True else arguments[2], scope, depth)


def _coalesce(arguments: tuple[Node, ...], scope: Scope, depth: int) -> Any:
    for argument in arguments:
        value = _value(argument, scope, depth)
        if value is not None:
            return value
    return None


def _value_or_unknown(node: Node, scope: Scope, depth: int) -> Any:
    """Return the value of a part of a list or object, of which the other parts stay known."""
    try:
        return _value(node, scope, depth)
    except Unclear as unclear:
        _spend(scope, depth)
        return Unknown(str(unclear))


def _object(arguments: tuple[Node, ...], scope: Scope, depth: int) -> Any:
    values = [_value_or_unknown(argument, scope, depth) for argument in arguments]
    keys = values[::2]
    if len(values) % 2 or not all(isinstance(key, str) for key in keys):
        raise Unclear("createObject() does not take what it is given")
    return dict(zip(keys, values[1::2], strict=True))


def _array(arguments: tuple[Node, ...], scope: Scope, depth: int) -> Any:
    return [_value_or_unknown(argument, scope, depth) for argument in arguments]


def _lambda_variable(arguments: tuple[Node, ...], scope: Scope, depth: int) -> Any:
    name = _constant(arguments, scope, depth)
    if name.lower() not in scope.lambdas:
        raise Unclear(f"there is no lambda variable '{name[:60]}'")
    return scope.lambdas[name.lower()]


def _each(arguments: tuple[Node, ...], scope: Scope, depth: int) -> Iterator[tuple[Any, Any]]:
    """Yield (item, value of the lambda) for map() and filter()."""
    if len(arguments) != 2 or arguments[1][:2] != ("call", "lambda") or len(arguments[1][2]) not in (2, 3):
        raise Unclear("its lambda cannot be read")
    items = _value(arguments[0], scope, depth)
    if not isinstance(items, list):
        raise Unclear(items.reason if isinstance(items, Unknown) else "map() wants a list")
    *names, body = arguments[1][2]
    words = [_constant((name,), scope, depth).lower() for name in names]
    for number, item in enumerate(items):
        bound = dict(zip(words, (item, number), strict=False))
        yield item, _value_or_unknown(body, scope.inside(lambdas={**scope.lambdas, **bound}), depth + 1)


def _map(arguments: tuple[Node, ...], scope: Scope, depth: int) -> Any:
    return [value for _, value in _each(arguments, scope, depth)]


def _filter(arguments: tuple[Node, ...], scope: Scope, depth: int) -> Any:
    kept = []
    for item, value in _each(arguments, scope, depth):
        if isinstance(value, Unknown):
            return value
        if value is True:
            kept.append(item)
    return kept


_SPECIAL: Mapping[str, Callable[[tuple[Node, ...], Scope, int], Any]] = {
    "parameters": _parameter,
    "variables": _variable,
    "copyindex": _copy_index,
    "if": _if,
    "coalesce": _coalesce,
    "createobject": _object,
    "createarray": _array,
    "lambdavariables": _lambda_variable,
    "map": _map,
    "filter": _filter,
}
"""Functions that do not simply take values: they look into the scope, or may leave an argument alone."""
