"""The JSON of a list of the API, object by object while it comes: a page of any size takes the memory of one object.

The fields of a list may stand in any order; the API server writes `metadata` first, so that where the next page starts
is known before the first object has come. Pure.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

_BLANK = " \t\n\r"
_decode = json.JSONDecoder().raw_decode


class NoListError(Exception):
    """What came is JSON, and no list of objects."""


def parse_list(
    pieces: Iterable[bytes], see_metadata: Callable[[Mapping[str, Any]], None]
) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list; `see_metadata` is told its metadata as soon as they have come.

    When this ends the text has come to its end, and was whole. Raises NoListError, and ValueError or RecursionError for
    what is no JSON.
    """
    text = _Text(pieces)
    if text.peek() != "{":
        text.take_value()
        text.take_end()
        raise NoListError
    seen: set[str] = set()
    for key in _keys(text):
        if key in ("metadata", "items") and key in seen:
            raise ValueError(f"{key} stands there twice")
        seen.add(key)
        if key == "items" and text.peek() == "[":
            yield from _objects(text)
        else:
            _check_field(key, text.take_value(), see_metadata)
    text.take_end()
    if not seen >= {"metadata", "items"}:
        raise NoListError


def _keys(text: _Text) -> Iterator[str]:
    """Yield the keys of an object; whoever takes them takes each one's value before the next key."""
    text.take("{")
    if text.peek() == "}":
        text.take("}")
        return
    while True:
        if text.peek() != '"':
            raise ValueError("a key is no text")
        key = str(text.take_value())
        text.take(":")
        yield key
        if text.take(",}") == "}":
            return


def _objects(text: _Text) -> Iterator[Mapping[str, Any]]:
    text.take("[")
    if text.peek() == "]":
        text.take("]")
        return
    while True:
        value = text.take_value()
        if not isinstance(value, dict):
            raise NoListError
        yield value
        if text.take(",]") == "]":
            return


def _check_field(key: str, value: Any, see_metadata: Callable[[Mapping[str, Any]], None]) -> None:
    # null is what the API server writes for an empty list of some kinds
    if key == "items" and value is not None:
        raise NoListError
    if key == "metadata":
        if not isinstance(value, dict):
            raise NoListError
        see_metadata(value)


class _Text:
    """Text that comes in pieces; what has been taken of it is forgotten."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._is_whole = False

    def peek(self) -> str:
        """Return the next character that is no blank, empty at the end, and leave it there."""
        while True:
            while self._at < len(self._text):
                character = self._text[self._at]
                if character not in _BLANK:
                    return character
                self._at += 1
            if not self._grow():
                return ""

    def take(self, wanted: str) -> str:
        """Return the next character, one of `wanted`. Raises ValueError."""
        character = self.peek()
        if not character or character not in wanted:
            raise ValueError(f"{character!r} stands where one of {wanted!r} must")
        self._at += 1
        return character

    def take_value(self) -> Any:
        """Return the next value. Raises ValueError, RecursionError."""
        self.peek()
        while True:
            try:
                value, end = _decode(self._text, self._at)
            except ValueError:
                if not self._grow():
                    raise
                continue
            # What ends with the text may go on in the next piece, as a number does.
            if end == len(self._text) and self._grow():
                continue
            self._at = end
            return value

    def take_end(self) -> None:
        """Take blanks until the end. Raises ValueError where something else stands there."""
        if self.peek():
            raise ValueError("something stands behind the end")

    def _grow(self) -> bool:
        """Add as much as is left at least, so that a long value is not begun a thousand times; False at the end."""
        left = self._text[self._at :]
        added: list[str] = []
        wanted = max(1, len(left))
        while wanted > 0 and not self._is_whole:
            piece = next(self._pieces, None)
            self._is_whole = piece is None
            added.append(self._decoder.decode(piece or b"", self._is_whole))
            wanted -= len(added[-1])
        self._text, self._at = left + "".join(added), 0
        return any(added)
