"""Values that a Python file assigns to names, read as text: nothing of the file is run."""

from __future__ import annotations

import ast
from typing import Dict, Iterator, Tuple


def read_literals(file: str) -> Dict[str, object]:
    """Return the literals by name, none of them where the file is missing or is no Python."""
    try:
        with open(file, encoding="utf-8", errors="replace") as source:
            body = ast.parse(source.read()).body
    except (OSError, SyntaxError, ValueError):
        return {}
    return {name: value for name, expression in _assigned(body) for value in _values(expression)}


def _assigned(body: list[ast.stmt]) -> Iterator[Tuple[str, ast.expr]]:
    for node in body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value


def _values(expression: ast.expr) -> Tuple[object, ...]:
    """Return the value, or nothing where it is computed only when the file runs."""
    try:
        # OrderedDict([...]) is how TensorFlow writes down a mapping.
        if isinstance(expression, ast.Call) and len(expression.args) == 1:
            return (dict(ast.literal_eval(expression.args[0])),)
        return (ast.literal_eval(expression),)
    except (ValueError, TypeError):
        return ()
