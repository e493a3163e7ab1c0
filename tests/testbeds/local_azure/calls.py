"""How the tests speak to a local Azure without a socket."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping
from typing import Any

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.exchange import Request
from testbeds.local_azure.world import SUBSCRIPTION_ID, World

SUB = f"/subscriptions/{SUBSCRIPTION_ID}"
GROUP = f"{SUB}/resourceGroups/rg-train"
AKS = "/providers/Microsoft.ContainerService/managedClusters"
POOLS = f"{GROUP}{AKS}/aks-train/agentPools"
A100 = "Standard_NC24ads_A100_v4"
T4 = "Standard_NC4as_T4_v3"
CPU = "Standard_D16s_v5"


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def quiet_azure() -> tuple[LocalAzure, Clock]:
    """A local Azure that listens nowhere and whose operations end by the clock that comes with it."""
    clock = Clock()
    world = World.default()
    world.clock, world.operation_seconds = clock, 10
    return LocalAzure(world), clock


class Answered:
    """A reply: its status, headers and parsed body."""

    def __init__(self, status: int, headers: Mapping[str, str], raw: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body: Any = json.loads(raw) if raw else None

    @property
    def code(self) -> str:
        """The error's code, in either shape of body."""
        return str(self.body.get("error", self.body)["code"])


def call(
    azure: LocalAzure, method: str, address: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> Answered | None:
    """One signed-in request; None where the connection would drop."""
    url = urllib.parse.urlsplit(address)
    query = {"api-version": "2026-06-01", **dict(urllib.parse.parse_qsl(url.query))}
    sent = {"authorization": "Bearer token", **(headers or {})}
    reply = azure.answer(Request(method, urllib.parse.unquote(url.path), query, sent, body))
    return None if reply is None else Answered(reply.status, reply.headers, b"".join(reply.chunks))


def get(azure: LocalAzure, address: str) -> Answered:
    """A GET that is answered."""
    answered = call(azure, "GET", address)
    assert answered is not None
    return answered


def put_pool(
    azure: LocalAzure,
    name: str = "gpu",
    headers: Mapping[str, str] | None = None,
    cluster: str = "aks-train",
    **asked: Any,
) -> Answered:
    """The PUT of a pool with these wire properties, answered."""
    address = f"{GROUP}{AKS}/{cluster}/agentPools/{name}"
    answered = call(azure, "PUT", address, {"properties": asked}, headers)
    assert answered is not None
    return answered
