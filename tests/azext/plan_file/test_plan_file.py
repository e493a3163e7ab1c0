"""The plan file: its digest covers all of it, and what is no whole, unedited and approved plan is refused."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract import __version__
from aigpu_contract.reading import Known
from azext_aigpu.cloud.facts import CloudFacts, Pool, Reservation
from azext_aigpu.plan_file.approval import check_plan_file, find_moved
from azext_aigpu.plan_file.document import PlanFile, PlanRefused, build_plan_file, compute_digest
from azext_aigpu.plan_file.judging import Judged, Planned, judge_planned, judge_together, read_planned, takes_nodes
from azext_aigpu.plan_file.reading import parse_plan_file
from azext_aigpu.specs.parse import Wanted
from azext_aigpu.usage import UsageError
from tests.azext.rules.given import A100, a_cloud, some_usages
from tests.azext.specs.given import LIMITS, SUBSCRIPTION
from tests.azext.test_proposal import made, proposed, wanted

NOW = datetime.datetime(2026, 11, 24, 9, tzinfo=datetime.timezone.utc)
ENDPOINT = "https://management.azure.com"
HELD = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/capacityReservationGroups/held"


def plan(*pools: Wanted, there: tuple[Pool, ...] = ()) -> dict[str, Any]:
    return build_plan_file(proposed(*(pools or (wanted(),)), there=there), ENDPOINT + "/", NOW, 24)


def parsed(data: Any) -> PlanFile:
    return parse_plan_file(json.dumps(data).encode(), "plan.json")


def edited(data: dict[str, Any], *path: str | int, value: Any) -> dict[str, Any]:
    """Return the plan with the value at `path` changed, and a digest that is right for it."""
    data = copy.deepcopy(data)
    holder: Any = data
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = value
    return {**data, "digest": compute_digest(data)}


def refused(data: Any) -> str:
    with pytest.raises((PlanRefused, UsageError)) as caught:
        read_all(data)
    return str(caught.value)


def read_all(data: Any) -> list[Planned]:
    return [read_planned(step, LIMITS) for step in parsed(data).steps if step.writes]


def test_a_plan_comes_back_as_it_was_made() -> None:
    before = made(wanted("gpu2"))
    data = plan(wanted(), wanted("gpu2", nodeCount=3), there=(before,))

    found = parsed(data)

    assert (found.version, found.endpoint, found.digest) == (__version__, ENDPOINT, data["digest"])
    assert (found.created, found.expires) == (NOW, NOW + datetime.timedelta(hours=24))
    assert [(step.action, step.title) for step in found.steps] == [
        ("create", "aks-train/train"),
        ("update", "aks-train/gpu2"),
    ]
    assert found.steps[1].changes[0].path == "count"
    check_plan_file(found, data["digest"], ENDPOINT, NOW)


def test_the_digest_is_of_canonical_json_and_of_everything_but_itself() -> None:
    data = plan()

    assert compute_digest(data) == compute_digest(dict(reversed(list(data.items())))) == data["digest"]
    assert compute_digest({"b": 1, "a": "\u00fc"}) == ("sha256:" + hashlib.sha256(b'{"a":"\\u00fc","b":1}').hexdigest())


@pytest.mark.parametrize("key", [key for key in plan() if key != "digest"])
def test_a_plan_that_was_edited_anywhere_is_refused(key: str) -> None:
    data = plan()
    data[key] = "edited" if isinstance(data[key], str) else [data[key]]

    assert refused(data)


def test_no_person_and_no_secret_stands_in_a_plan() -> None:
    assert set(plan()) == {
        "apiVersion", "kind", "version", "endpoint", "created", "expires", "subscriptions", "clusters", "cost", "steps",
        "untouched", "digest",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"", "it is empty", id="empty"),
        pytest.param(b"[]", "wanted is one JSON object", id="list"),
        pytest.param(b"{}", "kind is null, wanted is GpuNodePoolPlan", id="no-plan"),
        pytest.param(b'{"a": 1, "a": 2}', "stands twice", id="key-twice"),
        pytest.param(b'{"a": NaN}', "NaN is no JSON number", id="nan"),
        pytest.param(b"apiVersion: aigpu.io/v1alpha1", "it is not JSON", id="spec"),
        pytest.param(b"\xff\xfe\xff", "it is not text in UTF-8", id="bytes"),
        pytest.param(b"[" * 200_000, "nested more than", id="deep"),
        pytest.param(json.dumps(plan()).encode()[:-40], "it is not JSON", id="cut-short"),
    ],
)
def test_what_is_no_plan_is_a_wrong_file(content: bytes, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_plan_file(content, "plan.json")


STEP = ("steps", 0)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        pytest.param(("steps",), {}, "steps is {}, wanted is a list", id="steps"),
        pytest.param(STEP, 1, "steps[0] is no object", id="step"),
        pytest.param((*STEP, "action"), "delete", "wanted is one of create", id="action"),
        pytest.param((*STEP, "name"), "../x", "no name of a pool", id="name"),
        pytest.param((*STEP, "cluster"), "/subscriptions/x", "wanted is the whole id", id="cluster"),
        pytest.param((*STEP, "read"), {}, "read does not go with create", id="read"),
        pytest.param((*STEP, "leftoverEtag"), 7, "leftoverEtag does not go with", id="leftover"),
        pytest.param((*STEP, "properties"), [], "properties is no object", id="properties"),
        pytest.param((*STEP, "properties", "vmSize"), 7, "vmSize is 7", id="size"),
        pytest.param((*STEP, "properties", "tags"), ["a"], "tags is a list", id="tags"),
        pytest.param((*STEP, "properties", "nodeTaints"), ["x"], "nodeTaints[0] is 'x'", id="taints"),
        pytest.param((*STEP, "properties", "gpuProfile"), {"nvidia": 1}, "asks for what no spec", id="unknown-field"),
        pytest.param((*STEP, "properties", "mode"), "System", "mode is 'System'", id="system"),
        pytest.param((*STEP, "changes"), [{"path": "vmSize"}], "holds what is no change", id="change"),
        pytest.param(
            (*STEP, "changes"), [{"path": "vmSize", "before": None, "after": "x"}], "not a property that a plan", id="f"
        ),
        pytest.param(("expires",), "soon", "wanted is a time such as", id="time"),
        pytest.param(("version",), None, "version is null, wanted is a text", id="version"),
    ],
)
def test_a_plan_with_a_right_digest_is_still_read_with_care(path: tuple[Any, ...], value: Any, told: str) -> None:
    assert told in refused(edited(plan(), *path, value=value))


def test_one_pool_has_one_step() -> None:
    data = plan()

    assert "two steps for one pool" in refused(edited(data, "steps", value=data["steps"] * 2))


@pytest.mark.parametrize(
    ("endpoint", "hours", "approved", "version", "told"),
    [
        pytest.param(ENDPOINT, 0, "sha256:" + "0" * 64, None, "not the one that was approved", id="another-digest"),
        pytest.param("https://evil.example.com", 0, None, None, "this login is at https://evil", id="another-host"),
        pytest.param(ENDPOINT, 24, None, None, "The plan expired at 2026-11-25T09:00:00Z", id="expired"),
        pytest.param(ENDPOINT, -1, None, None, "a clock is wrong", id="from-the-future"),
        pytest.param(ENDPOINT, 0, None, "0.0.1", "made by version 0.0.1", id="another-version"),
    ],
)
def test_what_was_not_approved_for_here_and_now_is_refused(
    endpoint: str, hours: int, approved: str | None, version: str | None, told: str
) -> None:
    data = plan() if version is None else edited(plan(), "version", value=version)

    with pytest.raises(PlanRefused, match=told):
        check_plan_file(parsed(data), approved or data["digest"], endpoint, NOW + datetime.timedelta(hours=hours))


def moved(before: Pool, after: Pool | None, **fields: Any) -> list[str]:
    (step,) = parsed(plan(wanted(**fields), there=(before,))).steps
    return [change.path for change in find_moved(step, after)]


def test_a_field_that_moved_is_named() -> None:
    before = made(wanted())
    after = made(wanted(), nodeTaints=["sku=gpu:NoSchedule", "a=b:NoSchedule"], maxPods=30)

    assert moved(before, after, nodeCount=3) == ["maxPods", "nodeTaints"]
    assert moved(before, made(wanted(), count=2), nodeCount=3) == ["count"]
    assert moved(before, None, nodeCount=3) == ["(the pool)"]


def test_the_autoscaler_may_move_the_number_of_nodes_and_aks_the_image() -> None:
    scaled = {"nodeCount": None, "minCount": 0, "maxCount": 5}
    pool = wanted(**scaled)
    before = made(pool, count=1, enableAutoScaling=True, nodeImageVersion="x")
    after = made(pool, count=4, enableAutoScaling=True, nodeImageVersion="y")

    assert moved(before, after, **{**scaled, "maxCount": 6}) == []
    assert moved(before, made(pool, count=1, enableAutoScaling=False), **{**scaled, "maxCount": 6})


def test_a_pool_that_somebody_made_in_the_meantime_is_not_written_over() -> None:
    (step,) = parsed(plan()).steps

    assert [change.path for change in find_moved(step, made(wanted()))] == ["(the pool)"]


def test_only_the_leftover_that_was_seen_is_deleted() -> None:
    seen = made(wanted(), "Failed", count=0)
    data = build_plan_file(proposed(wanted(), there=(seen,), replace_failed=True), ENDPOINT, NOW, 24)
    (step,) = parsed(data).steps

    assert step.leftover_etag == "etag-1"
    assert find_moved(step, seen) == ()
    assert find_moved(step, None)
    assert find_moved(step, dataclasses.replace(seen, etag="etag-2"))


def test_what_is_sent_is_what_was_approved() -> None:
    """A plan whose request asks for more than the changes that people read of it is not carried out."""
    data = plan(wanted(nodeCount=3), there=(made(wanted()),))
    (step,) = parsed(edited(data, "steps", 0, "properties", "maxPods", value=10)).steps

    judged = judge_planned(read_planned(step, LIMITS), a_cloud_with(made(wanted())), strict=False)

    assert "do not belong together" in judged.unread
    assert not judged.may_go


@pytest.mark.parametrize(
    ("fields", "cloud"),
    [
        pytest.param({}, {"usages": some_usages(family_left=24 * 3)}, id="quota"),
        pytest.param(
            {"crgId": HELD},
            {"usages": some_usages(family_left=24), "reservations": Known((Reservation(A100, 2, 0),))},
            id="reservation",
        ),
    ],
)
def test_what_an_earlier_step_takes_is_not_there_for_the_next_one(fields: dict[str, Any], cloud: Any) -> None:
    pools = [wanted(name, nodeCount=2, maxSurge="0", **fields) for name in ("a", "b")]
    planned = [read_planned(step, LIMITS) for step in parsed(plan(*pools)).steps]
    facts = a_cloud(**cloud)

    judged = judge_together(planned, {one.inquiry: facts for one in planned}, strict=False)

    assert [judge_planned(one, facts, strict=False).may_go for one in planned] == [True, True]
    assert [[finding.reason for finding in one.stops] for one in judged] == [[], ["QuotaExceeded"]]


def test_a_plan_without_a_step_is_no_plan() -> None:
    with pytest.raises(UsageError, match="it has no step"):
        parsed(edited(plan(), "steps", value=[]))


@pytest.mark.parametrize("scaled", [False, True], ids=["fixed", "autoscaler"])
def test_a_change_to_a_number_that_nobody_says_may_take_nodes_away(scaled: bool) -> None:
    (step,) = parsed(plan(wanted(nodeCount=3), there=(made(wanted()),))).steps
    spec = read_planned(step, LIMITS).spec
    unsaid = dataclasses.replace(spec, node_count=None, enable_cluster_autoscaler=scaled, max_count=None)

    assert takes_nodes(Judged(Planned(step, unsaid)))
    assert not takes_nodes(Judged(Planned(step, spec), nodes=1))


def a_cloud_with(pool: Pool) -> CloudFacts:
    return a_cloud(pools=Known((pool,)))


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=5,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(found for key, item in inner for found in paths(item, (*path, key)))]


PLAN = plan(wanted(), wanted("b", nodeCount=3), there=(made(wanted("b")),))


@given(path=st.sampled_from([path for path in paths(PLAN) if path[0] != "digest"]), value=VALUES)
def test_any_plan_with_a_right_digest_is_judged_or_refused(path: tuple[Any, ...], value: Any) -> None:
    try:
        found = parsed(edited(PLAN, *path, value=value))
        check_plan_file(found, found.digest, ENDPOINT, NOW)
        planned = [read_planned(step, LIMITS) for step in found.steps if step.writes]
    except (PlanRefused, UsageError):
        return
    cloud = a_cloud_with(made(wanted("b")))
    assert len(judge_together(planned, {one.inquiry: cloud for one in planned}, strict=False)) == len(planned)


@given(content=st.one_of(st.binary(max_size=80), VALUES.map(lambda value: json.dumps(value).encode())))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with pytest.raises(UsageError):
        parse_plan_file(content, "plan.json")
