"""Nothing offers nvidia.com/gpu until somebody installs what does: said on every usual pool, never worse than WARN."""

from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.labels import parse_taint
from aigpu_contract.reading import Known
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.rules import device_plugin
from tests.azext.rules.given import CPU, NO_ANSWER, a_cloud, a_pool, a_spec, told

MANAGED = {"gpuProfile": {"nvidia": {"managementMode": "Managed"}}}
NOT_NAMED = ["WARN DevicePluginNotNamed"]
CASES: dict[str, tuple[dict[str, Any], CloudFacts, list[str]]] = {
    "a new pool": ({}, a_cloud(), NOT_NAMED),
    "nothing read": ({}, CloudFacts(), NOT_NAMED),
    "pools unread": ({}, a_cloud(pools=NO_ANSWER), NOT_NAMED),
    "a pool that AKS manages": ({}, a_cloud(pools=Known((a_pool(**MANAGED),))), []),
    "another pool that AKS manages": ({}, a_cloud(pools=Known((a_pool("other", **MANAGED),))), NOT_NAMED),
    "a CPU size is refused elsewhere": ({"node_vm_size": CPU}, a_cloud(), ["SKIPPED SizeRefused"]),
}


@pytest.mark.parametrize(("fields", "cloud", "findings"), CASES.values(), ids=CASES.keys())
def test_device_plugin(fields: dict[str, Any], cloud: CloudFacts, findings: list[str]) -> None:
    assert told(device_plugin, device_plugin.review(a_spec(**fields), cloud)) == findings


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "with a toleration for sku: az aigpu agent install --with-device-plugin; NVIDIA's own manifest tolerates"),
        ({"gpu_driver": "None"}, "the GPU Operator with a toleration for sku"),
        ({"node_taints": (parse_taint("team=x:NoSchedule"),)}, "a toleration for sku, team"),
    ],
    ids=["usual", "own driver", "more taints"],
)
def test_the_tolerations_that_are_needed_are_named(fields: dict[str, Any], words: str) -> None:
    (finding,) = device_plugin.review(a_spec(**fields), a_cloud())
    assert words in finding.next_step


def test_nvidias_own_manifest_tolerates_nvidias_own_taint() -> None:
    spec = a_spec(limits={"taint": parse_taint("nvidia.com/gpu=present:NoSchedule")})
    (finding,) = device_plugin.review(spec, a_cloud())
    assert finding.next_step == "install NVIDIA's device plugin DaemonSet"
