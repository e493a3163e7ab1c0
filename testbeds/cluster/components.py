"""The command lines of the control plane. Everything binds 127.0.0.1, on a port of its own."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """One port each; `etcd_peer` is bound though nobody calls it."""

    etcd: int
    etcd_peer: int
    api_server: int
    controller_manager: int
    scheduler: int


@dataclass(frozen=True)
class Tuning:
    """What a test may want of the control plane that is not upstream's default (None: the default).

    `node_monitor_grace_s`: how long a node may be silent before it is Unknown. `controller_rate`: requests a second
    that the controller-manager allows itself; upstream's 20 makes 5,000 new nodes wait for minutes.
    """

    node_monitor_grace_s: int | None = None
    controller_rate: int = 200


def find_free_ports() -> Ports:
    """Return ports that were free a moment ago, all different."""
    sockets = [socket.socket() for _ in range(5)]
    try:
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return Ports(*(one.getsockname()[1] for one in sockets))
    finally:
        for one in sockets:
            one.close()


def build_etcd(program: Path, folder: Path, ports: Ports) -> list[str]:
    """The store. It does not wait for the disk: nothing is to survive."""
    client, peer = f"http://{LOOPBACK}:{ports.etcd}", f"http://{LOOPBACK}:{ports.etcd_peer}"
    return [
        str(program),
        f"--data-dir={folder / 'etcd'}",
        "--unsafe-no-fsync",
        "--name=test",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=test={peer}",
    ]


def build_api_server(program: Path, folder: Path, ports: Ports) -> list[str]:
    """The API server, with the authorizers and the admission plug-in that AKS has too."""
    return [
        str(program),
        f"--etcd-servers=http://{LOOPBACK}:{ports.etcd}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={ports.api_server}",
        f"--tls-cert-file={folder / 'api-server.crt'}",
        f"--tls-private-key-file={folder / 'api-server.key'}",
        f"--client-ca-file={folder / 'ca.crt'}",
        f"--service-account-key-file={folder / 'service-account.pub'}",
        f"--service-account-signing-key-file={folder / 'service-account.key'}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--endpoint-reconciler-type=none",  # a loopback address is refused as an endpoint of the cluster
        "--profiling=false",
    ]


def build_controller_manager(program: Path, folder: Path, ports: Ports, tuning: Tuning) -> list[str]:
    """The controllers, each with its own service account, so that RBAC holds for them as it does in a real cluster."""
    grace = tuning.node_monitor_grace_s
    return [
        *_client_of_the_api_server(program, folder, ports.controller_manager),
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={folder / 'service-account.key'}",
        f"--root-ca-file={folder / 'ca.crt'}",
        f"--cluster-signing-cert-file={folder / 'ca.crt'}",
        f"--cluster-signing-key-file={folder / 'ca.key'}",
        f"--kube-api-qps={tuning.controller_rate}",
        f"--kube-api-burst={2 * tuning.controller_rate}",
        *([] if grace is None else [f"--node-monitor-grace-period={grace}s"]),
    ]


def build_scheduler(program: Path, folder: Path, ports: Ports) -> list[str]:
    """The scheduler."""
    return _client_of_the_api_server(program, folder, ports.scheduler)


def _client_of_the_api_server(program: Path, folder: Path, port: int) -> list[str]:
    return [
        str(program),
        f"--kubeconfig={folder / program.name}.kubeconfig",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        f"--tls-cert-file={folder / 'api-server.crt'}",
        f"--tls-private-key-file={folder / 'api-server.key'}",
        "--leader-elect=false",
        "--profiling=false",
    ]
