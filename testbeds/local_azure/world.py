"""The state of the local Azure: subscriptions, clusters, pools, running operations, quotas.

Everything is mutable and guarded by `World.lock`; tests may change any of it before or between commands.
"""

from __future__ import annotations

import datetime
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from testbeds.local_azure.exchange import ArmError
from testbeds.local_azure.faults import Faults
from testbeds.local_azure.policy_store import PolicyStore
from testbeds.local_azure.pool_body import build_pool_properties
from testbeds.local_azure.quotas import Quota, default_quota
from testbeds.local_azure.sizes import find_size

SUBSCRIPTION_ID = "a16b0000-0000-4000-8000-000000000001"
TENANT_ID = "a16b0000-0000-4000-8000-0000000000ff"
RESOURCE_GROUP = "rg-train"
KUBERNETES_VERSION = "1.34.2"


@dataclass
class Pool:
    """One agent pool; `properties` is its wire body, provisioning state and etag included."""

    name: str
    properties: dict[str, Any]

    @property
    def state(self) -> str:
        """The provisioning state."""
        return str(self.properties["provisioningState"])

    @property
    def etag(self) -> str:
        """The entity tag, new after each write."""
        return str(self.properties["eTag"])

    @property
    def busy(self) -> bool:
        """Whether an operation runs on it."""
        return self.state not in ("Succeeded", "Failed", "Canceled")

    def touch(self, state: str) -> None:
        """Set the provisioning state and give the pool a new entity tag."""
        self.properties["provisioningState"] = state
        self.properties["eTag"] = str(uuid.uuid4())


@dataclass
class Cluster:
    """One managed cluster; `properties` is its wire body without the pools, which are kept in `pools`.

    `kubeconfig` is what its users get; `run_command` plays its inside: command and files to exit code and output.
    """

    name: str
    resource_group: str
    location: str
    properties: dict[str, Any]
    pools: dict[str, Pool] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    etag: str = field(default_factory=lambda: str(uuid.uuid4()))
    kubeconfig: str | None = None
    run_command: Callable[[str, Mapping[str, str]], tuple[int, str]] | None = None

    @property
    def stopped(self) -> bool:
        """Whether the cluster is stopped."""
        return bool(self.properties["powerState"]["code"] == "Stopped")

    @property
    def auto_provisioning(self) -> bool:
        """Whether node auto-provisioning is on."""
        return bool(self.properties["nodeProvisioningProfile"]["mode"] == "Auto")


@dataclass
class Restriction:
    """One entry of `restrictions` of a size in a region; `zones` empty means the whole region."""

    zones: tuple[str, ...] = ()
    reason: str = "NotAvailableForSubscription"


@dataclass
class Machine:
    """One virtual machine; `body` is its wire body without id, `extensions` those of its extensions by name."""

    name: str
    resource_group: str
    body: dict[str, Any]
    extensions: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def size(self) -> str:
        """The VM size."""
        return str(self.body["properties"]["hardwareProfile"]["vmSize"])


@dataclass
class Deployment:
    """One deployment of a template; `error` once it has failed."""

    name: str
    properties: dict[str, Any]
    error: ArmError | None = None


@dataclass
class Reservation:
    """Machines of one size that a capacity reservation group holds."""

    size: str
    capacity: int


@dataclass
class Operation:
    """A long-running operation; `finish` is called once, when the clock passes `ends_at`."""

    id: str
    kind: str
    location: str
    started_at: str
    ends_at: float
    finish: Callable[[], None]
    error: ArmError | None = None
    finished_at: str | None = None

    @property
    def status(self) -> str:
        """The status that a poll reads."""
        if self.finished_at is None:
            return "InProgress"
        return "Failed" if self.error else "Succeeded"


@dataclass
class RanCommand:
    """A command that ran inside a cluster; `seen` once somebody has asked how it went."""

    id: str
    exit_code: int
    logs: str
    seen: bool = False


