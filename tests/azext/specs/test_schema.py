"""The JSON Schema: what it says and what the parser takes are the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from azext_aigpu.specs.conformity import check_conformity
from azext_aigpu.specs.fields import build_schema, spec_fields
from azext_aigpu.specs.located import Place, wrap
from tests.azext.specs.given import a_document

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "gpunodepool.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(build_schema())
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3000),
    st.sampled_from(
        [0.5, -1.5, "1", "User", "Spot", "Linux", "sku=gpu:NoSchedule", "1.34", "33%", "", "/subscriptions/a/b/c"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["a", "tag"]), inner, max_size=2)
    ),
    max_leaves=4,
)
KEYS = [item.key for item in spec_fields()]


def is_right(document: Any) -> bool:
    return not list(check_conformity(wrap(document, Place("f", 1, 1)), build_schema(), ""))


def test_the_schema_is_one_and_stands_in_the_docs() -> None:
    jsonschema.Draft202012Validator.check_schema(build_schema())

    assert json.loads(PAGE.read_text("utf-8")) == build_schema()


@given(fields=st.dictionaries(st.sampled_from([*KEYS, "nodeVmSiz"]), VALUES, max_size=4))
def test_the_parser_takes_what_the_schema_takes(fields: dict[str, Any]) -> None:
    document = a_document()
    document["spec"].update(fields)

    assert is_right(document) is VALIDATOR.is_valid(document)


@given(key=st.sampled_from(KEYS), value=VALUES)
def test_every_field_is_held_to_its_schema(key: str, value: Any) -> None:
    document = a_document(**{key: value})

    assert is_right(document) is VALIDATOR.is_valid(document)


@given(document=VALUES)
def test_any_document_is_judged_as_the_schema_judges_it(document: Any) -> None:
    assert is_right(document) is VALIDATOR.is_valid(document)
