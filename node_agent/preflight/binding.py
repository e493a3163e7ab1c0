"""Cuts NVIDIA's binding to what is called, for the one file: compiling all of it takes longer than asking the driver.

An installed package keeps its compiled form on disk; a zip file is compiled anew by every process that reads it.
"""

from __future__ import annotations

import ast
import re
from typing import Dict, Iterable, List, Set

NOTE = "# This copy is cut to what aigpu uses, by whole functions, classes and constants. What is left is unchanged.\n"


def cut_binding(source: str, users: Iterable[str]) -> str:
    """Return `source` without the functions, classes and constants that nothing needs.

    Needed is what the texts of `users` name in any way, what the other statements outside of functions name, and what
    these need in turn.
    """
    tree = ast.parse(source)
    definitions: Dict[str, List[ast.stmt]] = {}
    named = {word for text in users for word in re.findall(r"\w+", text)}
    for node in tree.body:
        name = _defined_name(node)
        if name:
            definitions.setdefault(name, []).append(node)
        else:
            named |= _names(node)
    needed = _closure(named, definitions)
    unneeded = [one for name, nodes in definitions.items() if name not in needed for one in nodes]
    return _note(_without(source, unneeded))


def read_licence_header(source: str) -> str:
    """Return the licence that a source begins with, without the comment signs. Raises ValueError where none is."""
    header = _HEADER.match(source)
    text = re.sub(r"^#+ ?", "", header.group() if header else "", flags=re.MULTILINE)
    if "Redistribution" not in text:
        raise ValueError("the module pynvml does not begin with its licence, without which it may not be passed on")
    return text.strip() + "\n"


_HEADER = re.compile(r"(?:#[^\n]*\n)+")


def _defined_name(node: ast.stmt) -> str:
    """Return the name of a function, class or constant; nothing for a statement that does more than define it."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return node.name
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
        return ""
    target = node.targets[0]
    return target.id if isinstance(target, ast.Name) and len(node.targets) == 1 else ""


def _closure(named: Set[str], definitions: Dict[str, List[ast.stmt]]) -> Set[str]:
    needed: Set[str] = set()
    waiting = _meant(named, definitions)
    while waiting:
        name = waiting.pop()
        needed.add(name)
        for node in definitions[name]:
            waiting |= _meant(_names(node), definitions) - needed
    return needed


def _meant(named: Set[str], definitions: Iterable[str]) -> Set[str]:
    """Return the definitions of these names, and those that begin with one: NVML_ERROR_ is how errors are looked up."""
    beginnings = tuple(name for name in named if name.endswith("_") and name.strip("_"))
    return {name for name in definitions if name in named or name.startswith(beginnings)}


def _names(tree: ast.AST) -> Set[str]:
    """Return the names that a piece of code reads, and its texts: a function may be looked up by its name."""
    nodes = list(ast.walk(tree))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return texts | {node.id for node in nodes if isinstance(node, ast.Name)}


def _without(source: str, nodes: Iterable[ast.stmt]) -> str:
    left_out: Set[int] = set()
    for node in nodes:
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
        left_out.update(range(first, (node.end_lineno or first) + 1))
    lines = source.split("\n")  # as the parser counts them; splitlines() would also split at a form feed
    return "\n".join(line for number, line in enumerate(lines, start=1) if number not in left_out)


def _note(source: str) -> str:
    header = _HEADER.match(source)
    end = header.end() if header else 0
    return source[:end] + NOTE + source[end:]
