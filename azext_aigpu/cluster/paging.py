"""Lists of the API server, read page by page; while one page is taken in, the next one is on its way.

An object is made small as soon as it has come, so a list takes the memory of what is kept of it. Every page shows the
cluster as it was when the first one was made: the place where the next page starts carries that version, and a page of
another version is not taken.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from azext_aigpu.cluster.kubectl_errors import build_not_json
from azext_aigpu.cluster.list_stream import NoListError, parse_list
from azext_aigpu.cluster.raw_answer import Answer

T = TypeVar("T")

PAGE = 1000
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
            with contextlib.closing(_Pages(kubectl, path, page)) as pages:
                return [kept for one in pages.read() if (kept := reduce(one)) is not None]
        except KubectlError as error:
            if error.reason != _EXPIRED or starts == MOST_STARTS:
                raise


class _Pages:
    """The pages of one list. The first one is asked for at once."""

    def __init__(self, kubectl: Kubectl, path: str, page: int) -> None:
        self._kubectl, self._path = kubectl, path
        self._page = min(page, kubectl.most_a_page or page)
        self._version: object = None
        self._coming: Answer | None = None
        self._ask("")

    def read(self) -> Iterator[Mapping[str, Any]]:
        """Yield every object of every page. Raises KubectlError."""
        while self._coming is not None:
            answer, self._coming = self._coming, None
            with contextlib.closing(answer):
                yield from self._read_page(answer)

    def close(self) -> None:
        """End what is still on its way."""
        if self._coming is not None:
            self._coming.close()

    def _read_page(self, answer: Answer) -> Iterator[Mapping[str, Any]]:
        pieces = iter(answer)
        try:
            yield from parse_list(pieces, self._see)
        except (NoListError, ValueError, RecursionError) as error:
            for _ in pieces:
                pass  # where kubectl failed, that is what is wrong
            if isinstance(error, NoListError):
                raise KubectlError("other", f"The answer to GET {self._path} is no list of objects.") from error
            raise build_not_json(self._path, answer.head) from error

    def _see(self, metadata: Mapping[str, Any]) -> None:
        version = metadata.get("resourceVersion")
        if self._version not in (None, version):
            text = f"The pages of {self._path} show the cluster at different times ({self._version}, {version})."
            raise KubectlError("other", text, reason=_EXPIRED)
        self._version = version
        place = str(metadata.get("continue") or "")
        if place and place == self._place:
            raise KubectlError("other", f"The answer to GET {self._path} leads from a page to the same page again.")
        if place:
            self._ask(place)

    def _ask(self, place: str) -> None:
        self._place = place
        following = f"&continue={quote(place, safe='')}" if place else ""
        self._coming = self._kubectl.start_raw(f"{self._path}?limit={self._page}{following}")