@dataclass
class Subscription:
    """One subscription; quotas and restrictions given here come before the defaults.

    `reservations` are capacity reservation groups by their lower-case name, all in the clusters' resource group.
    """

    id: str
    name: str
    tenant_id: str = TENANT_ID
    resource_groups: dict[str, str] = field(default_factory=dict)
    clusters: list[Cluster] = field(default_factory=list)
    quotas: dict[tuple[str, str], Quota] = field(default_factory=dict)
    restrictions: dict[tuple[str, str], list[Restriction]] = field(default_factory=dict)
    reservations: dict[str, list[Reservation]] = field(default_factory=dict)
    machines: list[Machine] = field(default_factory=list)
    deployments: dict[tuple[str, str], Deployment] = field(default_factory=dict)

    def set_quota(self, region: str, name: str, limit: int, used: int = 0) -> None:
        """Give the family (or `cores`, `lowPriorityCores`) a limit; `used` counts what is no pool of this world."""
        self.quotas[region, name.lower()] = Quota(limit, used)

    def quota(self, region: str, name: str) -> Quota:
        """The limit of `name` and what is used of it, the pools of this world included."""
        given = self.quotas.get((region, name.lower())) or default_quota(region, name)
        return Quota(given.limit, given.used + self._used_by_pools(region, name.lower()))

    def restrict(self, region: str, size: str, *zones: str, reason: str = "NotAvailableForSubscription") -> None:
        """Restrict a size in the whole region, or in `zones` only."""
        self.restrictions.setdefault((region, size.lower()), []).append(Restriction(zones, reason))

    def reserved_in_use(self, group: str) -> Counter[str]:
        """How many machines of each size the pools of this world have in the capacity reservation group."""
        pools = [pool.properties for cluster in self.clusters for pool in cluster.pools.values()]
        members = [pool for pool in pools if reservation_group(pool) == group.lower()]
        return Counter({str(pool["vmSize"]): int(pool.get("count") or 0) for pool in members})

    def find_cluster(self, resource_group: str, name: str) -> Cluster | None:
        """The cluster, names in any case."""
        wanted = (resource_group.lower(), name.lower())
        return next((c for c in self.clusters if (c.resource_group.lower(), c.name.lower()) == wanted), None)

    def _used_by_pools(self, region: str, name: str) -> int:
        pools = [pool for cluster in self.clusters if cluster.location == region for pool in cluster.pools.values()]
        machines = [one for one in self.machines if one.body["location"] == region]
        return sum(cores_of(pool.properties, name) for pool in pools) + sum(
            cores_of({"vmSize": one.size, "count": 1, "scaleSetPriority": one.body["properties"].get("priority")}, name)
            for one in machines
        )


@dataclass
class World:
    """Everything behind the endpoint, and how it behaves.

    `operation_seconds` is how long a pool takes to be built, changed or deleted; `retry_after_ms` sends the header of
    that name, so that pollers come back soon; `granted` are the only actions that the caller has (None: all);
    `hidden` are ids of subscriptions that the caller cannot see; `management_groups` names the subscriptions of each;
    `clock` is what operations end by.
    """

    subscriptions: list[Subscription]
    operation_seconds: float = 0.2
    retry_after_ms: int | None = 20
    price_page_size: int = 100
    graph_page_size: int = 1000
    granted: Collection[str] | None = None
    hidden: set[str] = field(default_factory=set)
    management_groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    faults: Faults = field(default_factory=Faults)
    operations: dict[str, Operation] = field(default_factory=dict)
    commands: dict[str, RanCommand] = field(default_factory=dict)
    policies: PolicyStore = field(default_factory=PolicyStore)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @classmethod
    def default(cls) -> World:
        """One subscription with four clusters: `aks-train`, `aks-nap`, `aks-stopped`, `aks-west`."""
        clusters = [
            build_cluster("aks-train", "eastus"),
            build_cluster("aks-nap", "eastus", auto_provisioning=True),
            build_cluster("aks-stopped", "eastus", power="Stopped"),
            build_cluster("aks-west", "westeurope"),
        ]
        subscription = Subscription(
            SUBSCRIPTION_ID, "aigpu local", resource_groups={RESOURCE_GROUP: "eastus"}, clusters=clusters
        )
        subscription.restrict("eastus", "Standard_NC6s_v3", "1", "2", "3")
        subscription.restrict("eastus", "Standard_ND96asr_v4", reason="QuotaId")
        subscription.restrict("westeurope", "Standard_NC40ads_H100_v5")
        subscription.restrict("westeurope", "Standard_NC24ads_A100_v4", "1")
        return cls([subscription])

    @property
    def subscription(self) -> Subscription:
        """The first subscription."""
        return self.subscriptions[0]

    def cluster(self, name: str = "aks-train") -> Cluster:
        """The cluster of that name in the first subscription. Raises KeyError."""
        return {cluster.name: cluster for cluster in self.subscription.clusters}[name]

    def pool(self, name: str, cluster: str = "aks-train") -> Pool:
        """The pool of that name. Raises KeyError."""
        self.settle()
        return self.cluster(cluster).pools[name]

    def add_pool(self, name: str, cluster: str = "aks-train", state: str = "Succeeded", **properties: Any) -> Pool:
        """Put a pool there as if it had always been; `properties` are wire names, at least `vmSize`."""
        owner = self.cluster(cluster)
        pool = Pool(name, build_pool_properties(properties, owner.properties["kubernetesVersion"]))
        pool.touch(state)
        owner.pools[name] = pool
        return pool

    def start_operation(
        self, kind: str, location: str, finish: Callable[[], None], error: ArmError | None = None
    ) -> Operation:
        """Start an operation that ends by the clock and then calls `finish`."""
        ends_at = self.clock() + self.operation_seconds
        operation = Operation(str(uuid.uuid4()), kind, location, now(), ends_at, finish, error)
        self.operations[operation.id] = operation
        return operation

    def settle(self) -> None:
        """Finish every operation whose time has come."""
        with self.lock:
            due = [op for op in self.operations.values() if op.finished_at is None and op.ends_at <= self.clock()]
            for operation in sorted(due, key=lambda op: op.ends_at):
                operation.finished_at = now()
                operation.finish()


