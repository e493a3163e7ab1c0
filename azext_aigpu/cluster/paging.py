"""Lists of the API server, read page by page, each page made small before the next one comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from azext_aigpu.cluster.kubectl import Kubectl, KubectlError

T = TypeVar("T")

PAGE = 500
MOST_STARTS = 3
_EXPIRED = "Expired"


def read_list(
    kubectl: Kubectl, path: str, reduce: Callable[[Mapping[str, Any]], T | None], page: int = PAGE
) -> list[T]:
    """Return what `reduce` makes of every object of the list at `path`; what it gives None for is left out.

    The API server forgets where a list stood after a few minutes; the list is then read again from its beginning.
    Raises KubectlError.
    """
    starts = 0
    while True:
        starts += 1
        try:
            return _read_once(kubectl, path, reduce, page)
        except KubectlError as error:
            if error.reason != _EXPIRED or starts == MOST_STARTS:
                raise


def _read_once(kubectl: Kubectl, path: str, reduce: Callable[[Mapping[str, Any]], T | None], page: int) -> list[T]:
    found: list[T] = []
    place = ""
    while True:
        query = f"?limit={page}" + (f"&continue={quote(place, safe='')}" if place else "")
        # In a function of its own: the page must be gone from memory before the next one comes.
        place = _add_page(found, kubectl.get_raw(path + query), path, reduce)
        if not place:
            return found


def _add_page(found: list[T], answer: Any, path: str, reduce: Callable[[Mapping[str, Any]], T | None]) -> str:
    """Add what a page holds to `found`, and return where the next page starts."""
    items, place = _read_page(answer, path)
    for item in items:
        kept = reduce(item)
        if kept is not None:
            found.append(kept)
    return place


def _read_page(answer: Any, path: str) -> tuple[list[Mapping[str, Any]], str]:
    """Return the objects of a page and where the next one starts. Raises KubectlError for what is no list."""
    metadata = answer.get("metadata") if isinstance(answer, dict) else None
    items = answer.get("items", "") if isinstance(answer, dict) else ""
    if items is None:  # what the API server writes for an empty list of some kinds
        items = []
    if not isinstance(metadata, dict) or not isinstance(items, list):
        raise KubectlError("other", f"The answer to GET {path} is no list of objects.")
    return [item for item in items if isinstance(item, dict)], str(metadata.get("continue") or "")
