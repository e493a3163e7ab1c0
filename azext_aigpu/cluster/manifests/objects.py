"""Everything that an installation consists of, in the order in which it is applied. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from azext_aigpu.cluster.admission import own_node_policy, reverse_policy
from azext_aigpu.cluster.manifests import daemonset, device_plugin, monitoring, rbac
from azext_aigpu.cluster.manifests.settings import AgentSettings, build_labels

Object = dict[str, Any]


def build_objects(settings: AgentSettings) -> list[Object]:
    """Return the objects. The policies stand before the DaemonSet: no agent writes before it is held to its node."""
    objects = [
        daemonset.build_namespace(settings),
        daemonset.build_priority_class(),
        rbac.build_service_account(),
        *rbac.build_roles(settings),
        *rbac.build_bindings(settings),
        *(_labelled(one) for one in _policies(settings)),
        daemonset.build_daemonset(settings),
    ]
    if settings.device_plugin:
        objects.append(device_plugin.build_device_plugin(settings))
    if settings.monitoring:
        objects.extend(monitoring.build_monitoring(settings.monitoring))
    return objects


def build_list(settings: AgentSettings) -> Object:
    """Return the objects as the one List that kubectl takes."""
    return {"apiVersion": "v1", "kind": "List", "items": build_objects(settings)}


def render_json(document: Mapping[str, Any]) -> str:
    """Return a document as JSON."""
    return json.dumps(document, indent=2) + "\n"


def render_yaml(document: Mapping[str, Any]) -> str:
    """Return a document as YAML; texts of several lines, such as the policies' expressions, stay readable."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)


def _policies(settings: AgentSettings) -> Iterable[Object]:
    yield own_node_policy.build_policy()
    yield own_node_policy.build_binding()
    yield reverse_policy.build_policy(settings.pools)
    yield reverse_policy.build_binding(settings.enforce, settings.exempt_namespaces)


def _labelled(policy: Object) -> Object:
    return {**policy, "metadata": {**policy["metadata"], "labels": build_labels("admission")}}


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and no aliases: every object is to be read on its own."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  PyYAML's signature
        """Return True: nothing is written as an alias."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)
