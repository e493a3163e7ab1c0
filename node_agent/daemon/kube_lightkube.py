"""The calls of `kube.py` by lightkube, which sends each request once; trying again is our own business.

Objects are plain dictionaries: the typed models cost memory on every GPU node, and the agent reads a few fields.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import httpx2
import yaml
from lightkube import Client, operators
from lightkube.config.client_adapter import verify_cluster
from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.config.models import User
from lightkube.core.exceptions import ApiError, ConfigError
from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.types import PatchType
from msgspec import MsgspecError

from node_agent.daemon.clocks import ServerTime
from node_agent.daemon.kube import Body, KubeError, RefusedError, UnreachableError
from node_agent.daemon.node import Node, Taint, parse_node
from node_agent.daemon.retry import Failure, parse_retry_after, wait_s

TIMEOUT_S = 10.0
PAGE = 100
"""Nodes in an answer: a pool of a thousand in one would take a hundred megabytes."""
FIELD_MANAGER = "aigpu-agent"
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
EVENTS_NAMESPACE = "default"
"""Where the API server wants events about objects that are in no namespace."""

_NODES = create_global_resource("", "v1", "Node", "nodes")
_PODS = create_namespaced_resource("", "v1", "Pod", "pods")
_EVENTS = create_namespaced_resource("", "v1", "Event", "events")
_CONFIG_MAPS = create_namespaced_resource("", "v1", "ConfigMap", "configmaps")
_LEASES = create_namespaced_resource("coordination.k8s.io", "v1", "Lease", "leases")

_MERGE = PatchType.STRATEGIC
"""A JSON merge patch would replace the kubelet's conditions, and server-side apply can."""

_UNREADABLE = (ValueError, MsgspecError, KeyError, TypeError, AttributeError)
"""How it ends when some proxy answers in the server's place."""

T = TypeVar("T")


class _Transport(httpx2.HTTPTransport):
    """Sends requests, reads the server's clock off the answers, and counts them."""

    def __init__(self, server_time: ServerTime, count: Callable[[str, int], None], **options: Any) -> None:
        super().__init__(**options)
        self._server_time = server_time
        self._count = count
        self.takes_cached = True
        self.status: int | None = None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.status = None
        if request.method == "GET" and self.takes_cached:
            # Version 0 is "whatever your cache has": such a read costs the store behind the server nothing.
            request.url = request.url.copy_merge_params({"resourceVersion": "0"})
        response = super().handle_request(request)
        self._server_time.learn(response.headers.get("Date"))
        self._count(request.method, response.status_code)
        self.status = response.status_code
        return response