def now() -> str:
    """The time, as Azure writes it."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def reservation_group(properties: Mapping[str, Any]) -> str | None:
    """The lower-case name of the pool's capacity reservation group."""
    group_id = properties.get("capacityReservationGroupID")
    return str(group_id).rpartition("/")[2].lower() if group_id else None


def cores_of(properties: dict[str, Any], name: str) -> int:
    """The vCPUs that a pool takes from the quota `name` (lower case): regional, spot, or its family's.

    Reserved machines were charged when they were reserved: a pool in a reservation group takes none.
    """
    size = find_size(str(properties.get("vmSize", "")))
    if size is None or reservation_group(properties):
        return 0
    spot = properties.get("scaleSetPriority") == "Spot"
    charged = ("lowprioritycores",) if spot else ("cores", size.family.lower())
    return size.vcpus * int(properties.get("count") or 0) if name in charged else 0


def build_cluster(
    name: str,
    location: str,
    *,
    resource_group: str = RESOURCE_GROUP,
    auto_provisioning: bool = False,
    power: str = "Running",
) -> Cluster:
    """A cluster with a system pool of three CPU nodes."""
    properties = {
        "provisioningState": "Succeeded",
        "powerState": {"code": power},
        "kubernetesVersion": "1.34",
        "currentKubernetesVersion": KUBERNETES_VERSION,
        "dnsPrefix": name,
        "fqdn": f"{name}-a16b.hcp.{location}.azmk8s.io",
        "nodeResourceGroup": f"MC_{resource_group}_{name}_{location}",
        "enableRBAC": True,
        "supportPlan": "KubernetesOfficial",
        "disableLocalAccounts": False,
        "servicePrincipalProfile": {"clientId": "msi"},
        "networkProfile": {"networkPlugin": "azure", "networkPluginMode": "overlay", "loadBalancerSku": "standard"},
        "autoUpgradeProfile": {"upgradeChannel": "none", "nodeOSUpgradeChannel": "NodeImage"},
        "nodeProvisioningProfile": {"mode": "Auto" if auto_provisioning else "Manual"},
        "oidcIssuerProfile": {"enabled": True},
        "storageProfile": {"diskCSIDriver": {"enabled": True}, "fileCSIDriver": {"enabled": True}},
    }
    cluster = Cluster(name, resource_group, location, properties)
    asked = {"vmSize": "Standard_D4s_v5", "count": 3, "mode": "System"}
    pool = Pool("system", build_pool_properties(asked, KUBERNETES_VERSION))
    pool.touch("Succeeded")
    pool.properties["powerState"] = {"code": power}
    cluster.pools["system"] = pool
    return cluster
