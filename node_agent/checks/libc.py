"""The image has the C library that NVIDIA's libraries are built for."""

from __future__ import annotations

from typing import Iterator

from aigpu_contract.finding import Finding
from aigpu_contract.reading import Unknown
from node_agent import modes
from node_agent.checks.findings import Words, not_read, passed, warning
from node_agent.expected import Expected
from node_agent.facts import Facts

ID = "libc"
MODES = modes.EVERY_MODE


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Warn of musl: libcuda asks for glibc's symbols, and the dynamic linker refuses it without."""
    del expected
    if isinstance(facts.environment, Unknown):
        yield not_read(ID, "the C library", facts.environment)
    elif facts.environment.value.libc == "musl":
        words = Words(
            "the image has musl, and NVIDIA's libraries need glibc",
            seen="musl (Alpine and its kind)",
            wanted="glibc",
            next_step="build the image on Debian, Ubuntu or one of nvcr.io/nvidia/cuda",
        )
        yield warning(ID, "MuslLibc", words)
    else:
        yield passed(ID, "nothing against the C library", facts.environment.value.libc)
