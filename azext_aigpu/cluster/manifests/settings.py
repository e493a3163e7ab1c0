"""What an installation of the agent is asked to be."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from aigpu_contract import labels
from azext_aigpu.cluster.admission.reverse_rule import GpuPools

AGENT = "aigpu-agent"
"""The name of every object of the agent."""

NAMESPACE = labels.NAMESPACE
PORT = 9437
PORT_NAME = "metrics"
INTERVAL_S = 60
LEASE_S = 8 * INTERVAL_S
"""How old a heartbeat may be with that interval; the agent writes it into its Lease as leaseDurationSeconds."""

OBSERVE, CONDITION, TAINT = "observe", "condition", "taint"
MODES = (OBSERVE, CONDITION, TAINT)
BASE, WATCH = "base", "watch"
PROFILES = (BASE, WATCH)
PROMETHEUS_OPERATOR, AZURE_MONITOR = "prometheus-operator", "azure-monitor"
MONITORINGS = (PROMETHEUS_OPERATOR, AZURE_MONITOR)


@dataclass(frozen=True)
class AgentSettings:
    """One installation. `profile` watch adds the pod watchdog: hostPID, and the right to list pods.

    `gpu_pools` are node pools that carry no label of ours; `tolerated` are keys of taints that pools have beside the
    contract's; `exempt_namespaces` come on top of those of the system. `min_driver` None: what each pool's label says.
    """

    image: str
    profile: str = BASE
    mode: str = CONDITION
    taint_key: str = labels.DEFAULT_TAINT.key
    gpu_pools: tuple[str, ...] = ()
    tolerated: tuple[str, ...] = ()
    exempt_namespaces: tuple[str, ...] = ()
    min_driver: str | None = None
    enforce: bool = False
    device_plugin: bool = False
    monitoring: str | None = None

    @property
    def pools(self) -> GpuPools:
        """What the reverse rule takes for a GPU pool."""
        return GpuPools(self.taint_key, frozenset(self.gpu_pools))

    @property
    def widest(self) -> AgentSettings:
        """The same with all that can be added, monitoring apart: its kinds are not served everywhere."""
        return dataclasses.replace(self, mode=TAINT, profile=WATCH, device_plugin=True)


def build_metadata(name: str, namespace: str | None = None, component: str = "agent") -> dict[str, object]:
    """Return the metadata of an object of ours."""
    where = {} if namespace is None else {"namespace": namespace}
    return {"name": name, **where, "labels": build_labels(component)}


def build_labels(component: str = "agent") -> dict[str, str]:
    """Return the labels of Kubernetes' own recommendation by which `agent uninstall` finds what is ours."""
    return {"app.kubernetes.io/name": "aigpu", "app.kubernetes.io/component": component}
