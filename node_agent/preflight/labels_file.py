"""The labels of a node from a file: what the pool declared, and the size that the cloud says the machine has."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import Dict, List, Mapping, Optional, Tuple

from aigpu_contract.reading import Known, Reading, Unknown

STANDARD_INPUT = "-"
WANTED = "a file of labels: one JSON object of texts, or lines of KEY=VALUE"
MOST_CHARACTERS = 1 << 20
_LINE = re.compile(r"(?P<key>[A-Za-z0-9./_-]+)=(?P<value>.*)")


def add_labels(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the file."""
    parser.add_argument(
        "--labels",
        metavar="FILE",
        help="labels of the node: a JSON object, or lines of KEY=VALUE as the downward API writes them; '-' is "
        "standard input",
    )


def read_labels(path: Optional[str]) -> Optional[Reading[Mapping[str, str]]]:
    """Return the labels in the file, Unknown where it cannot be read, None where none was named."""
    if path is None:
        return None
    try:
        if path == STANDARD_INPUT:
            text = sys.stdin.read(MOST_CHARACTERS + 1)
        else:
            with open(path, encoding="utf-8") as file:
                text = file.read(MOST_CHARACTERS + 1)
    except OSError as error:
        return Unknown(f"the labels file {path}: {error.strerror}")
    except UnicodeDecodeError:
        return Unknown(f"the labels file {path} is no text")
    if len(text) > MOST_CHARACTERS:
        return Unknown(f"the labels file {path} has more than {MOST_CHARACTERS} characters")
    return parse_labels_text(text, path)


def parse_labels_text(text: str, path: str) -> Reading[Mapping[str, str]]:
    """Return the labels of a JSON object or of lines `KEY=VALUE`, the value quoted or not."""
    if text.lstrip().startswith("{"):
        return _parse_json(text, path)
    labels: Dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        value = _unquoted(match.group("value")) if match else None
        if match is None or value is None:
            return Unknown(f"line {number} of the labels file {path} is not of the form KEY=VALUE")
        if labels.setdefault(match.group("key"), value) != value:
            return Unknown(f"the labels file {path} names {match.group('key')} twice")
    return Known(labels)


def _parse_json(text: str, path: str) -> Reading[Mapping[str, str]]:
    try:
        data = json.loads(text, object_pairs_hook=each_once)
    except (ValueError, RecursionError) as error:
        return Unknown(f"the labels file {path} is no JSON of labels: {error}")
    if not all(isinstance(value, str) for value in data.values()):
        return Unknown(f"the labels file {path} is no object of texts")
    return Known(data)


def each_once(pairs: List[Tuple[str, object]]) -> Dict[str, object]:
    """Return an object of JSON. Raises ValueError where a key stands twice: nobody can tell which was meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _unquoted(text: str) -> Optional[str]:
    """Return a value of the downward API, which writes Go's quoted strings; None where the quotes do not fit."""
    if not text.startswith('"'):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, str) else None
