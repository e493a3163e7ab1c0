"""What Prometheus and Grafana need to watch the agents. Pure.

The alerts that matter most read kube-state-metrics and not the agent: an agent that is gone reports nothing.
"""

from __future__ import annotations

import json
from typing import Any

from aigpu_contract import labels
from azext_aigpu.cluster.manifests.settings import (
    AGENT,
    AZURE_MONITOR,
    LEASE_S,
    NAMESPACE,
    PORT_NAME,
    build_labels,
    build_metadata,
)

GROUPS = {"prometheus-operator": "monitoring.coreos.com", AZURE_MONITOR: "azmonitoring.coreos.com"}
"""Where each kind of monitoring looks for a PodMonitor. Azure Monitor takes rules through Azure alone."""

_HOW = "az aigpu node list"
_CONDITION = f'kube_node_status_condition{{condition="{labels.CONDITION_TYPE}"'
_TAINTED = f'kube_node_spec_taint{{key="{labels.STATUS_TAINT_KEY}"}}'
_HEARTBEATS = f'kube_lease_renew_time{{namespace="{NAMESPACE}",lease!~"taint-budget-.*"}}'
_OWN = f'{{namespace="{NAMESPACE}",daemonset="{AGENT}"}}'
_BY_NODE = f'label_replace({_HEARTBEATS}, "node", "$1", "lease", "(.+)")'

ALERTS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "AigpuNodeNotReady",
        f'{_CONDITION},status="false"}} == 1',
        "2m",
        "critical",
        "The GPUs of node {{ $labels.node }} are not what they should be.",
    ),
    (
        "AigpuNodeUnknown",
        f'{_CONDITION},status="unknown"}} == 1',
        "15m",
        "warning",
        "Nothing is proven of the GPUs of node {{ $labels.node }}.",
    ),
    (
        "AigpuHeartbeatStale",
        f"time() - max by (node) ({_BY_NODE}) > {LEASE_S}",
        "2m",
        "warning",
        "The agent of node {{ $labels.node }} is silent: what its condition says no longer counts.",
    ),
    (
        "AigpuHeartbeatMissing",
        f'{_CONDITION},status="true"}} == 1 unless on (node) {_BY_NODE}',
        "10m",
        "warning",
        "Node {{ $labels.node }} says that its GPUs are proven, and no agent stands behind it.",
    ),
    (
        "AigpuAgentMissing",
        f"kube_daemonset_status_desired_number_scheduled{_OWN} - kube_daemonset_status_number_ready{_OWN} > 0",
        "15m",
        "warning",
        "{{ $value }} GPU nodes have no agent that is ready.",
    ),
    (
        "AigpuAgentAbsent",
        f"absent(kube_daemonset_status_number_ready{_OWN})",
        "15m",
        "critical",
        "The agent is not installed, or kube-state-metrics is not read.",
    ),
    (
        "AigpuTaintBudgetExhausted",
        # Only in mode taint is a node tainted at all.
        f'({_CONDITION},status="false"}} == 1) unless on (node) {_TAINTED} and on () (count({_TAINTED}) > 0)',
        "15m",
        "critical",
        "Node {{ $labels.node }} has failed and is not tainted: too many nodes of its pool have. Is it the driver?",
    ),
    (
        "AigpuSilentCPUFallback",
        'aigpu_node_pods{reason="SilentCPUFallback"} > 0',
        "0m",
        "critical",
        "{{ $value }} pods on node {{ $labels.node }} asked for a GPU and have not opened one: they run on the CPU.",
    ),
    (
        "AigpuCPUOnlyPodOnGPUNode",
        'aigpu_node_pods{reason="CPUOnlyPodOnGPUNode"} > 0',
        "10m",
        "warning",
        "{{ $value }} pods on GPU node {{ $labels.node }} asked for no GPU.",
    ),
)
"""Name, expression, how long it must hold, severity, summary."""

