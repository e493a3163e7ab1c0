"""Which cluster a command talks to, and by which kubectl."""

from __future__ import annotations

from azext_aigpu.cluster.kubectl import Kubectl, find_kubectl
from azext_aigpu.handlers.session import Session


def connect(session: Session, kubeconfig: str | None, context: str | None) -> Kubectl:
    """Return kubectl for the cluster that was named; without a name, for the one that kubectl itself takes.

    Raises KubectlError where there is no kubectl.
    """
    return find_kubectl(session.settings.kubectl, kubeconfig, context)
