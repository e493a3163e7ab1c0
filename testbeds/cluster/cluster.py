"""A cluster that a test run may write to, and the identities to write as."""

from __future__ import annotations

import abc
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from testbeds.cluster.access import Access, write_kubeconfig
from testbeds.cluster.client import Client

RUN_LABEL = "aigpu-test-run"
"""On every node and namespace that a test run makes; its value is the run."""

WAIT_S = 30.0
KUBECTL_S = 60.0


class Cluster(abc.ABC):
    """An API server with RBAC, as its administrator.

    `has_controllers` and `has_scheduler` say whether the rest of the control plane is there; envtest's own archive has
    neither.
    """

    has_controllers = True
    has_scheduler = True

    def __init__(self, access: Access, kubectl: Path, folder: Path) -> None:
        self.access = access
        self.admin = Client(access)
        self.folder = folder
        self.run = uuid.uuid4().hex[:8]
        self._kubectl = kubectl
        self._written = 0

    @property
    def version(self) -> str:
        """The server's version, such as v1.36.2."""
        return str(self.admin.get("/version")["gitVersion"])

    @property
    def own_labels(self) -> dict[str, str]:
        """What marks the nodes and namespaces of this run."""
        return {RUN_LABEL: self.run}

    @property
    @abc.abstractmethod
    def parts(self) -> tuple[str, ...]:
        """What of a control plane runs, for people to read."""

    @abc.abstractmethod
    def as_user(self, name: str, groups: Sequence[str] = ()) -> Access:
        """Return access as a user of this name and these groups, who has no rights but those that are bound to them."""

    def as_service_account(self, namespace: str, name: str, pod: str | None = None, seconds: int = 3600) -> Access:
        """Return access by a token of the service account.

        With `pod`, the token is bound to that pod and carries the name of the pod's node, as a mounted token does.
        """
        spec: dict[str, Any] = {"expirationSeconds": seconds}
        if pod is not None:
            uid = self.admin.get(f"/api/v1/namespaces/{namespace}/pods/{pod}")["metadata"]["uid"]
            spec["boundObjectRef"] = {"apiVersion": "v1", "kind": "Pod", "name": pod, "uid": uid}
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        answer = self.admin.post(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", asked)
        return self.access.with_token(str(answer["status"]["token"]))

    def kubeconfig(self, access: Access | None = None, namespace: str = "default") -> Path:
        """Write a kubeconfig for `access` (default: the administrator's); return its path."""
        self._written += 1
        return write_kubeconfig(access or self.access, self.folder / f"kubeconfig-{self._written}", namespace)

    def kubectl(
        self, *arguments: str, access: Access | None = None, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl to its end as somebody; its state and its plug-ins are not those of whoever runs the tests."""
        environment = {
            "KUBECONFIG": str(self.kubeconfig(access)),
            "HOME": str(self.folder),
            "PATH": os.environ.get("PATH", os.defpath),
        }
        return subprocess.run(
            [str(self._kubectl), *arguments],
            env=environment,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=KUBECTL_S,
            check=False,
        )

    @contextmanager
    def namespace(self, prefix: str = "test") -> Iterator[str]:
        """A namespace in which pods can be made; it is gone, or going, at the end."""
        name = f"{prefix}-{uuid.uuid4().hex[:8]}"
        self.admin.post("/api/v1/namespaces", {"metadata": {"name": name, "labels": self.own_labels}})
        try:
            self.provide_default_account(name)
            yield name
        finally:
            self.admin.delete(f"/api/v1/namespaces/{name}")

    def provide_default_account(self, namespace: str) -> None:
        """Have the service account `default`, without which no pod is admitted.

        A controller would make it, if there is one: after an outage of the API server only when its watch is back.
        """
        accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        self.admin.send("POST", accounts, {"metadata": {"name": "default"}})
        wait_until(lambda: self.admin.send("GET", f"{accounts}/default").status == 200, f"no {accounts}/default")


def wait_until(is_so: Callable[[], object], otherwise: str, seconds: float = WAIT_S) -> None:
    """Wait until `is_so()` gives something true. Raises TimeoutError that says `otherwise`."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{otherwise} after {seconds:.0f} s")
        time.sleep(0.05)
