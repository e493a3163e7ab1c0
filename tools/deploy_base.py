"""Writes the kustomize base `deploy/base`: what `az aigpu agent show` renders with its default options.

    python -m tools.deploy_base            rewrite it
    python -m tools.deploy_base --check    exit 1 and name each file that is not what the code says

Whatever is not a default is rendered by the command itself.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from azext_aigpu.cluster.manifests.objects import build_objects, render_yaml
from azext_aigpu.cluster.manifests.settings import AgentSettings
from tools.generated import ROOT, run_generator

BASE = ROOT / "deploy" / "base"
IMAGE = "registry.invalid/aigpu-agent:unset"
"""An image that can never be pulled: a base cannot know the registry of those who use it."""

FILES: Mapping[str, tuple[str, ...]] = {
    "namespace.yaml": ("Namespace", "PriorityClass"),
    "rbac.yaml": ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
    "admission.yaml": ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
    "daemonset.yaml": ("DaemonSet",),
}
"""File to the kinds in it."""

_HEAD = "# Written by `python -m tools.deploy_base`; do not edit.\n"
_HOW = """# Use it from a kustomization of your own, which names your image:
#
#   resources:
#   - https://github.com/OWNER/aigpu//deploy/base?ref=VERSION
#   images:
#   - name: registry.invalid/aigpu-agent
#     newName: REGISTRY.azurecr.io/aigpu-agent
#     newTag: VERSION
#
# Apply it by `kubectl apply --server-side -k .`; everything that is not a default: az aigpu agent show --help
"""


def build_files() -> dict[Path, str]:
    """Return every file of the base and its text."""
    objects = build_objects(AgentSettings(IMAGE))
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(FILES),
    }
    files = {BASE / "kustomization.yaml": _HEAD + _HOW + yaml.safe_dump(kustomization, sort_keys=False)}
    for name, kinds in FILES.items():
        files[BASE / name] = _HEAD + "---\n".join(render_yaml(one) for one in _of_kinds(objects, kinds))
    return files


def _of_kinds(objects: list[dict[str, Any]], kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    return [one for one in objects if one["kind"] in kinds]


if __name__ == "__main__":
    sys.exit(run_generator("tools.deploy_base", __doc__, build_files))
