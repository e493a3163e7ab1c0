"""No variable tells a framework to compute on the CPU."""

from __future__ import annotations

from typing import Iterator, Mapping, Optional, Tuple

from aigpu_contract.finding import Finding
from aigpu_contract.reading import Unknown
from node_agent import modes
from node_agent.checks import container
from node_agent.checks.findings import Words, merge, not_read, passed, warning
from node_agent.expected import Expected
from node_agent.facts import Facts

ID = "framework-environment"
MODES: Tuple[str, ...] = (modes.EXEC,)

JAX = ("JAX_PLATFORMS", "JAX_PLATFORM_NAME")
SWITCHES: Mapping[str, str] = {
    "ACCELERATE_USE_CPU": "accelerate",
    "NUMBA_DISABLE_CUDA": "numba",
    "NUMBA_ENABLE_CUDASIM": "numba",
}
GPU_PLATFORMS = frozenset({"cuda", "gpu", ""})
OFF = frozenset({"", "0", "false", "no", "off"})


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Warn of switches to the CPU; a job may mean them for a part of itself, such as its input pipeline."""
    del expected
    if isinstance(facts.environment, Unknown):
        yield not_read(ID, "the environment", facts.environment)
        return
    judged = (_judge(name, value.strip().lower()) for name, value in sorted(container.variables(facts).items()))
    found = merge(finding for finding in judged if finding is not None)
    yield from found or [passed(ID, "no variable sends a framework to the CPU")]


def _judge(name: str, value: str) -> Optional[Finding]:
    if name in JAX:
        return _judge_jax(name, value)
    if (name in SWITCHES and value not in OFF) or (name == "DS_ACCELERATOR" and value == "cpu"):
        return _forced(name, value)
    return None


def _judge_jax(name: str, value: str) -> Optional[Finding]:
    platforms = [platform.strip() for platform in value.split(",")]
    if not set(platforms) & GPU_PLATFORMS:
        return _forced(name, value)
    if "cpu" not in platforms:
        return None
    words = Words(
        "JAX is told to take the CPU when CUDA fails, and does so without a word",
        seen=f"{name}={value}",
        wanted=f"{name}=cuda, which fails instead",
        next_step=f"set {name}=cuda",
    )
    return warning(ID, "FrameworkMayFallBack", words)


def _forced(name: str, value: str) -> Finding:
    words = Words(
        "a variable sends a framework to the CPU",
        seen=f"{name}={value}",
        wanted=f"{name} unset",
        next_step=f"take {name} out of the pod's env and of the image, unless it is meant",
    )
    return warning(ID, "FrameworkForcedToCPU", words)
