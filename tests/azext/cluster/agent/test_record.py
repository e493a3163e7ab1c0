"""What `agent install` writes down is what `agent status` reads; and what a DaemonSet tells without it."""

from __future__ import annotations

import dataclasses
import json
import shlex

import pytest
import yaml

from aigpu_contract import __version__
from aigpu_contract.labels import INSTALL_ANNOTATION
from azext_aigpu.cluster.admission import reverse_policy
from azext_aigpu.cluster.agent.installation import build_recorded
from azext_aigpu.cluster.agent.record import (
    derive_settings,
    find_record,
    find_version,
    parse_record,
    render_options,
    render_record,
)
from azext_aigpu.cluster.manifests.daemonset import build_daemonset
from azext_aigpu.cluster.manifests.objects import build_objects
from azext_aigpu.cluster.manifests.settings import AgentSettings
from tests.azext.core.harness import run_offline

LEAST = AgentSettings("registry.example.com/aigpu-agent:1")
MOST = AgentSettings(
    "registry.example.com/aigpu-agent:1",
    profile="watch",
    mode="taint",
    taint_key="gpu-only",
    gpu_pools=("a", "b"),
    tolerated=("team", "example.com/tier"),
    exempt_namespaces=("run-ai",),
    min_driver="570.86.15",
    enforce=True,
    device_plugin=True,
    monitoring="azure-monitor",
)
SETTINGS = [pytest.param(LEAST, id="least"), pytest.param(MOST, id="most")]


@pytest.mark.parametrize("settings", SETTINGS)
def test_what_is_written_down_is_read_again(settings: AgentSettings) -> None:
    assert parse_record(render_record(settings)) == settings


def test_the_version_that_installed_it_stands_there_too() -> None:
    (daemonset,) = [
        one for one in build_recorded(LEAST) if INSTALL_ANNOTATION in one["metadata"].get("annotations", {})
    ]

    assert find_version(daemonset) == __version__


@pytest.mark.parametrize(
    "text",
    [None, "", "no JSON", "[]", "{}", '{"version": 1}', "[" * 100_000],
    ids=["none", "empty", "no-json", "list", "unsaid", "number", "deep"],
)
def test_what_names_no_version_has_none(text: str | None) -> None:
    annotations = {} if text is None else {INSTALL_ANNOTATION: text}

    assert find_version({"metadata": {"annotations": annotations}}) is None


@pytest.mark.parametrize("settings", SETTINGS)
def test_it_stands_on_the_daemonset_and_nowhere_else(settings: AgentSettings) -> None:
    recorded = build_recorded(settings)

    held = [one for one in recorded if INSTALL_ANNOTATION in one["metadata"].get("annotations", {})]
    assert [(one["kind"], one["metadata"]["name"]) for one in held] == [("DaemonSet", "aigpu-agent")]
    assert find_record(held[0]) == render_record(settings)
    del held[0]["metadata"]["annotations"]
    assert recorded == build_objects(settings)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("no JSON", id="no-json"),
        pytest.param("[]", id="list"),
        pytest.param("{}", id="nothing-in-it"),
        pytest.param(json.dumps({**json.loads(render_record(LEAST)), "more": 1}), id="an-option-more"),
        pytest.param(render_record(LEAST).replace('"condition"', '"drain"'), id="another-mode"),
        pytest.param(render_record(LEAST).replace('"base"', "7"), id="another-type"),
        pytest.param(render_record(LEAST).replace('"gpuPools": []', '"gpuPools": "a"'), id="text-for-a-list"),
        pytest.param(render_record(LEAST).replace('"gpuPools": []', '"gpuPools": [1]'), id="number-in-a-list"),
        pytest.param(render_record(LEAST).replace('"enforce": false', '"enforce": "no"'), id="text-for-a-switch"),
        pytest.param(render_record(LEAST).replace('"monitoring": null', '"monitoring": "x"'), id="another-monitoring"),
    ],
)
def test_what_is_no_record_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (JSON's own message is one of them)
        parse_record(text)


@pytest.mark.parametrize("settings", SETTINGS)
def test_without_a_record_the_objects_tell_all_but_the_monitoring(settings: AgentSettings) -> None:
    binding = reverse_policy.build_binding(settings.enforce, settings.exempt_namespaces)

    derived = derive_settings(build_daemonset(settings), binding, settings.device_plugin)

    assert derived == dataclasses.replace(settings, monitoring=None)


def test_a_daemonset_of_another_form_makes_no_traceback() -> None:
    assert derive_settings({"spec": 7}, {"spec": []}, has_plugin=False) == AgentSettings("")


@pytest.mark.core
@pytest.mark.parametrize("settings", SETTINGS)
def test_the_options_that_are_shown_ask_for_the_same_installation(settings: AgentSettings) -> None:
    settings = dataclasses.replace(settings, min_driver=None)  # which only the settings of az name

    shown = run_offline("aigpu", "agent", "show", *shlex.split(render_options(settings)))

    assert shown.exit_code == 0, shown.stderr
    assert yaml.safe_load(shown.stdout)["items"] == build_objects(settings)
