"""What the kubelet offers, and which layer lost the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aigpu_contract.finding import Status
from aigpu_contract.reading import Known, Unknown
from node_agent import modes
from node_agent.checks import judge_facts, kubelet_resource
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import healthy, no_gpu, nvml_device, of_node, told, with_nvml


def offers(resources: Any, facts: Facts | None = None) -> Facts:
    return replace(facts or healthy(), kubelet_resources=resources)


PASSED = ("PASS", "Passed", "none")
SKIPPED = ("SKIPPED", "NotApplicable", "none")
MISMATCH = ("FAIL", "PluginCountMismatch", "node")
UNDECLARED = ("UNKNOWN", "IntentMissing", "none")
NOT_READ = ("UNKNOWN", "ReadingUnknown", "none")
UNLIKE_ASSUMED = ("UNKNOWN", "PluginCountMismatch", "none")
NO_PLUGIN = offers(Known({"cpu": 24}))
PARTS: dict[str, Any] = {"mig_profile": "MIG1g", "resource": None, "resource_count": None}
SHARES: dict[str, Any] = {"resource": "nvidia.com/gpu.shared", "resource_count": None}


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), PASSED, id="as intended"),
        pytest.param(NO_PLUGIN, of_node(), MISMATCH, id="P4: no device plugin"),
        pytest.param(offers(Known({"nvidia.com/gpu": 1})), of_node(), MISMATCH, id="one of two"),
        pytest.param(offers(Known({"nvidia.com/gpu": 8})), of_node(), MISMATCH, id="shared, and not intended"),
        pytest.param(healthy(), of_node(resource="none"), SKIPPED, id="DRA"),
        pytest.param(NO_PLUGIN, of_node(resource="none", resource_count=None), SKIPPED, id="DRA, no number"),
        pytest.param(offers(Unknown("?")), of_node(), NOT_READ, id="unknown"),
        pytest.param(healthy(), of_node(resource=None, resource_count=None), PASSED, id="one for each GPU, assumed"),
        pytest.param(healthy(), of_node(resource_count=None), PASSED, id="the number, assumed"),
        pytest.param(healthy(), of_node(resource=None), PASSED, id="the resource, assumed"),
        pytest.param(NO_PLUGIN, of_node(resource=None, resource_count=None), UNLIKE_ASSUMED, id="none, assumed one"),
        pytest.param(NO_PLUGIN, of_node(resource_count=None), UNLIKE_ASSUMED, id="none of an assumed number"),
        pytest.param(
            offers(Known({"nvidia.com/gpu": 8})), of_node(resource_count=None), UNLIKE_ASSUMED, id="perhaps shared"
        ),
        pytest.param(offers(Unknown("?")), of_node(resource=None), NOT_READ, id="unknown, assumed"),
        pytest.param(healthy(), of_node(**PARTS), UNDECLARED, id="parts, nothing declared"),
        pytest.param(
            healthy(), of_node(**{**PARTS, "resource": "nvidia.com/gpu"}), UNDECLARED, id="parts as nvidia.com/gpu"
        ),
        pytest.param(healthy(), of_node(**{**PARTS, "resource_count": 2}), UNDECLARED, id="parts of no name"),
        pytest.param(healthy(), of_node(**SHARES), UNDECLARED, id="shares, no number declared"),
        pytest.param(
            healthy(), of_node(gpus=None, resource=None, resource_count=None), SKIPPED, id="nothing intended at all"
        ),
    ],
)
def test_the_offer_is_compared(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(kubelet_resource, facts, expected) == verdict


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(NO_PLUGIN, of_node(resource=None, resource_count=None), id="no plugin"),
        pytest.param(healthy(), of_node(**SHARES), id="shares"),
    ],
)
def test_what_is_not_declared_is_a_doubt_in_the_loop_and_no_matter_of_the_look_at_the_start(
    facts: Facts, expected: Expected
) -> None:
    loop = judge_facts(facts, expected, modes.LOOP)
    assert (loop.status, [finding.id for finding in loop.worst]) == (Status.UNKNOWN, ["kubelet-resource"])
    assert "kubelet-resource" not in [one.id for one in judge_facts(facts, expected, modes.BOOTSTRAP).findings]


@pytest.mark.parametrize(
    ("facts", "layer", "seen"),
    [
        pytest.param(healthy(), "device plugin", "PCI bus 2, NVML 2, kubelet 1 nvidia.com/gpu", id="the plugin"),
        pytest.param(
            with_nvml(healthy(), count=1, devices=(nvml_device(0),)),
            "gpu-count",
            "PCI bus 2, NVML 1, kubelet 1 nvidia.com/gpu",
            id="the driver",
        ),
        pytest.param(no_gpu(), "pci-devices", "PCI bus 0, kubelet 1 nvidia.com/gpu", id="the machine"),
    ],
)
def test_the_message_names_the_layer(facts: Facts, layer: str, seen: str) -> None:
    (finding,) = kubelet_resource.check(offers(Known({"nvidia.com/gpu": 1}), facts), of_node())
    assert layer in finding.problem
    assert finding.seen == seen