PANELS: tuple[tuple[str, str, str], ...] = (
    ("Nodes proven", "stat", f'sum({_CONDITION},status="true"}})'),
    ("Nodes failed", "stat", f'sum({_CONDITION},status="false"}})'),
    ("Nodes unknown", "stat", f'sum({_CONDITION},status="unknown"}})'),
    ("Agents silent", "stat", f"count(time() - max by (node) ({_BY_NODE}) > {LEASE_S}) or vector(0)"),
    ("Condition by node", "timeseries", "aigpu_node_ready"),
    ("GPUs by who counts them", "timeseries", "sum by (source) (aigpu_node_gpus)"),
    ("Findings", "table", "aigpu_node_finding"),
    ("Pods that misuse GPUs", "timeseries", "sum by (reason) (aigpu_node_pods)"),
    ("Driver versions", "table", "count by (driver, version) (aigpu_node_info)"),
)
"""Title, kind and query of each panel."""

_COLUMNS = 24
_STAT_SIZE, _PANEL_SIZE = (6, 4), (12, 8)


def build_monitoring(kind: str) -> list[dict[str, Any]]:
    """Return the objects for one of `GROUPS`."""
    objects = [build_pod_monitor(GROUPS[kind]), build_dashboard()]
    return objects if kind == AZURE_MONITOR else [*objects, build_rules()]


def build_pod_monitor(group: str) -> dict[str, Any]:
    """Return what has Prometheus ask each agent, and put the node's name to its metrics."""
    node = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"}
    return {
        "apiVersion": f"{group}/v1",
        "kind": "PodMonitor",
        "metadata": build_metadata(AGENT, NAMESPACE, "monitoring"),
        "spec": {
            "selector": {"matchLabels": build_labels()},
            "podMetricsEndpoints": [{"port": PORT_NAME, "path": "/metrics", "interval": "60s", "relabelings": [node]}],
        },
    }


def build_rules() -> dict[str, Any]:
    """Return the alerts, for the Prometheus operator."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": build_metadata(AGENT, NAMESPACE, "monitoring"),
        "spec": {"groups": [{"name": AGENT, "rules": [_alert(*one) for one in ALERTS]}]},
    }


def build_dashboard() -> dict[str, Any]:
    """Return the dashboard, in a ConfigMap with the label that Grafana's sidecar looks for."""
    metadata = build_metadata("aigpu-dashboard", NAMESPACE, "monitoring")
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {**metadata, "labels": {**build_labels("monitoring"), "grafana_dashboard": "1"}},
        "data": {"aigpu.json": json.dumps(_dashboard(), indent=1)},
    }


def _alert(name: str, expression: str, holds: str, severity: str, summary: str) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expression,
        "for": holds,
        "labels": {"severity": severity},
        "annotations": {"summary": summary, "description": f"Look at it: {_HOW}"},
    }


def _dashboard() -> dict[str, Any]:
    source = {"name": "source", "label": "Data source", "type": "datasource", "query": "prometheus"}
    return {
        "uid": "aigpu-nodes",
        "title": "GPU nodes proven by aigpu",
        "schemaVersion": 39,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "1m",
        "templating": {"list": [source]},
        "panels": _panels(),
    }


def _panels() -> list[dict[str, Any]]:
    """Place the panels from left to right, and into the next row where one is full."""
    placed: list[dict[str, Any]] = []
    x = y = row = 0
    for number, (title, kind, query) in enumerate(PANELS, start=1):
        width, height = _STAT_SIZE if kind == "stat" else _PANEL_SIZE
        if x + width > _COLUMNS:
            x, y, row = 0, y + row, 0
        placed.append(
            {
                "id": number,
                "title": title,
                "type": kind,
                "datasource": {"type": "prometheus", "uid": "${source}"},
                "gridPos": {"x": x, "y": y, "w": width, "h": height},
                "targets": [{"refId": "A", "expr": query, "instant": kind != "timeseries"}],
            }
        )
        x, row = x + width, max(row, height)
    return placed
