from __future__ import annotations

import pytest

from testbeds.local_azure.odata import parse_filter

ROW = {
    "armSkuName": "Standard_NC6s_v3",
    "productName": "Virtual Machines NCSv3 Series Windows",
    "primary": True,
    "it": "it's",
}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        pytest.param("", True, id="empty"),
        pytest.param("armSkuName eq 'Standard_NC6s_v3'", True, id="eq"),
        pytest.param("armSkuName eq 'standard_nc6s_v3'", False, id="values-have-case"),
        pytest.param("armSkuName ne 'Standard_NC6s_v3'", False, id="ne"),
        pytest.param("absent eq 'x'", False, id="absent-field"),
        pytest.param("primary eq true", True, id="bare-word"),
        pytest.param("it eq 'it''s'", True, id="doubled-quote"),
        pytest.param("contains(productName, 'Windows')", True, id="contains"),
        pytest.param("startswith(productName,'Cloud')", False, id="startswith"),
        pytest.param("endswith(productName,'Windows')", True, id="endswith"),
        pytest.param("armSkuName eq 'Standard_NC6s_v3' and primary eq false", False, id="and"),
        pytest.param("armSkuName eq 'no' or primary eq true", True, id="or"),
        pytest.param("(armSkuName eq 'no' or primary eq true) and it eq 'no'", False, id="brackets"),
    ],
)
def test_a_filter_judges_a_row(text: str, matches: bool) -> None:
    assert parse_filter(text).test(ROW) is matches


@pytest.mark.parametrize(
    "text", ["a eq", "a lt 'b'", "(a eq 'b'", "a eq 'b' a eq 'b'", "eq", "contains(a 'b')", "a eq 'b"]
)
def test_a_filter_that_does_not_parse_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_filter(text)


def test_only_what_every_row_must_have_is_fixed() -> None:
    assert parse_filter("a eq 'b' and (c eq 'd' or c eq 'e')").fixed == {"a": "b"}
    assert parse_filter("a eq 'b' or a eq 'c'").fixed == {}
