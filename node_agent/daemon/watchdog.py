"""The pod watchdog: a round turns NVML's lists into pods, and every few minutes the node's pods are held against them.

It reports, by an event about the node and by a metric, and it never kills.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from aigpu_contract.labels import PRICE_HOUR
from aigpu_contract.reading import Unknown
from node_agent.daemon.cgroups import Owners, read_owners
from node_agent.daemon.clocks import BootClock, ServerTime
from node_agent.daemon.kube import Kube, KubeError
from node_agent.daemon.node import Node
from node_agent.daemon.pods import UNTOLD, PodFinding, Users, judge_pods, parse_pods, parse_price
from node_agent.daemon.reporters.event import WARNING, Event
from node_agent.daemon.reporters.log import Log
from node_agent.daemon.reporters.metrics import Metrics
from node_agent.daemon.round import Round
from node_agent.facts import Facts
from node_agent.preflight.context import LEAST_CONTEXT_MIB

LIST_EVERY_S = 300.0
LIST_INTERVALS = 5
LOOKS = 2
"""Lists of pods, minutes apart, in which a pod must be without a context before anything is said of it."""


class Watchdog:
    """Remembers which pods have had a context: one that computed once did not fall back, also while it rests."""

    def __init__(
        self,
        kube: Kube,
        deadline_s: int,
        root: str,
        clocks: tuple[BootClock, ServerTime],
        metrics: Metrics,
        log: Log,
        list_every_s: float = LIST_EVERY_S,
    ) -> None:
        self._kube = kube
        self._deadline_s = deadline_s
        self._root = root
        self._boot_clock, self._server_time = clocks
        self._metrics = metrics
        self._log = log
        self._list_every_s = list_every_s
        self._listed_at: float | None = None
        self._seen: frozenset[str] = frozenset()
        self._counts: Counter[tuple[str, str]] = Counter()

    def look(self, seen: Round, node: Node) -> Sequence[Event]:
        """Return what is to be told after a round. Pods that cannot be listed are looked at in the next one."""
        users = read_users(seen.facts, self._root)
        self._seen |= users.pods
        now = self._boot_clock()
        if self._listed_at is not None and now - self._listed_at < self._list_every_s:
            return ()
        try:
            pods = parse_pods(self._kube.list_pods())
        except KubeError as error:
            self._log.error("the pods of the node could not be listed", error=str(error))
            return ()
        self._listed_at = now
        self._seen &= frozenset(pod.uid for pod in pods)
        known = Users(self._seen, users.problem)
        price = parse_price(node.labels.get(PRICE_HOUR))
        offered = node.allocatable.get(seen.expected.resource or "") or seen.expected.gpus
        return self._tell(judge_pods(pods, known, self._server_time.now(), self._deadline_s, price, offered))

    def _tell(self, found: Sequence[PodFinding]) -> Sequence[Event]:
        times = Counter((one.reason, one.pod.uid) for one in found)
        self._counts = Counter({key: self._counts[key] + 1 for key in times})
        sure = [one for one in found if self._counts[one.reason, one.pod.uid] >= LOOKS]
        reasons = Counter(one.reason for one in sure)
        self._metrics.set("aigpu_node_pods", {(("reason", reason),): count for reason, count in reasons.items()})
        for one in sure:
            self._log.warning("pod", reason=one.reason, pod=str(one.pod), finding=one.message)
        return [Event(WARNING, one.reason, one.message, one.pod.uid) for one in sure if one.reason != UNTOLD]


def read_users(facts: Facts, root: str) -> Users:
    """Return the pods with a context by NVML's lists, and why they may be not all."""
    if isinstance(facts.nvml, Unknown):
        return Users(frozenset(), f"NVML was not read: {facts.nvml.reason}")
    nvml = facts.nvml.value
    if nvml.init_error is not None:
        return Users(frozenset(), f"NVML does not start (error {nvml.init_error})")
    if isinstance(nvml.processes, Unknown):
        return Users(frozenset(), nvml.processes.reason)
    listed = {one.device for one in nvml.processes.value}
    owners: Owners = read_owners(root, sorted({one.pid for one in nvml.processes.value}))
    problem = owners.problem
    quiet = [one for one in nvml.devices if not one.mig_enabled and one.uuid not in listed]
    untold = [one for one in quiet if one.memory_used_mib is None]
    if untold:
        problem = f"NVML names nobody on GPU {untold[0].index}, and does not tell how much of its memory is in use"
    hidden = [one for one in quiet if (one.memory_used_mib or 0) >= LEAST_CONTEXT_MIB]
    if hidden:
        problem = f"{hidden[0].memory_used_mib} MiB of {hidden[0].uuid} are in use, and NVML names nobody"
    return Users(owners.pods, problem)
