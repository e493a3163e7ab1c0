"""`nodepool adopt --apply` on a real API server, through a real kubectl: each pool's key is its own."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from aigpu_contract.reading import Known
from azext_aigpu.adoption import build_configmap
from azext_aigpu.cluster.fleet import read_intents
from azext_aigpu.cluster.intents import apply_intent
from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from testbeds.cluster import Cluster, wait_until
from testbeds.cluster.assets import find_kubectl
from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import run
from tests.azext.handlers.commands import CONTRACT, T4

pytestmark = [pytest.mark.cluster, pytest.mark.core]

NAMESPACE = "aigpu-system"
OTHER = {**CONTRACT, "aigpu.io/gpu-count": "4", "aigpu.io/sku": "Standard_NC64as_T4_v3"}


@pytest.fixture
def kubectl(cluster: Cluster) -> Kubectl:
    program = find_kubectl()
    assert program is not None
    return Kubectl(str(program), str(cluster.kubeconfig()))


@pytest.fixture
def namespace(cluster: Cluster, kubectl: Kubectl) -> Iterator[None]:
    """The agent's namespace, left there for the others, without the ConfigMap before and after."""
    cluster.admin.send("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    yield
    kubectl.run("delete", "configmap", "aigpu-intent", "-n", NAMESPACE)


@pytest.mark.usefixtures("namespace")
def test_a_second_pool_does_not_take_the_first_ones_key_away(kubectl: Kubectl) -> None:
    apply_intent(kubectl, "first", CONTRACT)
    apply_intent(kubectl, "second", OTHER)
    apply_intent(kubectl, "first", CONTRACT)

    assert read_intents(kubectl) == Known({"first": CONTRACT, "second": OTHER})


@pytest.mark.usefixtures("namespace")
def test_the_command_writes_what_the_agent_reads(kubectl: Kubectl, cluster: Cluster) -> None:
    with LocalAzure() as azure:
        azure.world.add_pool("gpu", vmSize=T4, count=1)
        place = ("-g", "rg-train", "--cluster-name", "aks-train", "-n", "gpu")
        options = ("--gpu-model", "t4", "--gpu-count", "1", "--apply", "--kubeconfig", str(cluster.kubeconfig()))
        env = {"AZURE_AIGPU_KUBECTL": kubectl.program}

        result = run(azure, "aigpu", "nodepool", "adopt", *place, *options, env=env)

    assert result.exit_code == 0, result.stderr
    found = kubectl.get_raw(f"/api/v1/namespaces/{NAMESPACE}/configmaps/aigpu-intent")
    assert json.loads(found["data"]["gpu"]) == CONTRACT


def test_a_namespace_that_is_not_there_is_not_found(kubectl: Kubectl) -> None:
    # What apply_intent tells the way to the namespace by; that of the agent may be there already.
    document = build_configmap("gpu", CONTRACT)
    document["metadata"]["namespace"] = "nobody-made-it"

    with pytest.raises(KubectlError) as caught:
        kubectl.run("apply", "--server-side", "-f", "-", stdin=json.dumps(document))

    assert caught.value.kind == "not-found"


@pytest.mark.usefixtures("namespace")
def test_the_rights_that_the_page_names_suffice(kubectl: Kubectl, cluster: Cluster) -> None:
    options = ("role", "adopter", "--verb=get,patch", "--resource=configmaps", "--resource-name=aigpu-intent")
    first = ("role", "adopter-first", "--verb=create", "--resource=configmaps")
    user = Kubectl(kubectl.program, str(cluster.kubeconfig(cluster.as_user("adopter"))))
    for words in (options, first):
        kubectl.run("create", *words, "-n", NAMESPACE)
        kubectl.run("create", "rolebinding", words[1], f"--role={words[1]}", "--user=adopter", "-n", NAMESPACE)
    try:
        wait_until(lambda: _may(user, "create") and _may(user, "patch"), "the roles were not bound")

        apply_intent(user, "gpu", CONTRACT)
    finally:
        for kind in ("role", "rolebinding"):
            kubectl.run("delete", kind, "adopter", "adopter-first", "-n", NAMESPACE)


def _may(user: Kubectl, verb: str) -> bool:
    try:
        return user.run("auth", "can-i", verb, "configmaps/aigpu-intent", "-n", NAMESPACE).strip() == "yes"
    except KubectlError:
        return False
