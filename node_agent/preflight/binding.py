"""Cuts NVIDIA's binding to what is called, for the one file: compiling all of it takes longer than asking the driver.

An installed package keeps its compiled form on disk; a zip file is compiled anew by every process that reads it.
"""

from __future__ import annotations

import ast
import re
from typing import Dict, Iterable, List, Set, Union

Definition = Union[ast.FunctionDef, ast.ClassDef]
NOTE = "# This copy is cut to what aigpu uses, by whole functions and classes. What is left is unchanged.\n"


def cut_binding(source: str, users: Iterable[str]) -> str:
    """Return `source` without the functions and classes that nothing needs.

    Needed is what the texts of `users` name in any way, what the statements outside of functions name, and what these
    need in turn. Constants stay, as the binding looks them up by the beginnings of their names.
    """
    tree = ast.parse(source)
    definitions: Dict[str, List[Definition]] = {}
    named = {word for text in users for word in re.findall(r"\w+", text)}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            definitions.setdefault(node.name, []).append(node)
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


def _closure(named: Set[str], definitions: Dict[str, List[Definition]]) -> Set[str]:
    needed: Set[str] = set()
    waiting = named & definitions.keys()
    while waiting:
        name = waiting.pop()
        needed.add(name)
        for node in definitions[name]:
            waiting |= (_names(node) & definitions.keys()) - needed
    return needed


def _names(tree: ast.AST) -> Set[str]:
    """Return the names that a piece of code reads, and its texts: a function may be looked up by its name."""
    nodes = list(ast.walk(tree))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return texts | {node.id for node in nodes if isinstance(node, ast.Name)}


def _without(source: str, nodes: Iterable[Definition]) -> str:
    left_out: Set[int] = set()
    for node in nodes:
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        left_out.update(range(first, (node.end_lineno or first) + 1))
    lines = source.split("\n")  # as the parser counts them; splitlines() would also split at a form feed
    return "\n".join(line for number, line in enumerate(lines, start=1) if number not in left_out)


def _note(source: str) -> str:
    header = _HEADER.match(source)
    end = header.end() if header else 0
    return source[:end] + NOTE + source[end:]
