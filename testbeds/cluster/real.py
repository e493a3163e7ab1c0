"""A real control plane on loopback, started for a test run; or a running cluster that a kubeconfig names."""

from __future__ import annotations

import contextlib
import http.client
import os
import ssl
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from testbeds.cluster import components
from testbeds.cluster.access import Access, read_kubeconfig, write_kubeconfig
from testbeds.cluster.assets import HOW_TO_GET, KUBECONFIG_VARIABLE, Assets, NoClusterError, find_assets, find_kubectl
from testbeds.cluster.authority import Authority, make_signing_key
from testbeds.cluster.cluster import RUN_LABEL, Cluster
from testbeds.cluster.components import LOOPBACK, Tuning, find_free_ports
from testbeds.cluster.processes import Component, Watchdog

ADMIN_GROUP = "system:masters"
PROBE_S = 2.0


class LocalCluster(Cluster):
    """etcd, API server, controller-manager and scheduler of our own; `start_cluster` makes one."""

    def __init__(self, assets: Assets, folder: Path, watchdog: Watchdog, tuning: Tuning) -> None:
        self._authority = Authority()
        self.ports = find_free_ports()
        self.has_controllers = assets.controller_manager is not None
        self.has_scheduler = assets.scheduler is not None
        super().__init__(self.as_user("admin", (ADMIN_GROUP,)), assets.kubectl, folder)
        built = (Component(*one, folder, watchdog) for one in self._build(assets, tuning))
        self.components = {component.name: component for component in built}

    @property
    def api_server(self) -> Component:
        """The process to stop, pause and start again."""
        return self.components["kube-apiserver"]

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the components."""
        return tuple(self.components)

    def as_user(self, name: str, groups: Sequence[str] = ()) -> Access:
        """Return access by a client certificate of this cluster's authority."""
        pair = self._authority.issue_client(name, groups)
        server = f"https://{LOOPBACK}:{self.ports.api_server}"
        return Access(server, self._authority.certificate, pair.certificate, pair.key)

    def start(self) -> None:
        """Start everything. Raises ComponentError where one does not come up."""
        self._write_keys()
        etcd, api_server, *others = self.components.values()
        for component in (etcd, api_server):
            component.start()
            component.wait_until_ready()
        for component in others:
            component.start()
        for component in others:
            component.wait_until_ready()
        self.provide_default_account("default")

    def stop(self) -> None:
        """End everything, the clients of a server before the server."""
        self.admin.close()
        for component in reversed(self.components.values()):
            component.stop()

    def forget_history(self) -> None:
        """Start the API server anew: it then knows no version from before, and says 410 to who asks for one."""
        self.api_server.stop()
        self.api_server.start()
        self.api_server.wait_until_ready()

    def _build(self, programs: Assets, tuning: Tuning) -> Iterator[tuple[list[str], Callable[[], bool]]]:
        """The commands and what tells that they serve, in the order in which they can."""
        folder, ports = self.folder, self.ports
        yield components.build_etcd(programs.etcd, folder, ports), self._probe(f"http://{LOOPBACK}:{ports.etcd}/health")
        yield components.build_api_server(programs.api_server, folder, ports), self._is_api_ready
        if programs.controller_manager is not None:
            command = components.build_controller_manager(programs.controller_manager, folder, ports, tuning)
            yield command, self._probe(f"https://{LOOPBACK}:{ports.controller_manager}/healthz")
        if programs.scheduler is not None:
            command = components.build_scheduler(programs.scheduler, folder, ports)
            yield command, self._probe(f"https://{LOOPBACK}:{ports.scheduler}/readyz")

    def _write_keys(self) -> None:
        signing = make_signing_key()
        server = self._authority.issue_server("kube-apiserver")
        for name, content in {
            "ca.crt": self._authority.pair.certificate,
            "ca.key": self._authority.pair.key,
            "api-server.crt": server.certificate,
            "api-server.key": server.key,
            "service-account.pub": signing.certificate,
            "service-account.key": signing.key,
        }.items():
            (self.folder / name).write_bytes(content)
        for name in ("kube-controller-manager", "kube-scheduler"):
            write_kubeconfig(self.as_user(f"system:{name}"), self.folder / f"{name}.kubeconfig")

    def _probe(self, url: str) -> Callable[[], bool]:
        context = ssl.create_default_context(cadata=self._authority.certificate.decode())

        def is_ready() -> bool:
            try:
                with urllib.request.urlopen(url, timeout=PROBE_S, context=context) as answer:  # noqa: S310 - ours
                    return bool(answer.status == 200)
            except OSError:
                return False

        return is_ready

    def _is_api_ready(self) -> bool:
        try:
            return self.admin.send("GET", "/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False


class RunningCluster(Cluster):
    """A cluster that stood before and stays; `use_cluster` gives it."""

    @property
    def parts(self) -> tuple[str, ...]:
        """What it is made of is not asked."""
        return ("a running cluster",)

    def as_user(self, name: str, groups: Sequence[str] = ()) -> Access:
        """Return the administrator's access, used to act as this user: the cluster's authority is not ours."""
        return self.access.acting_as(name, groups)

    def remove_own(self) -> None:
        """Delete the nodes and the namespaces of this run."""
        for path in ("/api/v1/nodes", "/api/v1/namespaces"):
            for item in self.admin.get(path, labelSelector=f"{RUN_LABEL}={self.run}")["items"]:
                self.admin.delete(f"{path}/{item['metadata']['name']}")


@contextlib.contextmanager
def start_cluster(assets: Assets, tuning: Tuning | None = None) -> Iterator[LocalCluster]:
    """A control plane of our own, ready; nothing of it is left at the end. Raises ComponentError."""
    folder = Path(tempfile.mkdtemp(prefix="aigpu-cluster-"))
    with Watchdog(folder) as watchdog:
        cluster = LocalCluster(assets, folder, watchdog, tuning or Tuning())
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@contextlib.contextmanager
def use_cluster(kubeconfig: Path, kubectl: Path) -> Iterator[RunningCluster]:
    """The cluster of a kubeconfig; what this run made in it is deleted at the end. Raises NoClusterError."""
    try:
        access = read_kubeconfig(kubeconfig)
    except ValueError as error:
        raise NoClusterError(f"{KUBECONFIG_VARIABLE}: {error}") from error
    with tempfile.TemporaryDirectory(prefix="aigpu-cluster-") as folder:
        cluster = RunningCluster(access, kubectl, Path(folder))
        try:
            cluster.admin.get("/version")
        except OSError as error:
            raise NoClusterError(f"{KUBECONFIG_VARIABLE}: {access.server} does not answer: {error}") from error
        try:
            yield cluster
        finally:
            cluster.remove_own()
            cluster.admin.close()


def open_cluster(
    environment: Mapping[str, str] | None = None, tuning: Tuning | None = None
) -> AbstractContextManager[Cluster]:
    """Return the cluster that the environment names, to be entered. Raises NoClusterError where it names none."""
    settings = os.environ if environment is None else environment
    kubeconfig = settings.get(KUBECONFIG_VARIABLE)
    if not kubeconfig:
        return start_cluster(find_assets(settings), tuning)
    kubectl = find_kubectl(settings)
    if kubectl is None:
        raise NoClusterError(
            f"kubectl is neither on PATH nor in the folder that KUBEBUILDER_ASSETS names. {HOW_TO_GET}"
        )
    return use_cluster(Path(kubeconfig).expanduser(), kubectl)
