"""The settings of `aigpu-agent run`, from options and from the variables of the same names. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aigpu_contract import labels
from aigpu_contract.duration import parse_duration
from node_agent.daemon.taints import CONDITION, MODES
from node_agent.preflight.command import UsageError
from node_agent.preflight.declaring import variable

HEARTBEAT_INTERVALS = 5
"""A Lease is renewed in each fifth round: with 5,000 nodes and a minute, 17 writes a second."""
LATE_INTERVALS = 3
"""So many intervals late, the word of an agent holds no more."""
NOWHERE = "none"
_YES = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}
DEFAULTS = {
    "--mode": CONDITION,
    "--interval": "60s",
    "--metrics-address": "0.0.0.0:9437",
    "--namespace": labels.NAMESPACE,
    "--root": "/",
    "--gpu-deadline": "30m",
}


@dataclass(frozen=True)
class Settings:
    """How the agent runs. Durations in seconds; `metrics` is host and port, None for no server."""

    node_name: str
    mode: str = CONDITION
    interval_s: float = 60.0
    heartbeat_s: float = 300.0
    metrics: tuple[str, int] | None = None
    watch_pods: bool = False
    watch_xids: bool = False
    xid_classes: str | None = None
    gpu_deadline_s: int = 1800
    namespace: str = labels.NAMESPACE
    root: str = "/"
    kubeconfig: str | None = None
    metadata: str | None = None
    holder: str = ""
    declared: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def lease_s(self) -> int:
        """How long the agent's word holds after a renewal."""
        return round(self.heartbeat_s + LATE_INTERVALS * self.interval_s)


def parse_settings(options: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    """Return the settings. Raises UsageError."""

    def said(option: str) -> str | None:
        return _said(option, getattr(options, option.strip("-").replace("-", "_")), environ)

    interval = _duration("--interval", said("--interval") or "", least=1)
    renewed = said("--heartbeat")
    heartbeat = HEARTBEAT_INTERVALS * interval if renewed is None else _duration("--heartbeat", renewed, least=1)
    return Settings(
        node_name=_node_name(said("--node-name")),
        mode=_mode(said("--mode") or ""),
        interval_s=interval,
        heartbeat_s=heartbeat,
        metrics=parse_address(said("--metrics-address") or NOWHERE),
        watch_pods=_flag("--watch-pods", is_given=options.watch_pods, environ=environ),
        watch_xids=_flag("--watch-xids", is_given=options.watch_xids, environ=environ),
        xid_classes=said("--xid-classes"),
        gpu_deadline_s=_duration("--gpu-deadline", said("--gpu-deadline") or "", least=0),
        namespace=said("--namespace") or labels.NAMESPACE,
        root=said("--root") or "/",
        kubeconfig=said("--kubeconfig"),
        metadata=said("--metadata"),
        holder=environ.get("AIGPU_POD_NAME") or environ.get("HOSTNAME") or "aigpu-agent",
        # The variables of what is expected are read where the expectation is made.
        declared={"--min-driver": options.min_driver, "--waive": options.waive},
    )


def parse_address(text: str) -> tuple[str, int] | None:
    """Return host and port of `0.0.0.0:9437` or `[::]:9437`, None for `none`. Raises UsageError."""
    if text == NOWHERE:
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise UsageError(f"--metrics-address {text!r}: not of the form HOST:PORT, such as 0.0.0.0:9437, and not none")
    return host.strip("[]"), int(port)


def _said(option: str, given: str | None, environ: Mapping[str, str]) -> str | None:
    """Return what the option or its variable says, else the default. Two that differ are a contradiction."""
    name = variable(option)
    texts = [text for text in (given, environ.get(name)) if text is not None]
    if len(set(texts)) > 1:
        raise UsageError(f"{option} says {texts[0]!r} and {name} says {texts[1]!r}: leave one of them out")
    return texts[0] if texts else DEFAULTS.get(option)


def _node_name(text: str | None) -> str:
    if not text:
        raise UsageError(
            "--node-name is missing: set AIGPU_NODE_NAME from the downward API's spec.nodeName, or name the node"
        )
    return text


def _mode(text: str) -> str:
    if text not in MODES:
        raise UsageError(f"--mode {text!r}: not one of {', '.join(MODES)}")
    return text


def _duration(option: str, text: str, least: int) -> int:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
    if seconds < least:
        raise UsageError(f"{option} {text!r}: at least {least} s")
    return seconds


def _flag(option: str, *, is_given: bool, environ: Mapping[str, str]) -> bool:
    text = environ.get(variable(option), "").strip().lower()
    if text not in _YES:
        raise UsageError(f"{variable(option)}={text!r}: neither true nor false")
    return is_given or _YES[text]
