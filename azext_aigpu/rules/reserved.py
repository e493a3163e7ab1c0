"""Prefixes of labels and taints that belong to Kubernetes and to AKS, and the two keys that AKS writes itself."""

from __future__ import annotations

from azext_aigpu.spec import PoolSpec

SPOT_KEY = "kubernetes.azure.com/scalesetpriority"
SPOT_VALUE = "spot"
"""AKS puts this label and this taint on every spot pool, and returns them among the pool's own."""

_AKS = "kubernetes.azure.com"
_KUBERNETES = ("kubernetes.io", "k8s.io")
_FREE_FOR_LABELS = ("kubelet.kubernetes.io", "node.kubernetes.io")


def is_reserved_for_labels(key: str) -> bool:
    """Return whether AKS refuses the user a label with this key: a whole namespace, its subdomains included."""
    prefix = key.rpartition("/")[0]
    if any(_within(prefix, domain) for domain in _FREE_FOR_LABELS):
        return False
    return any(_within(prefix, domain) for domain in (_AKS, *_KUBERNETES))


def is_reserved_for_taints(key: str) -> bool:
    """Return whether AKS refuses the user a taint with this key: these prefixes, but not their subdomains."""
    return key.rpartition("/")[0] in (_AKS, *_KUBERNETES)


def is_aks_own(spec: PoolSpec, key: str, value: str) -> bool:
    """Return whether the label or taint is the one that AKS itself puts on a spot pool."""
    return spec.is_spot and key == SPOT_KEY and value == SPOT_VALUE


def _within(prefix: str, domain: str) -> bool:
    return prefix == domain or prefix.endswith("." + domain)
