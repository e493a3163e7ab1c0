"""Finds the programs of a Kubernetes control plane: `KUBEBUILDER_ASSETS` names a folder, as envtest has it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER_VARIABLE = "KUBEBUILDER_ASSETS"
KUBECONFIG_VARIABLE = "AIGPU_TEST_KUBECONFIG"

HOW_TO_GET = (
    f'Where go and curl are, `{FOLDER_VARIABLE}="$(tools/control_plane.sh)" make test-cluster` gets one; '
    f"or set {FOLDER_VARIABLE} to a folder with etcd, kube-apiserver and kubectl, or {KUBECONFIG_VARIABLE} to the "
    "kubeconfig of a cluster that may be written to. See docs/how-to/test-on-a-cluster.md."
)


class NoClusterError(Exception):
    """There is nothing to test on; the message says how to get it."""


@dataclass(frozen=True)
class Assets:
    """The programs, as paths. The last two are None where the folder has them not, as with envtest's own archive."""

    etcd: Path
    api_server: Path
    kubectl: Path
    controller_manager: Path | None = None
    scheduler: Path | None = None


def find_assets(environment: Mapping[str, str] | None = None) -> Assets:
    """Return the programs of the folder that KUBEBUILDER_ASSETS names.

    Raises NoClusterError where it names none, or one in which a program is missing.
    """
    named = (os.environ if environment is None else environment).get(FOLDER_VARIABLE, "")
    if not named:
        raise NoClusterError(
            f"no Kubernetes API server to test on: neither {FOLDER_VARIABLE} nor {KUBECONFIG_VARIABLE} is set. "
            f"{HOW_TO_GET}"
        )
    folder = Path(named).expanduser().absolute()
    etcd, api_server, kubectl = (_program(folder, name) for name in ("etcd", "kube-apiserver", "kubectl"))
    missing = [name for name, path in (("etcd", etcd), ("kube-apiserver", api_server)) if path is None]
    kubectl = kubectl or _on_path("kubectl")
    if etcd is None or api_server is None or kubectl is None:
        names = ", ".join(missing + ([] if kubectl else ["kubectl"]))
        raise NoClusterError(f"{FOLDER_VARIABLE}={named} has no program {names}. {HOW_TO_GET}")
    return Assets(
        etcd, api_server, kubectl, _program(folder, "kube-controller-manager"), _program(folder, "kube-scheduler")
    )


def find_kubectl(environment: Mapping[str, str] | None = None) -> Path | None:
    """Return kubectl, of the folder that is named or else on PATH; None where there is none."""
    named = (os.environ if environment is None else environment).get(FOLDER_VARIABLE, "")
    return (_program(Path(named).expanduser().absolute(), "kubectl") if named else None) or _on_path("kubectl")


def _program(folder: Path, name: str) -> Path | None:
    path = folder / name
    return path if os.access(path, os.X_OK) and path.is_file() else None


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None
