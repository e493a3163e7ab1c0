"""Every finding of `job check` has a page, and the page shows what the command really says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aigpu_contract.finding import Finding, Status
from aigpu_contract.job_reasons import JOB_REASONS
from aigpu_contract.reasons import REASONS
from aigpu_contract.rendering import render_finding
from azext_aigpu.cluster import jobs
from tests.azext.cluster.finding_pages import REFERENCE, rows_of, shown_on, words_of
from tests.azext.cluster.jobs.examples import EXAMPLES
from tests.azext.cluster.jobs.given import review

MODULES = Path(jobs.__file__).parent
JUDGING = ("amounts", "container_checks", "pod_checks", "review")
PAGES = REFERENCE / "job-checks"
EVERY = [
    pytest.param(identity, reason, status, thing, id=f"{identity}-{reason}-{status}")
    for identity, examples in EXAMPLES.items()
    for (reason, status), thing in examples.items()
]


def page_of(identity: str) -> str:
    return (PAGES / f"{identity}.md").read_text("utf-8")


def find(identity: str, reason: str, thing: Mapping[str, Any]) -> Finding:
    (reviewed,) = review(thing)
    return next(one for one in reviewed.findings if (one.id, one.reason) == (identity, reason))


def test_the_pages_are_those_of_the_ids() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == set(EXAMPLES)


def test_every_id_and_every_reason_that_the_modules_name_has_an_example() -> None:
    words = set[str]().union(*(words_of(MODULES / f"{module}.py") for module in JUDGING))
    shown = {reason for examples in EXAMPLES.values() for reason, _ in examples}

    assert {word for word in words if re.fullmatch(r"[a-z]+(-[a-z]+)+", word)} >= set(EXAMPLES) - {"preflight"}
    assert (words & set(REASONS)) - {"Passed"} == shown
    assert {name for name, _, _ in JOB_REASONS} <= shown


@pytest.mark.parametrize(("identity", "reason", "status", "thing"), EVERY)
def test_a_finding_says_what_is_seen_wanted_and_next(
    identity: str, reason: str, status: str, thing: Mapping[str, Any]
) -> None:
    finding = find(identity, reason, thing)

    assert finding.status.name == status
    assert finding.problem
    if finding.status >= Status.WARN:
        assert finding.seen
        assert finding.wanted
        assert finding.next_step


@pytest.mark.parametrize("identity", EXAMPLES)
def test_a_page_names_every_reason_with_its_status(identity: str) -> None:
    assert page_of(identity).splitlines()[0] == f"# {identity}"
    assert rows_of(page_of(identity)) == set(EXAMPLES[identity])


@pytest.mark.parametrize("identity", EXAMPLES)
def test_a_page_shows_a_finding_as_the_command_prints_it(identity: str) -> None:
    (reason, _), thing = next(iter(EXAMPLES[identity].items()))

    assert shown_on(page_of(identity)) == render_finding(find(identity, reason, thing))
