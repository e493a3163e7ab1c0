"""Documents from outside may hold anything: no reader and no rule may fall over, and no work may be without end."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract.finding import Status
from aigpu_contract.reading import Unknown
from azext_aigpu import audit
from azext_aigpu.audit import Judged, Policy
from azext_aigpu.audit.report import Report, render_report
from azext_aigpu.audit.sarif import build_sarif
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.foreign.arm_expressions import Scope, evaluate
from azext_aigpu.foreign.arm_template import read_arm_template
from azext_aigpu.foreign.document import UnreadableDocument, parse_document
from azext_aigpu.foreign.resources import ForeignPlan
from azext_aigpu.foreign.terraform import read_terraform_plan
from azext_aigpu.foreign.what_if import read_what_if
from azext_aigpu.spec import Limits
from tests.azext.foreign.documents import TEMPLATES, TERRAFORM, WHAT_IFS, golden
from tests.azext.rules.given import a_cloud, some_usages

POLICY = Policy(Limits(today=datetime.date(2026, 11, 24), required_tags=("owner",)), gpu_pools=("gpu", "train"))
_REGION = CloudFacts(skus=a_cloud().skus, usages=some_usages(family_left=40), region="westeurope")
ONLINE = dataclasses.replace(POLICY, online=True, location="westeurope", clouds={"westeurope": _REGION})
READERS: Mapping[str, Any] = {
    "terraform": read_terraform_plan,
    "arm": lambda document, file: read_arm_template(document, file, [golden("arm/pools.parameters.json")]),
    "what_if": read_what_if,
}
NAMES = [
    *(f"terraform/{name}" for name in TERRAFORM),
    *(f"arm/{name}" for name in TEMPLATES),
    *(f"what_if/{name}" for name in WHAT_IFS),
]
HOSTILE = ("[", "[x]", "[parameters('size')]", "\u202e", "\x1b[31m", "Standard_", "Standard_D16s_v5", "", "a" * 300)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.sampled_from(HOSTILE), st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_a_changed_document_is_read_and_judged_or_refused(name: str, data: st.DataObject) -> None:
    document = golden(name)
    for _ in range(data.draw(st.integers(1, 3))):
        document = mutate(document, data)
    if isinstance(document, dict):
        go_through(READERS[name.partition("/")[0]], document)


@pytest.mark.parametrize("kind", READERS)
@given(
    document=st.dictionaries(st.sampled_from(["resources", "changes", "resource_changes", "format_version"]), VALUES)
)
def test_any_document_is_read_and_judged_or_refused(kind: str, document: dict[str, Any]) -> None:
    go_through(READERS[kind], document)


@given(content=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    try:
        document = parse_document(content, "plan.json")
    except UnreadableDocument:
        return
    assert isinstance(document, dict)


@given(text=st.text(alphabet="[]().,'019ab parmetscond", max_size=60))
def test_any_expression_has_a_value_or_is_unknown(text: str) -> None:
    scope = Scope(parameters={"a": 1}, variables={"b": "[parameters('a')]"})
    value = evaluate(f"[{text}]", scope)

    assert isinstance(value, (Unknown, str, int, float, bool, list, dict, type(None)))


def go_through(read: Any, document: dict[str, Any]) -> None:
    """Read, judge, render and write, as the command does. Only a refusal in words may come out."""
    try:
        plan: ForeignPlan = read(document, "plan.json")
    except UnreadableDocument:
        return
    for policy in (POLICY, ONLINE):
        tell(audit.judge_items(plan.items, policy))


def tell(judged: tuple[Judged, ...]) -> None:
    """Render and write what was judged; whatever was reviewed has a finding and a status."""
    report = Report(judged)
    text = render_report(report)
    assert "\x1b" not in text
    assert "\u202e" not in text
    json.dumps(report.to_json())
    json.dumps(build_sarif(report))
    for one in judged:
        if one.reviewed:
            assert one.findings
            assert one.status in (Status.PASS, Status.WARN, Status.UNKNOWN, Status.FAIL)


def mutate(document: Any, data: st.DataObject) -> Any:
    """Return a copy of `document` with one value somewhere in it taken away, replaced or moved."""
    changed = copy.deepcopy(document)
    places = list(walk(changed))
    if not places:
        return data.draw(VALUES)
    holder, key = data.draw(st.sampled_from(places))
    what = data.draw(st.sampled_from(("replace", "remove", "swap")))
    if what == "replace":
        holder[key] = data.draw(VALUES)
    elif what == "remove":
        del holder[key]
    else:
        other, name = data.draw(st.sampled_from(places))
        holder[key] = copy.deepcopy(other[name])
    return changed


def walk(value: Any) -> Any:
    """Yield (holder, key) of every value inside."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from walk(inner)
