"""What the kubelet offers, and which layer lost the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aigpu_contract.reading import Known, Unknown
from node_agent.checks import kubelet_resource
from node_agent.expected import Expected
from node_agent.facts import Facts
from tests.node_agent.healthy import healthy, no_gpu, nvml_device, of_node, told, with_nvml


def offers(resources: Any, facts: Facts | None = None) -> Facts:
    return replace(facts or healthy(), kubelet_resources=resources)


SKIPPED = ("SKIPPED", "NotApplicable", "none")
MISMATCH = ("FAIL", "PluginCountMismatch", "node")


@pytest.mark.parametrize(
    ("facts", "expected", "verdict"),
    [
        pytest.param(healthy(), of_node(), ("PASS", "Passed", "none"), id="as intended"),
        pytest.param(offers(Known({"cpu": 24})), of_node(), MISMATCH, id="P4: no device plugin"),
        pytest.param(offers(Known({"nvidia.com/gpu": 1})), of_node(), MISMATCH, id="one of two"),
        pytest.param(offers(Known({"nvidia.com/gpu": 8})), of_node(), MISMATCH, id="shared, and not intended"),
        pytest.param(healthy(), of_node(resource="none"), SKIPPED, id="DRA"),
        pytest.param(healthy(), of_node(resource=None), SKIPPED, id="none declared"),
        pytest.param(healthy(), of_node(resource_count=None), SKIPPED, id="no number declared"),
        pytest.param(offers(Unknown("?")), of_node(), ("UNKNOWN", "ReadingUnknown", "none"), id="unknown"),
    ],
)
def test_the_offer_is_compared(facts: Facts, expected: Expected, verdict: tuple[str, str, str]) -> None:
    assert told(kubelet_resource, facts, expected) == verdict


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
