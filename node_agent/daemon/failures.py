"""Calls of the API server that did not succeed in a round: counted, logged, and a reason to spread the rounds."""

from __future__ import annotations

from node_agent.daemon.kube import KubeError
from node_agent.daemon.reporters.log import Log
from node_agent.daemon.reporters.metrics import Metrics


class Failures:
    """`seen` says whether there were any since the last `forget`."""

    def __init__(self, metrics: Metrics, log: Log) -> None:
        self.seen = False
        self._metrics = metrics
        self._log = log

    def forget(self) -> None:
        """Begin a round."""
        self.seen = False

    def note(self, what: str, error: KubeError, *, is_counted: bool = True) -> None:
        """Take note of a failed read or write of `what`; the Lease's are counted by a metric of their own."""
        self.seen = True
        if is_counted:
            self._metrics.count("aigpu_node_write_failures_total", {"what": what})
        self._log.error("the API server did not take it, or did not give it", concerning=what, error=str(error))
