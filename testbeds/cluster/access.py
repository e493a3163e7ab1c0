"""Where an API server is and who talks to it; read from a kubeconfig, written as one."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import ssl
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Access:
    """A server and the credentials of one user: a client certificate, a token, or somebody to act as."""

    server: str
    authority: bytes = b""
    certificate: bytes = b""
    key: bytes = b""
    token: str = ""
    acts_as: str = ""
    acts_as_groups: tuple[str, ...] = ()

    def with_token(self, token: str) -> Access:
        """Return the same server for the bearer of `token`."""
        return Access(self.server, self.authority, token=token)

    def acting_as(self, user: str, groups: Sequence[str]) -> Access:
        """Return the same credentials, used to act as another user."""
        return dataclasses.replace(self, acts_as=user, acts_as_groups=tuple(groups))

    @property
    def headers(self) -> dict[str, str | list[str]]:
        """The headers that say who asks."""
        named: dict[str, str | list[str]] = {}
        if self.token:
            named["Authorization"] = f"Bearer {self.token}"
        if self.acts_as:
            named["Impersonate-User"] = self.acts_as
            named["Impersonate-Group"] = list(self.acts_as_groups)
        return named

    def tls(self) -> ssl.SSLContext | None:
        """Return the context for a connection; None for plain HTTP."""
        if not self.server.startswith("https:"):
            return None
        context = ssl.create_default_context(cadata=self.authority.decode() or None)
        if self.certificate:
            # The ssl module takes a client's key from a file alone.
            with tempfile.NamedTemporaryFile() as pair:
                pair.write(self.key + b"\n" + self.certificate)
                pair.flush()
                context.load_cert_chain(pair.name)
        return context


def write_kubeconfig(access: Access, path: Path, namespace: str = "default") -> Path:
    """Write a kubeconfig that holds everything itself, which only its owner may read; return its path."""
    cluster: dict[str, Any] = {"server": access.server}
    if access.authority:
        cluster["certificate-authority-data"] = base64.b64encode(access.authority).decode()
    user: dict[str, Any] = {}
    if access.certificate:
        user["client-certificate-data"] = base64.b64encode(access.certificate).decode()
        user["client-key-data"] = base64.b64encode(access.key).decode()
    if access.token:
        user["token"] = access.token
    if access.acts_as:
        user["as"], user["as-groups"] = access.acts_as, list(access.acts_as_groups)
    name = "aigpu-test"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": namespace}}],
        "current-context": name,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        json.dump(document, stream, indent=1)
    return path


def read_kubeconfig(path: Path) -> Access:
    """Return server and user of the current context.

    Raises ValueError where it is no kubeconfig, or one whose user is neither a certificate nor a token.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        context = _named(document, "contexts", "context", document["current-context"])
        cluster = _named(document, "clusters", "cluster", context["cluster"])
        user = _named(document, "users", "user", context["user"])
        access = Access(
            server=str(cluster["server"]).rstrip("/"),
            authority=_data(cluster, "certificate-authority", path),
            certificate=_data(user, "client-certificate", path),
            key=_data(user, "client-key", path),
            token=str(user.get("token") or _text(user.get("tokenFile"), path)),
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a kubeconfig with a current context: {error!r}") from error
    if not (access.certificate or access.token):
        raise ValueError(
            f"the current user of {path} has neither a client certificate nor a token, and a login program is not run "
            "here; write a kubeconfig with one of them (on AKS: az aks get-credentials --admin)"
        )
    return access


def _named(document: Mapping[str, Any], many: str, one: str, name: str) -> Mapping[str, Any]:
    found = [entry[one] for entry in document[many] if entry["name"] == name]
    if not found:
        raise KeyError(f"{many} has no {name}")
    return found[0] or {}


def _data(entry: Mapping[str, Any], field: str, path: Path) -> bytes:
    if entry.get(f"{field}-data"):
        return base64.b64decode(entry[f"{field}-data"])
    named = entry.get(field)
    return (path.parent / named).read_bytes() if named else b""


def _text(named: str | None, path: Path) -> str:
    return (path.parent / named).read_text(encoding="utf-8").strip() if named else ""
