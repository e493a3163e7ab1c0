"""`az aigpu agent` for the tests: in this process, with the real kubectl against the test cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from azext_aigpu.cluster.manifests.settings import NAMESPACE
from testbeds.cluster import Access, Cluster
from testbeds.cluster.cluster import wait_until
from tests.azext.core.harness import Result, run_offline
from tests.cluster.policies import ADMISSION

IMAGE = ("--image", "registry.example.com/aigpu-agent:0.1.0")
DAEMONSETS = "/apis/apps/v1/namespaces/{}/daemonsets"
BINDING = f"{ADMISSION}/validatingadmissionpolicybindings/aigpu-gpu-pods"


class Commands:
    """Runs `az aigpu agent` for the administrator of the test cluster, or for somebody else."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        self.env = {"AZURE_AIGPU_KUBECTL": str(cluster._kubectl), "TMPDIR": str(folder), "HOME": str(folder)}

    def __call__(self, verb: str, *options: str, access: Access | None = None) -> Result:
        where = ("--kubeconfig", str(self.cluster.kubeconfig(access)))
        return run_offline("aigpu", "agent", verb, *where, *options, env=self.env)

    def install(self, *options: str, access: Access | None = None) -> Result:
        return self("install", *IMAGE, *options, access=access)

    def get(self, path: str) -> Any:
        return self.cluster.admin.get(path)

    def exists(self, path: str) -> bool:
        return self.cluster.admin.send("GET", path).status == 200


@contextlib.contextmanager
def installing(cluster: Cluster, folder: Path) -> Iterator[Commands]:
    """Commands whose installation is taken away at the end."""
    commands = Commands(cluster, folder)
    yield commands
    commands("uninstall", "--yes")
    cluster.admin.delete(f"/api/v1/namespaces/{NAMESPACE}")
    wait_until(lambda: not commands.exists(f"/api/v1/namespaces/{NAMESPACE}"), "the namespace is still there")


@contextlib.contextmanager
def made(cluster: Cluster, path: str, body: Mapping[str, Any]) -> Iterator[None]:
    """An object, for as long as the context lasts."""
    cluster.admin.post(path, body)
    try:
        yield
    finally:
        cluster.admin.delete(f"{path}/{body['metadata']['name']}", {"gracePeriodSeconds": 0})


def error_of(result: Result) -> str:
    """Return the ERROR line and what stands below it; there is no traceback, and nothing on stdout."""
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    return result.stderr.partition("ERROR: ")[2]
