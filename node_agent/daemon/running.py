"""The process: builds the parts, runs rounds until it is told to end, and keeps the time between them."""

from __future__ import annotations

import functools
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType

from aigpu_contract.verdict import EXIT_OK, EXIT_UNKNOWN, EXIT_USAGE
from node_agent.daemon import server
from node_agent.daemon.clocks import ServerTime, read_boot_clock
from node_agent.daemon.kube import KubeError
from node_agent.daemon.kube_lightkube import LightkubeKube, read_config
from node_agent.daemon.loop import Agent
from node_agent.daemon.parts import Parts
from node_agent.daemon.reporters.log import Log
from node_agent.daemon.reporters.metrics import Metrics
from node_agent.daemon.retry import next_pause_s
from node_agent.daemon.round import Examiner, Look
from node_agent.daemon.settings import NOWHERE, Settings
from node_agent.daemon.watchdog import LIST_EVERY_S, LIST_INTERVALS, Watchdog
from node_agent.daemon.xid_watcher import XidWatcher
from node_agent.daemon.xids import ClassesError, read_classes
from node_agent.probes.round import read_facts
from node_agent.probes.vm_size import METADATA_HOST

END_WITHIN_S = 1.5
"""Seconds from SIGTERM to the end at the latest, whatever hangs."""
LEAST_BETWEEN_S = 10.0
"""Seconds between the starts of two rounds, however many XIDs are heard: a program that faults in a loop reports
hundreds, and each round reads the Node and asks NVML."""
LONGEST_ROUND_S = 300.0
"""Seconds that a round may take with every probe and every write hanging."""


def run(settings: Settings, environ: Mapping[str, str]) -> int:
    """Run until SIGTERM; return the exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server_time = ServerTime()
    log, metrics = Log(server_time), Metrics()
    try:
        parts = build_parts(settings, environ, server_time, metrics, log)
    except (KubeError, ClassesError) as error:
        sys.stderr.write(f"aigpu-agent: {error}\n")
        return EXIT_USAGE if isinstance(error, ClassesError) else EXIT_UNKNOWN
    wait = time.sleep if parts.watcher is None else parts.watcher.wait
    turning = Turning(settings, Agent(parts), wait)
    if settings.metrics is not None:
        pages = server.build_pages(metrics.render, turning.is_alive, lambda: turning.agent.is_ready)
        try:
            server.serve(settings.metrics, pages)
        except OSError as error:
            sys.stderr.write(f"aigpu-agent: --metrics-address {settings.metrics[0]}:{settings.metrics[1]}: {error}\n")
            return EXIT_USAGE
    return turning.run(log)


def build_parts(
    settings: Settings, environ: Mapping[str, str], server_time: ServerTime, metrics: Metrics, log: Log
) -> Parts:
    """Return what the agent is made of. Raises KubeError, ClassesError."""
    classes = read_classes(settings.xid_classes)
    count = functools.partial(_count_answer, metrics)
    kube = LightkubeKube(read_config(settings.kubeconfig), settings.node_name, settings.namespace, server_time, count)
    host = None if settings.metadata == NOWHERE else settings.metadata or METADATA_HOST
    probe = functools.partial(read_facts, environ=environ)
    examiner = Examiner(Look(settings.root, host), probe, classes, server_time)
    watcher = XidWatcher(environ, functools.partial(_tell_of_watcher, log, metrics)) if settings.watch_xids else None
    clocks = (read_boot_clock, server_time)
    pods = None
    if settings.watch_pods:
        every_s = min(LIST_EVERY_S, LIST_INTERVALS * settings.interval_s)
        pods = Watchdog(kube, settings.gpu_deadline_s, settings.root, clocks, metrics, log, every_s)
    return Parts(settings, kube, examiner, server_time, read_boot_clock, metrics, log, environ, watcher, pods)


class Turning:
    """Rounds at their times. `wait` ends early where there is something to look at."""

    def __init__(
        self,
        settings: Settings,
        agent: Agent,
        wait: Callable[[float], None] = time.sleep,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.agent = agent
        self._wait = wait
        self._sleep = sleep
        self._settings = settings
        self._turned_at = read_boot_clock()

    def is_alive(self) -> bool:
        """Return whether the loop comes round."""
        return read_boot_clock() - self._turned_at < 2 * self._settings.interval_s + LONGEST_ROUND_S

    def run(self, log: Log) -> int:
        """Turn until there is a reason to end."""
        is_first = True
        while True:
            self._turned_at = began = read_boot_clock()
            reason = self.agent.turn()
            if reason is not None:
                log.warning("the process ends, to be started anew", reason=reason)
                return EXIT_OK
            part = random.random()  # noqa: S311 (it only spreads load)
            pause = next_pause_s(self._settings.interval_s, part, is_first=is_first, outage=self.agent.outage)
            is_first = False
            self._wait(max(0.0, began + pause - read_boot_clock()))
            least = min(LEAST_BETWEEN_S, self._settings.interval_s / 2)
            self._sleep(max(0.0, began + least - read_boot_clock()))


def _count_answer(metrics: Metrics, method: str, code: int) -> None:
    metrics.count("aigpu_node_api_requests_total", {"method": method, "code": str(code)})


def _tell_of_watcher(log: Log, metrics: Metrics, said: str) -> None:
    if said == "ended":
        metrics.count("aigpu_node_xid_watcher_restarts_total")
    log.info("XID watcher", said=said)


def _end(_number: int, _frame: FrameType | None) -> None:
    """End the process: children are closed on the way out, and what hangs is left to a timer."""
    guard = threading.Timer(END_WITHIN_S, os._exit, (EXIT_OK,))
    guard.daemon = True
    guard.start()
    raise SystemExit(EXIT_OK)
