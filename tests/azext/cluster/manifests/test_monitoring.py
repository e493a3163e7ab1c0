from __future__ import annotations

import json
import re

import pytest

from azext_aigpu.cluster.manifests.daemonset import build_daemonset
from azext_aigpu.cluster.manifests.monitoring import (
    ALERTS,
    PANELS,
    build_dashboard,
    build_monitoring,
    build_pod_monitor,
    build_rules,
)
from azext_aigpu.cluster.manifests.settings import AZURE_MONITOR, PROMETHEUS_OPERATOR, AgentSettings
from node_agent.daemon.reporters.metrics import HELP

KUBE_STATE_METRICS = {
    "kube_node_status_condition",
    "kube_node_spec_taint",
    "kube_lease_renew_time",
    "kube_daemonset_status_desired_number_scheduled",
    "kube_daemonset_status_number_ready",
}
EXPRESSIONS = [pytest.param(one[1], id=one[0]) for one in ALERTS] + [pytest.param(one[2], id=one[0]) for one in PANELS]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_is_one_that_somebody_exports(expression: str) -> None:
    names = set(re.findall(r"\b(?:aigpu_node|kube)_\w+", expression))

    assert names
    assert names <= KUBE_STATE_METRICS | set(HELP)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_brackets_and_quotes_are_closed(expression: str) -> None:
    without_texts = re.sub(r'"[^"]*"', "", expression)

    assert '"' not in without_texts
    for opened, closed in ("()", "{}"):
        assert without_texts.count(opened) == without_texts.count(closed)


def test_an_agent_that_is_gone_is_told_by_somebody_else() -> None:
    told = {name: expression for name, expression, *_ in ALERTS}

    for name in ("AigpuHeartbeatStale", "AigpuHeartbeatMissing", "AigpuAgentMissing", "AigpuAgentAbsent"):
        assert "aigpu_node_" not in told[name]


def test_the_monitor_finds_the_agents_port() -> None:
    (endpoint,) = build_pod_monitor("monitoring.coreos.com")["spec"]["podMetricsEndpoints"]
    template = build_daemonset(AgentSettings("x/y:1"))["spec"]["template"]

    assert endpoint["port"] in [port["name"] for port in template["spec"]["containers"][0]["ports"]]
    selector = build_pod_monitor("monitoring.coreos.com")["spec"]["selector"]["matchLabels"]
    assert selector.items() <= template["metadata"]["labels"].items()


def test_azure_monitor_gets_its_own_kind_and_no_rules() -> None:
    objects = build_monitoring(AZURE_MONITOR)

    assert [one["kind"] for one in objects] == ["PodMonitor", "ConfigMap"]
    assert objects[0]["apiVersion"] == "azmonitoring.coreos.com/v1"
    assert "PrometheusRule" in [one["kind"] for one in build_monitoring(PROMETHEUS_OPERATOR)]


def test_every_alert_says_what_is_wrong_and_how_to_look() -> None:
    for rule in build_rules()["spec"]["groups"][0]["rules"]:
        assert rule["annotations"]["summary"].endswith((".", "?"))
        assert "az aigpu node list" in rule["annotations"]["description"]
        assert rule["labels"]["severity"] in ("warning", "critical")


def test_panels_do_not_overlap() -> None:
    panels = json.loads(build_dashboard()["data"]["aigpu.json"])["panels"]
    cells: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        own = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not own & cells
        cells |= own
    assert len(panels) == len(PANELS)
