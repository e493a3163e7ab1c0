"""A kubeconfig for the time of one command: only its owner can read it, and it is removed at the end."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from azext_aigpu.cluster.kubectl_errors import KubectlError

KUBELOGIN = "kubelogin"
_INSTALL = "Get it: az aks install-cli   or go through Azure instead: --via command-invoke"
_SERVER_ID = "--server-id"


def sign_in_by_az(text: str, has_kubelogin: bool) -> str:
    """Return the kubeconfig `text` with users that sign in by kubelogin made to take the login of az. Pure.

    A user with a certificate or a token stays as it is. Raises KubectlError where kubelogin is needed and not there, or
    where a user signs in by something that kubectl no longer knows.
    """
    document = _parse(text)
    for entry in document.get("users") or ():
        user = entry.get("user") or {}
        if "auth-provider" in user:
            raise KubectlError(
                "unauthorized",
                "The cluster's kubeconfig signs in by an auth-provider, which kubectl has had none of since 1.26.",
                "Bring the cluster to a version of Kubernetes that AKS supports.",
            )
        program = user.get("exec") or {}
        if Path(str(program.get("command") or "")).name != KUBELOGIN:
            continue
        if not has_kubelogin:
            raise KubectlError(
                "missing",
                "The cluster signs people in by Microsoft Entra ID, and for that kubectl needs the program kubelogin, "
                "which is not on PATH.",
                _INSTALL,
            )
        program["args"] = _arguments(program.get("args") or [])
    return yaml.safe_dump(document, sort_keys=False)


@contextlib.contextmanager
def temporary_kubeconfig(text: str) -> Iterator[str]:
    """Write `text` where only its owner can read it; yield the path, and remove the file whatever happens."""
    number, path = tempfile.mkstemp(prefix="aigpu-", suffix=".kubeconfig")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        yield path
    finally:
        Path(path).unlink(missing_ok=True)


def _parse(text: str) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        document = None
    users = document.get("users") if isinstance(document, dict) else None
    if not isinstance(users, list) or not all(isinstance(one, dict) for one in users):
        raise KubectlError("other", "What AKS gave as the cluster's kubeconfig is none.", "Try again in a minute.")
    return dict(document)


def _arguments(given: list[Any]) -> list[str]:
    """Return kubelogin's arguments for the login of az; a tenant is left out, as that login has its own."""
    texts = [str(one) for one in given]
    at = texts.index(_SERVER_ID) + 1 if _SERVER_ID in texts else len(texts)
    if at >= len(texts):
        raise KubectlError("other", "The cluster's kubeconfig names no server for kubelogin.", "Try again in a minute.")
    return ["get-token", "--login", "azurecli", _SERVER_ID, texts[at]]
