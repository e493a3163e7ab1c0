"""The metrics, as text of the Prometheus exposition format 0.0.4. Pure but for its counters.

Written here: the official client costs 5 MiB on every GPU node for what is a few lines. Findings are series only while
they do not pass; there is no series for each check and node.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aigpu_contract import __version__
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known
from aigpu_contract.rendering import printable
from node_agent.daemon.condition import FALSE, TRUE, UNKNOWN
from node_agent.expected import Expected
from node_agent.facts import Facts, Nvml, NvmlDevice

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
READY = {TRUE: 1, FALSE: 0, UNKNOWN: -1}

Labels = tuple[tuple[str, str], ...]

HELP: Mapping[str, tuple[str, str]] = {
    "aigpu_node_info": ("gauge", "The agent and what it looks at; always 1."),
    "aigpu_node_ready": ("gauge", "The condition aigpu.io/GPUReady: 1 True, 0 False, -1 Unknown."),
    "aigpu_node_finding": ("gauge", "A finding of the last round that is no pass; gone when it passes."),
    "aigpu_node_gpus": (
        "gauge",
        "GPUs by who counts them: intent, pci, nvml, cuda, allocatable; missing when unknown.",
    ),
    "aigpu_node_gpus_without_persistence": ("gauge", "GPUs whose persistence mode is off."),
    "aigpu_node_gpus_below_full_pcie_width": ("gauge", "GPUs with fewer PCIe lanes than they can have."),
    "aigpu_node_proof_timestamp_seconds": ("gauge", "When a kernel last proved every GPU; missing without a proof."),
    "aigpu_node_proof_age_seconds": ("gauge", "Seconds since then."),
    "aigpu_node_round_timestamp_seconds": ("gauge", "When the last round of probes ended."),
    "aigpu_node_round_duration_seconds": ("gauge", "How long the last round took: whole, nvml, cuda."),
    "aigpu_node_rounds_total": ("counter", "Rounds by their verdict."),
    "aigpu_node_heartbeat_failures_total": ("counter", "Renewals of the Lease that did not succeed."),
    "aigpu_node_write_failures_total": ("counter", "Other writes to the API server that did not succeed, by what."),
    "aigpu_node_api_requests_total": ("counter", "Answers of the API server, by method and status."),
    "aigpu_node_xids_total": ("counter", "XIDs that GPUs reported, by number and class."),
    "aigpu_node_xid_watcher_restarts_total": ("counter", "Times that the process which listens for XIDs ended."),
    "aigpu_node_pods": ("gauge", "Pods by what is wrong with their use of the GPU; only with --watch-pods."),
}


@dataclass
class Metrics:
    """Holds the last values of gauges, set as a whole, and the counters. Safe to read from another thread."""

    _gauges: dict[str, dict[Labels, float]] = field(default_factory=dict)
    _counters: dict[tuple[str, Labels], float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, labels: Mapping[str, str] | None = None) -> None:
        """Add one to a counter."""
        key = (name, tuple(sorted((labels or {}).items())))
        with self._lock:
            self._counters[key] = self._counters.get(key, 0) + 1

    def set(self, name: str, values: Mapping[Labels, float]) -> None:
        """Put the values of a gauge in place of those before; none takes it away."""
        with self._lock:
            self._gauges[name] = dict(values)

    def render(self) -> str:
        """Return the whole text."""
        with self._lock:
            series = [
                (name, labels, value) for name, values in self._gauges.items() for labels, value in values.items()
            ]
            series += [(name, labels, value) for (name, labels), value in self._counters.items()]
        return render(series)


def render(series: Iterable[tuple[str, Labels, float]]) -> str:
    """Return series in the exposition format, each name once with its help."""
    rows = list(series)
    lines: list[str] = []
    for name, (kind, text) in HELP.items():
        own = [(labels, value) for one, labels, value in rows if one == name]
        if own:
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
            lines += [f"{name}{_render_labels(labels)} {value:.17g}" for labels, value in own]
    return "\n".join(lines) + "\n"


def build_findings(findings: Iterable[Finding]) -> dict[Labels, float]:
    """Return a series for each finding that is no pass and that names something."""
    told = [one for one in findings if one.status >= Status.WARN and one.reason != "NotReached"]
    return {(("check", one.id), ("reason", one.reason), ("status", one.status.name)): 1 for one in told}


def build_counts(facts: Facts, expected: Expected) -> dict[Labels, float]:
    """Return the GPUs by who counts them; who could not tell is left out, and is not a zero."""
    nvml = _nvml(facts)
    resource = expected.resource
    offered = facts.kubelet_resources.value if isinstance(facts.kubelet_resources, Known) else None
    counts = {
        "intent": expected.gpus,
        "pci": len(facts.pci.value) if isinstance(facts.pci, Known) else None,
        "nvml": None if nvml is None else nvml.count,
        "cuda": facts.cuda.value.count if isinstance(facts.cuda, Known) else None,
        "allocatable": None if offered is None or resource is None else offered.get(resource, 0),
    }
    return {(("source", source),): count for source, count in counts.items() if count is not None}


def build_lanes(facts: Facts) -> float:
    """Return how many GPUs have fewer PCIe lanes than they can have; healthy Azure nodes differ in this."""
    return sum(
        1 for one in _devices(facts) if one.pcie_width and one.pcie_width_max and one.pcie_width < one.pcie_width_max
    )


def build_unpersistent(facts: Facts) -> float:
    """Return how many GPUs have persistence mode off."""
    return sum(1 for one in _devices(facts) if one.persistence is False)


def build_info(node: str, mode: str, driver: str | None) -> dict[Labels, float]:
    """Return the one series of what the agent is."""
    return {(("driver", driver or ""), ("mode", mode), ("node", node), ("version", __version__)): 1}


def _nvml(facts: Facts) -> Nvml | None:
    return facts.nvml.value if isinstance(facts.nvml, Known) and facts.nvml.value.init_error is None else None


def _devices(facts: Facts) -> tuple[NvmlDevice, ...]:
    nvml = _nvml(facts)
    return () if nvml is None else nvml.devices


def _render_labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels) + "}"


def _escape(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')
