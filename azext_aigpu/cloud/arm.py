"""A thin client for Azure Resource Manager over the CLI's own login, SDK and HTTP pipeline.

Bodies go out as the bytes that were planned and answers come back as plain JSON, so that no key is lost on any version
of the SDK. Every failure is a `CallFailed` (`NotFound` where the thing does not exist) with words for the user.

Retries on 429 (Retry-After), 5xx and broken connections are azure-core's, for PUT and DELETE too. A PUT that is sent
twice does no harm under a precondition, but the second answer may be 412 for our own first one: `apply` sees to that.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from azext_aigpu.cloud.credential import OneTokenCredential
from azext_aigpu.cloud.error_table import Kind
from azext_aigpu.cloud.errors import CallFailed, NotFound, explain, find_place, name_place, unreadable

POLLING_SECONDS = 5.0
"""AKS sends no Retry-After with its operations, and the SDK's own 30 s would make users wait for nothing."""

CONNECT_SECONDS = 10
READ_SECONDS = 30
"""Silence after which a read is given up; the SDK's own 300 s is for uploads."""

MOST_PAGES = 200
_AKS = "providers/Microsoft.ContainerService/managedClusters"


class Operation:
    """A long-running operation that was accepted. A thread of the SDK polls it; leaving it alone cancels nothing."""

    def __init__(self, poller: Any) -> None:
        self._poller = poller

    @property
    def state(self) -> str:
        """Return what the service said last: `InProgress`, `Succeeded`, ..."""
        return str(self._poller.status())

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds` and return whether the operation has ended. Raises CallFailed where it failed."""
        with _explained():
            self._poller.wait(seconds)
        return bool(self._poller.done())


class Arm:
    """Azure Resource Manager, as the user of this CLI who is signed in.

    Several threads may read through one instance: they share the connections and one token.
    """

    def __init__(
        self,
        cli_ctx: Any,
        subscription: str | None = None,
        *,
        polling_interval: float = POLLING_SECONDS,
        **options: Any,
    ) -> None:
        """Sign in for `subscription` (name or id), by default the one in use; `options` go to the SDK's client.

        Raises knack's CLIError where nobody is signed in.
        """
        from azure.cli.core._profile import Profile
        from azure.cli.core.commands.client_factory import get_mgmt_service_client
        from azure.mgmt.containerservice import ContainerServiceClient

        chosen = subscription or cli_ctx.data.get("subscription_id")
        credential, self.subscription, _ = Profile(cli_ctx=cli_ctx).get_login_credentials(subscription_id=chosen)
        self._client = get_mgmt_service_client(
            cli_ctx,
            ContainerServiceClient,
            subscription_id=self.subscription,
            credential=OneTokenCredential(credential),
            polling_interval=polling_interval,
            **options,
        )
        # Opened here, before threads could do it twice.
        self._client.__enter__()
        # Public from 41.0 on; azure-cli 2.81 brings 40.1.
        self._send: Any = getattr(self._client, "send_request", None) or getattr(self._client, "_send_request", None)
        self._endpoint = str(cli_ctx.cloud.endpoints.resource_manager).rstrip("/")
        self._host = _origin(self._endpoint)
        # A pool that is read, changed and written back must be read in the version that it is written in.
        self.api_version = str(self._client._config.api_version)  # noqa: SLF001 (it has no public name)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get_json(self, path: str, api_version: str, params: Mapping[str, str] | None = None) -> Any:
        """Return the JSON at `path`. Raises CallFailed."""
        query = urlencode({"api-version": api_version, **(params or {})}, quote_via=quote)
        return self._get(f"{path}?{query}")

    def post_json(
        self, path: str, api_version: str, body: Mapping[str, Any], params: Mapping[str, str] | None = None
    ) -> Any:
        """Return the JSON that `path` answers to the question in `body`. Raises CallFailed."""
        query = urlencode({"api-version": api_version, **(params or {})}, quote_via=quote)
        return self._ask("POST", f"{path}?{query}", json=dict(body))

    def put_json(self, path: str, api_version: str, body: Mapping[str, Any]) -> Any:
        """Write `body` to `path`, which is done when this returns; return what Azure made of it. Raises CallFailed."""
        return self._ask("PUT", f"{path}?{urlencode({'api-version': api_version})}", json=dict(body))

    def delete(self, path: str, api_version: str) -> None:
        """Delete what is at `path`, which is done when this returns. Raises CallFailed."""
        self._request("DELETE", f"{path}?{urlencode({'api-version': api_version})}")

    def begin(self, method: str, path: str, api_version: str, body: Mapping[str, Any]) -> Operation:
        """Send `body` by `method` to `path`, where Azure goes on after its answer. Raises CallFailed."""
        from azure.core.polling import LROPoller
        from azure.core.rest import HttpRequest
        from azure.mgmt.core.polling.arm_polling import ARMPolling

        client = self._client._client  # noqa: SLF001 (the pipeline itself; the poller wants its own answer of it)
        url = f"{self._endpoint}{path}?{urlencode({'api-version': api_version})}"
        with _explained():
            request = HttpRequest(method, url, headers={"Accept": "application/json"}, json=dict(body))
            first = client.send_request(request, _return_pipeline_response=True)
            first.http_response.read()
            first.http_response.raise_for_status()
            polling = ARMPolling(self._client._config.polling_interval, lro_options={})  # noqa: SLF001
            poller: Any = LROPoller(client, first, lambda answer: answer, polling)
        return Operation(poller)

    def list_json(self, path: str, api_version: str, params: Mapping[str, str] | None = None) -> list[Any]:
        """Return the items of every page of the list at `path`.

        Raises CallFailed, and ValueError where the answer is not a list in Azure's form.
        """
        page = self.get_json(path, api_version, params)
        items = _items(page)
        for _ in range(MOST_PAGES):
            link = page.get("nextLink")
            if not link:
                return items
            page = self._get(self._checked(link))
            items.extend(_items(page))
        raise ValueError(f"the list at {path} has more than {MOST_PAGES} pages")

    def get_cluster(self, group: str, cluster: str) -> Any:
        """Return a managed cluster. Raises CallFailed."""
        return self.get_json(self.cluster_path(group, cluster), self.api_version)

    def get_pool(self, group: str, cluster: str, pool: str) -> Any:
        """Return an agent pool. Raises CallFailed."""
        return self.get_json(self._pool_path(group, cluster, pool), self.api_version)

    def list_pools(self, group: str, cluster: str) -> list[Any]:
        """Return the agent pools of a cluster. Raises CallFailed, ValueError."""
        return self.list_json(f"{self.cluster_path(group, cluster)}/agentPools", self.api_version)

    def begin_put_pool(
        self, group: str, cluster: str, pool: str, properties: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Operation:
        """Send `properties` as they are. `headers` hold the precondition. Raises CallFailed."""
        content = json.dumps({"properties": properties}, separators=(",", ":")).encode()
        with _explained(self._pool_path(group, cluster, pool)):
            poller = self._client.agent_pools.begin_create_or_update(
                group, cluster, pool, content, headers=dict(headers), content_type="application/json", cls=_raw_json
            )
        return Operation(poller)

    def begin_delete_pool(
        self, group: str, cluster: str, pool: str, headers: Mapping[str, str], ignore_pdb: bool = False
    ) -> Operation:
        """Delete a pool, with `ignore_pdb` whatever PodDisruptionBudgets say. `headers` hold the precondition.

        Raises CallFailed.
        """
        asked = {"ignore_pod_disruption_budget": True} if ignore_pdb else {}
        with _explained(self._pool_path(group, cluster, pool)):
            poller = self._client.agent_pools.begin_delete(group, cluster, pool, headers=dict(headers), **asked)
        return Operation(poller)

    def run_command(self, group: str, cluster: str, body: Mapping[str, Any], seconds: float) -> Any:
        """Have AKS run a command in a pod of the cluster; return its result. Raises CallFailed, TimeoutError."""
        content = json.dumps(body, separators=(",", ":")).encode()
        with _explained(self.cluster_path(group, cluster)):
            poller = self._client.managed_clusters.begin_run_command(
                group, cluster, content, content_type="application/json", cls=_raw_json
            )
            result = poller.result(seconds)
        if not poller.done():
            raise TimeoutError
        return result

    def cluster_path(self, group: str, cluster: str) -> str:
        """Return the path of a managed cluster of the subscription."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{_segment(group)}/{_AKS}/{_segment(cluster)}"

    def _pool_path(self, group: str, cluster: str, pool: str) -> str:
        return f"{self.cluster_path(group, cluster)}/agentPools/{_segment(pool)}"

    def _get(self, url: str) -> Any:
        return self._ask("GET", url)

    def _ask(self, method: str, url: str, **content: Any) -> Any:
        response = self._request(method, url, **content)
        try:
            return response.json()
        except ValueError as error:
            raise CallFailed(unreadable(response.status_code)) from error

    def _request(self, method: str, url: str, **content: Any) -> Any:
        from azure.core.rest import HttpRequest

        with _explained(url):
            request = HttpRequest(method, url, headers={"Accept": "application/json"}, **content)
            response = self._send(request, connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)
            response.raise_for_status()
        return response

    def _checked(self, link: Any) -> str:
        # The next page gets our token: it must be the same service.
        if not isinstance(link, str) or _origin(link) != self._host:
            raise ValueError("the list goes on at an address that is not Azure Resource Manager's")
        return link


@contextlib.contextmanager
def _explained(address: str = "") -> Iterator[None]:
    """Turn what the SDK raises into CallFailed; the next step has the names that are in the request's `address`."""
    from azure.core.exceptions import AzureError

    try:
        yield
    except AzureError as error:
        problem = name_place(explain(error), **find_place(address))
        raise (NotFound if problem.kind is Kind.NOT_FOUND else CallFailed)(problem) from error


def _raw_json(response: Any, _model: Any, _headers: Any) -> Any:
    return response.http_response.json()


def _items(page: Any) -> list[Any]:
    items = page.get("value") if isinstance(page, dict) else None
    if not isinstance(items, list):
        raise ValueError("the answer is not a list")  # noqa: TRY004 (what is wrong is the answer, not our types)
    return items


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _segment(name: str) -> str:
    return quote(name, safe="")