class LightkubeKube:
    """The API server by lightkube. `count` is told the method and the status of each answer."""

    def __init__(
        self,
        config: SingleConfig,
        node_name: str,
        namespace: str,
        server_time: ServerTime,
        count: Callable[[str, int], None] = lambda *_: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._node_name = node_name
        self._namespace = namespace
        self._sleep = sleep
        self._outage = False
        tls = verify_cluster(config.cluster, config.user or User(), config.abs_file, trust_env=False)
        self._transport = _Transport(server_time, count, verify=tls)
        self._client = Client(
            config,
            namespace=namespace,
            timeout=httpx2.Timeout(TIMEOUT_S),
            trust_env=False,
            field_manager=FIELD_MANAGER,
            transport=self._transport,
        )

    def read_node(self, *, newest: bool = False) -> Node:
        """Return our own Node."""
        self._transport.takes_cached = not newest
        try:
            return self._call(lambda: self._own(self._client.get(_NODES, self._node_name)))
        finally:
            self._transport.takes_cached = True

    def patch_status(self, body: Body) -> Node:
        """Merge into our Node by its status subresource."""
        status: Any = _NODES.Status
        return self._call(lambda: self._own(self._client.patch(status, self._node_name, dict(body), patch_type=_MERGE)))

    def patch_taints(self, taints: Sequence[Taint], version: str) -> Node:
        """Replace the list of taints of that version of our Node; the list is one value to the server."""
        body = {"metadata": {"resourceVersion": version}, "spec": {"taints": [dict(taint) for taint in taints] or None}}
        return self._call(lambda: self._own(self._client.patch(_NODES, self._node_name, body, patch_type=_MERGE)))

    def list_nodes(self, selector: Mapping[str, str | None]) -> Sequence[Node]:
        """Return the Nodes with these labels, None for a label that is not there."""
        labels: Any = {key: operators.not_exists() if value is None else value for key, value in selector.items()}
        # The server's cache gives a list whole; pages come of the store.
        self._transport.takes_cached = False
        try:
            return self._call(
                lambda: [parse_node(one) for one in self._client.list(_NODES, labels=labels, chunk_size=PAGE)]
            )
        finally:
            self._transport.takes_cached = True

    def read_lease(self, name: str) -> Body | None:
        """Return a Lease, None where there is none."""
        self._transport.takes_cached = False
        try:
            return self._call_unless_missing(lambda: dict(self._client.get(_LEASES, name)))
        finally:
            self._transport.takes_cached = True

    def create_lease(self, body: Body) -> None:
        """Create a Lease."""
        self._create(_LEASES, body, self._namespace)

    def patch_lease(self, name: str, body: Body) -> None:
        """Merge into a Lease."""
        self._call(lambda: self._client.patch(_LEASES, name, dict(body), patch_type=_MERGE))

    def create_event(self, body: Body) -> None:
        """Create an event."""
        self._create(_EVENTS, body, EVENTS_NAMESPACE)

    def patch_event(self, name: str, body: Body) -> None:
        """Merge into an event."""
        where = EVENTS_NAMESPACE
        self._call(lambda: self._client.patch(_EVENTS, name, dict(body), namespace=where, patch_type=_MERGE))

    def read_intent(self, name: str) -> Mapping[str, str] | None:
        """Return the data of a ConfigMap, None where there is none."""
        found = self._call_unless_missing(lambda: dict(self._client.get(_CONFIG_MAPS, name)))
        return None if found is None else dict(found.get("data") or {})

    def list_pods(self) -> Sequence[Body]:
        """Return the pods that are bound to our node."""
        fields: Any = {"spec.nodeName": self._node_name}
        return self._call(lambda: [dict(pod) for pod in self._client.list(_PODS, namespace="*", fields=fields)])

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def _own(self, body: Mapping[str, Any]) -> Node:
        """Return our Node. Raises ValueError for an answer that is none: a list of taints made of it would wipe all."""
        node = parse_node(body)
        if node.name != self._node_name or not node.version:
            raise ValueError(f"the answer is no Node {self._node_name}")
        return node

    def _create(self, kind: Any, body: Body, namespace: str) -> None:
        self._call(lambda: self._client.create(kind(dict(body)), namespace=namespace))

    def _call_unless_missing(self, call: Callable[[], T]) -> T | None:
        try:
            return self._call(call)
        except RefusedError as refused:
            if refused.code == 404:
                return None
            raise

    def _call(self, call: Callable[[], T]) -> T:
        """Make a call, again where that may help. Raises KubeError."""
        began, attempt = time.monotonic(), 0
        while True:
            attempt += 1
            try:
                made = call()
            except (httpx2.HTTPError, httpx2.InvalidURL, ConfigError, OSError, *_UNREADABLE) as error:
                self._pause_or_raise(error, attempt, time.monotonic() - began)
            else:
                self._outage = False
                return made

    def _pause_or_raise(self, error: Exception, attempt: int, passed_s: float) -> None:
        failure = _failure(error, self._transport.status)
        part = random.random()  # noqa: S311 (it only spreads load)
        wait = wait_s(failure, attempt, part, passed_s, outage=self._outage)
        if wait is None:
            self._outage = failure.is_transient
            raise _as_kube_error(error, failure) from None
        self._sleep(wait)


def read_config(kubeconfig: str | None) -> SingleConfig:
    """Return where the API server is: of a kubeconfig, else of the service account of this pod. Raises KubeError."""
    try:
        found = (
            KubeConfig.from_service_account(SERVICE_ACCOUNT) if kubeconfig is None else KubeConfig.from_file(kubeconfig)
        )
        config = found.get()
    except (ConfigError, OSError, KeyError, ValueError, TypeError, AttributeError, yaml.YAMLError) as error:
        where = "the service account of this pod" if kubeconfig is None else kubeconfig
        raise KubeError(f"no API server by {where}: {' '.join(str(error).split())}") from None
    if config is None or config.user is None:
        raise KubeError(f"no API server by {kubeconfig}: its current context names no user")
    return config


def _failure(error: Exception, status: int | None) -> Failure:
    """Return how a call failed. A body that cannot be read is some proxy's: its status alone counts."""
    if isinstance(error, httpx2.HTTPStatusError) and error.response is not None:
        response = error.response
        return Failure(response.status_code, parse_retry_after(response.headers.get("Retry-After")))
    return Failure(status if status is not None and status >= 400 else None)


def _as_kube_error(error: Exception, failure: Failure) -> KubeError:
    if failure.code is None or failure.is_transient:
        code = "" if failure.code is None else f"HTTP {failure.code}: "
        return UnreachableError(f"the API server gave no answer: {code}{str(error) or type(error).__name__}")
    reason = str(error.status.reason or "") if isinstance(error, ApiError) else ""
    return RefusedError(failure.code, reason, f"the API server refused it: HTTP {failure.code} {reason}: {error}")
