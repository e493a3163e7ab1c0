"""The text of /metrics: read back by the official parser, and true."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Unknown
from node_agent.daemon.reporters import metrics
from node_agent.daemon.reporters.metrics import HELP, Metrics, build_counts, build_findings, render
from tests.node_agent import healthy

parser = pytest.importorskip("prometheus_client.parser", reason="pip install prometheus-client reads the text back")


def read(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = parser.text_string_to_metric_families(text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def test_the_official_parser_reads_what_is_written() -> None:
    made = Metrics()
    made.count("aigpu_node_rounds_total", {"verdict": "PASS"})
    made.count("aigpu_node_rounds_total", {"verdict": "PASS"})
    made.set("aigpu_node_info", metrics.build_info('gpu"0\\', "taint", None))
    made.set("aigpu_node_ready", {(): -1})
    found = read(made.render())
    assert found["aigpu_node_rounds_total", frozenset({("verdict", "PASS")})] == 2
    assert found["aigpu_node_ready", frozenset()] == -1
    assert ("node", 'gpu"0\\') in next(labels for name, labels in found if name == "aigpu_node_info")


def test_a_gauge_that_is_set_anew_loses_its_old_series() -> None:
    made = Metrics()
    made.set("aigpu_node_finding", {(("check", "a"),): 1})
    made.set("aigpu_node_finding", {})
    assert made.render() == "\n"


def test_only_what_does_not_pass_is_a_series() -> None:
    findings = [
        Finding("intent", "Passed", Status.PASS, ""),
        Finding("throttle", "Throttled", Status.WARN, ""),
        Finding("gpu-count", "GPULost", Status.FAIL, ""),
        Finding("cuda-init", "NotReached", Status.UNKNOWN, ""),
    ]
    assert {labels[0][1] for labels in build_findings(findings)} == {"throttle", "gpu-count"}


def test_gpus_are_counted_by_each_layer() -> None:
    counts = {labels[0][1]: value for labels, value in build_counts(healthy.healthy(), healthy.of_node()).items()}
    assert counts == {"intent": 2, "pci": 2, "nvml": 2, "cuda": 2, "allocatable": 2}


def test_who_could_not_tell_is_left_out_and_is_no_zero() -> None:
    facts = replace(
        healthy.without_nvml(healthy.healthy(), 9), pci=Unknown(""), cuda=Unknown(""), kubelet_resources=Unknown("")
    )
    counts = {labels[0][1] for labels in build_counts(facts, replace(healthy.of_node(), gpus=None))}
    assert counts == set()


def test_what_healthy_azure_nodes_differ_in_is_a_metric_alone() -> None:
    assert metrics.build_lanes(healthy.healthy()) == 2
    assert metrics.build_unpersistent(healthy.healthy()) == 2


def test_every_series_has_its_help() -> None:
    assert render([(name, (), 1.0) for name in HELP]).count("# HELP") == len(HELP)


def test_a_control_character_steers_no_terminal() -> None:
    assert "\x1b" not in render([("aigpu_node_finding", (("check", "a\x1b[31m"),), 1)])
