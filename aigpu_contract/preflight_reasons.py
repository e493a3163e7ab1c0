"""The reasons of `aigpu-preflight` beside those of its checks: name, meaning in one sentence, usual next step."""

from __future__ import annotations

from typing import Tuple

Row = Tuple[str, str, str]

PREFLIGHT_REASONS: Tuple[Row, ...] = (
    (
        "SilentCPUFallback",
        "A running job computes on the CPU, and by the deadline none of its processes had a context on a GPU.",
        "Ask the framework in the job's image why it finds no GPU; take a longer deadline where the GPU comes late.",
    ),
    (
        "GPUNotOpened",
        "By the deadline none of a running job's processes had a context on a GPU, and it hardly used the CPU either.",
        "See what the job waits for; take a longer deadline, or 0, where it may start late.",
    ),
    (
        "PreflightNotInstalled",
        "The GPU is proven, but the program could not be put where the main container finds it.",
        "Mount one emptyDir in both containers, writable for the user of the init container.",
    ),
)
