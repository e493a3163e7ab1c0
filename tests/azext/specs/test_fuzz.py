"""Spec files come from pull requests and may hold anything: they are read or refused, never with a traceback."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from azext_aigpu import review
from azext_aigpu.spec import fill_defaults
from azext_aigpu.specs.fields import spec_fields
from azext_aigpu.specs.parse import Text, parse_specs
from azext_aigpu.usage import UsageError
from tests.azext.specs.given import LIMITS, a_document, as_text

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=10))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)
FIELDS = st.dictionaries(st.sampled_from([item.key for item in spec_fields()]), VALUES, max_size=4)


def read(text: str, overlay: str | None = None) -> None:
    overlays = [] if overlay is None else [Text("over.yaml", overlay)]
    try:
        wanted = parse_specs([Text("pools.yaml", text)], overlays, LIMITS)
    except UsageError:
        return
    for pool in wanted:
        review.review_spec(fill_defaults(pool.spec))


@given(text=st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    read(text)


@given(text=st.text(alphabet="a:-[]{}&*!|>'\"#%@`,? \n\t0.<", max_size=80))
def test_any_text_of_yamls_own_characters_is_read_or_refused(text: str) -> None:
    read(text)


@given(fields=FIELDS)
def test_any_values_are_read_and_judged_or_refused(fields: dict[str, Any]) -> None:
    document = a_document()
    document["spec"].update(fields)
    read(as_text(document))


@given(patch=st.one_of(VALUES, FIELDS.map(lambda fields: {"metadata": {"name": "gpu"}, "spec": fields})))
def test_any_overlay_is_laid_or_refused(patch: Any) -> None:
    read(as_text(a_document()), json.dumps(patch))
