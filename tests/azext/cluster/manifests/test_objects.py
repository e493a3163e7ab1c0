from __future__ import annotations

import json

import pytest
import yaml

from azext_aigpu.cluster.manifests.objects import build_list, build_objects, render_json, render_yaml
from azext_aigpu.cluster.manifests.settings import MONITORINGS, NAMESPACE, OBSERVE, WATCH, AgentSettings

BASE = AgentSettings("registry.example.com/aigpu-agent:1")
FULL = AgentSettings(
    "registry.example.com/aigpu-agent:1", profile=WATCH, device_plugin=True, monitoring=MONITORINGS[0], enforce=True
)
EVERY = [pytest.param(BASE, id="base"), pytest.param(FULL, id="full")]


def kinds(settings: AgentSettings) -> list[str]:
    return [one["kind"] for one in build_objects(settings)]


@pytest.mark.parametrize("settings", EVERY)
def test_yaml_and_json_say_the_same(settings: AgentSettings) -> None:
    document = build_list(settings)

    assert yaml.safe_load(render_yaml(document)) == json.loads(render_json(document)) == document


@pytest.mark.parametrize("settings", EVERY)
def test_the_yaml_has_no_aliases_and_shows_expressions_as_they_are(settings: AgentSettings) -> None:
    text = render_yaml(build_list(settings))

    assert not [line for line in text.splitlines() if ": &" in line or ": *" in line]
    assert "\\n" not in text.replace(json.dumps("\\n"), "")


def test_the_same_settings_give_the_same_objects() -> None:
    assert build_objects(FULL) == build_objects(FULL)


@pytest.mark.parametrize("settings", EVERY)
def test_the_namespace_comes_first_and_the_agent_after_what_holds_it(settings: AgentSettings) -> None:
    found = kinds(settings)

    assert found[0] == "Namespace"
    assert found.index("DaemonSet") > max(
        index for index, kind in enumerate(found) if kind.startswith(("ValidatingAdmission", "Role", "Cluster"))
    )


@pytest.mark.parametrize("settings", EVERY)
def test_every_object_is_ours_by_its_label_and_in_our_namespace(settings: AgentSettings) -> None:
    for one in build_objects(settings):
        assert one["metadata"]["labels"]["app.kubernetes.io/name"] == "aigpu"
        assert one["metadata"].get("namespace", NAMESPACE) in (NAMESPACE, "default")
    outside = [one for one in build_objects(settings) if one["metadata"].get("namespace") == "default"]
    assert [one["kind"] for one in outside] == ["Role", "RoleBinding"]


def test_what_is_not_asked_for_is_not_there() -> None:
    assert kinds(BASE).count("DaemonSet") == 1
    assert not {"PodMonitor", "PrometheusRule", "ConfigMap"} & set(kinds(BASE))
    assert "hostPID" not in render_yaml(build_list(BASE))


def test_an_agent_that_only_observes_has_no_right_to_write() -> None:
    roles = [one for one in build_objects(AgentSettings("x/y:1", mode=OBSERVE)) if one["kind"].endswith("Role")]

    assert {verb for role in roles for rule in role["rules"] for verb in rule["verbs"]} == {"get"}


@pytest.mark.parametrize(("enforce", "actions"), [(False, ["Warn", "Audit"]), (True, ["Deny", "Audit"])])
def test_the_rule_denies_only_when_it_is_enforced_and_the_agents_own_policy_always(
    enforce: bool, actions: list[str]
) -> None:
    objects = build_objects(AgentSettings("x/y:1", enforce=enforce))
    bindings = {
        one["metadata"]["name"]: one["spec"]["validationActions"]
        for one in objects
        if one["kind"] == "ValidatingAdmissionPolicyBinding"
    }

    assert bindings == {"aigpu-gpu-pods": actions, "aigpu-agent-own-node": ["Deny", "Audit"]}


def test_exempt_namespaces_come_on_top_of_those_of_the_system() -> None:
    objects = build_objects(AgentSettings("x/y:1", exempt_namespaces=("run-ai", "kube-system")))
    (binding,) = [
        one
        for one in objects
        if one["kind"] == "ValidatingAdmissionPolicyBinding" and one["metadata"]["name"] == "aigpu-gpu-pods"
    ]

    (expression,) = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]

    assert expression["operator"] == "NotIn"
    assert {"kube-system", "gpu-operator", NAMESPACE, "run-ai"} <= set(expression["values"])
    assert expression["values"].count("kube-system") == 1
