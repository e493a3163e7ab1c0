from __future__ import annotations

from typing import Any

import pytest

from azext_aigpu.cloud.resource_graph import CLUSTER_TYPE, QUERY, SUBSCRIPTION_TYPE, parse_page


def test_the_question_is_ordered_so_that_pages_fit_together() -> None:
    assert QUERY.endswith("order by id asc")
    assert CLUSTER_TYPE in QUERY
    assert SUBSCRIPTION_TYPE in QUERY


def test_a_page_has_rows_and_may_lead_on() -> None:
    assert parse_page({"data": [{"id": "a"}], "$skipToken": "next"}) == ([{"id": "a"}], "next")
    assert parse_page({"data": [], "resultTruncated": "false"}) == ([], None)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([], id="list"),
        pytest.param({}, id="no-data"),
        pytest.param({"data": {}}, id="object"),
        pytest.param({"data": ["a"]}, id="texts"),
        pytest.param({"data": [], "$skipToken": 7}, id="token"),
        pytest.param({"data": [], "resultTruncated": "true"}, id="cut-off"),
    ],
)
def test_another_answer_is_none(answer: Any) -> None:
    with pytest.raises(ValueError, match=r"answer|data|row|skipToken"):
        parse_page(answer)
