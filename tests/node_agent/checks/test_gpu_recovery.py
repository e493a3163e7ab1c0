"""The driver's own word on what a GPU needs."""

from __future__ import annotations

import pytest

from node_agent.checks import gpu_recovery
from tests.node_agent.healthy import healthy, of_node, told, with_every_gpu, with_gpu


@pytest.mark.parametrize(
    ("action", "verdict"),
    [
        (0, ("PASS", "Passed", "none")),
        (1, ("FAIL", "GPUResetRequired", "node")),
        (2, ("FAIL", "NodeRebootRequired", "node")),
        (3, ("FAIL", "PeerDrainRequired", "node")),
        (4, ("FAIL", "GPUResetRequired", "node")),
        (5, ("FAIL", "FabricRecoveryRequired", "node")),
        (6, ("FAIL", "GPUResetRequired", "node")),
        (7, ("FAIL", "NodeRebootRequired", "node")),
        (8, ("UNKNOWN", "RecoveryActionUnknown", "none")),
    ],
)
def test_the_recovery_action_is_judged(action: int, verdict: tuple[str, str, str]) -> None:
    assert told(gpu_recovery, with_gpu(healthy(), recovery_action=action), of_node()) == verdict


def test_a_driver_that_does_not_tell_is_not_taken_for_healthy() -> None:
    assert told(gpu_recovery, with_every_gpu(healthy(), recovery_action=None), of_node())[0] == "SKIPPED"
