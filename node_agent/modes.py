"""The four ways the checks are run, and the proofs that each of them needs for a PASS."""

from __future__ import annotations

from typing import Mapping, Tuple

INIT = "init"
EXEC = "exec"
BOOTSTRAP = "bootstrap"
LOOP = "loop"

EVERY_MODE: Tuple[str, ...] = (INIT, EXEC, BOOTSTRAP, LOOP)
ON_THE_NODE = (BOOTSTRAP, LOOP)
IN_A_JOB = (INIT, EXEC)

FULL_PROOFS: Tuple[str, ...] = ("intent", "pci-devices", "device-nodes", "gpu-count", "cuda-init", "cuda-kernel")

PROOFS: Mapping[str, Tuple[str, ...]] = {
    INIT: FULL_PROOFS,
    EXEC: FULL_PROOFS,
    BOOTSTRAP: FULL_PROOFS,
    # The kernel of the bootstrap stands for the boot id and the driver version; it is carried into the loop as a fact.
    LOOP: FULL_PROOFS,
}
"""Ids of the checks that must have looked; one that is missing or skipped is UNKNOWN. Framework facts are not in the
set: a C++ job has none."""
