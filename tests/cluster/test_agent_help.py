"""Every example of the help of `az aigpu agent` that takes a cluster: install, status, uninstall, in this order."""

from __future__ import annotations

import contextlib
import functools
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from testbeds.cluster import Cluster
from testbeds.cluster.cluster import wait_until
from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import load_command, run
from tests.cluster.agent_commands import Commands, installing, made

if TYPE_CHECKING:
    from tests.cluster.conftest import MakeNode

pytestmark = [pytest.mark.cluster, pytest.mark.core]

COMMANDS = {"install": 4, "status": 2, "uninstall": 2}
"""Command and number of its examples. Those that take no cluster are run by tests/azext/core/test_help_examples.py."""
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
MONITORING = ("PodMonitor", "PrometheusRule")
UNPROVEN = 5
"""The exit code of `status` where no node is a GPU node."""


def examples(verb: str) -> list[list[str]]:
    from knack.help_files import helps

    load_command("aigpu nodepool add")
    texts = [item["text"] for item in yaml.safe_load(helps[f"aigpu agent {verb}"])["examples"]]
    assert len(texts) == COMMANDS[verb]
    return [shlex.split(text)[1:] for text in texts]


@pytest.fixture
def agent(cluster: Cluster, tmp_path: Path) -> Iterator[Commands]:
    """Somebody whose kubeconfig is an administrator's, on a cluster that has the Prometheus operator's kinds."""
    with contextlib.ExitStack() as stack:
        commands = stack.enter_context(installing(cluster, tmp_path))
        for kind in MONITORING:
            stack.enter_context(made(cluster, DEFINITIONS, definition(kind)))
        for kind in MONITORING:
            path = f"/apis/monitoring.coreos.com/v1/{kind.lower()}s"
            wait_until(functools.partial(commands.exists, path), f"{path} is not served")
        commands.env["KUBECONFIG"] = str(cluster.kubeconfig())
        yield commands


def definition(kind: str) -> dict[str, object]:
    """The definition of a kind of the Prometheus operator, whatever its objects hold."""
    plural = f"{kind.lower()}s"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": kind, "plural": plural}
    spec = {"group": "monitoring.coreos.com", "scope": "Namespaced", "names": names, "versions": [version]}
    return {"metadata": {"name": f"{plural}.monitoring.coreos.com"}, "spec": spec}


@pytest.fixture
def azure(agent: Commands) -> Iterator[LocalAzure]:
    """An Azure that has the cluster, by credentials and by commands that it runs inside."""
    with LocalAzure() as local:
        place = local.world.subscription.clusters[0]
        place.kubeconfig = agent.cluster.kubeconfig().read_text("utf-8")
        place.run_command = play(agent.cluster)
        yield local


def play(cluster: Cluster) -> Callable[[str, Mapping[str, str]], tuple[int, str]]:
    """AKS's side of command invoke: the command runs here, with the files that came."""

    def invoke(command: str, files: Mapping[str, str]) -> tuple[int, str]:
        given = ["-" if word == "stdin.json" else word for word in shlex.split(command)[1:]]
        done = cluster.kubectl(*given, stdin=files.get("stdin.json"))
        return done.returncode, done.stdout + done.stderr

    return invoke


def test_every_example_runs_as_it_stands(azure: LocalAzure, agent: Commands, make_node: MakeNode) -> None:
    make_node(labels={"agentpool": "system"})
    for verb, code in (("install", 0), ("status", UNPROVEN), ("uninstall", 0)):
        for words in examples(verb):
            result = run(azure, *words, env=agent.env)

            assert result.exit_code == code, (words, result.stderr)
            assert result.stdout.strip() or verb == "uninstall"
            assert "Traceback" not in result.stderr
