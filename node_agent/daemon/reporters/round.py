"""The metrics of one round."""

from __future__ import annotations

from node_agent.daemon.clocks import parse_time
from node_agent.daemon.node import Condition
from node_agent.daemon.reporters import metrics as shape
from node_agent.daemon.reporters.metrics import READY, Labels, Metrics
from node_agent.daemon.round import Round
from node_agent.daemon.settings import Settings


def publish_round(metrics: Metrics, settings: Settings, seen: Round, said: Condition | None, now: float) -> None:
    """Set the gauges to what the round saw, and count it. `now` is the server's time."""
    facts = seen.facts
    metrics.count("aigpu_node_rounds_total", {"verdict": seen.verdict.status.name})
    metrics.set("aigpu_node_info", shape.build_info(settings.node_name, settings.mode, seen.machine.driver))
    metrics.set("aigpu_node_ready", {} if said is None else {(): READY[said.status]})
    metrics.set("aigpu_node_finding", shape.build_findings(seen.verdict.findings))
    metrics.set("aigpu_node_gpus", shape.build_counts(facts, seen.expected))
    metrics.set("aigpu_node_gpus_without_persistence", {(): shape.build_unpersistent(facts)})
    metrics.set("aigpu_node_gpus_below_full_pcie_width", {(): shape.build_lanes(facts)})
    metrics.set("aigpu_node_round_timestamp_seconds", {(): now})
    durations: dict[Labels, float] = {(("part", name),): seconds for name, seconds in facts.durations.items()}
    metrics.set("aigpu_node_round_duration_seconds", durations)
    carried = seen.left.proofs.carried
    proven_at = None if carried is None else parse_time(carried.proven_at)
    metrics.set("aigpu_node_proof_timestamp_seconds", {} if proven_at is None else {(): proven_at})
    metrics.set("aigpu_node_proof_age_seconds", {} if proven_at is None else {(): max(0.0, now - proven_at)})


def publish_pause(metrics: Metrics, said: Condition | None) -> None:
    """Set the gauges of an agent that may not look: what it saw before is not known any more."""
    metrics.set("aigpu_node_ready", {} if said is None else {(): READY[said.status]})
    for name in ("aigpu_node_finding", "aigpu_node_gpus", "aigpu_node_pods"):
        metrics.set(name, {})
