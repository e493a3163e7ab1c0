"""From a process number to the pod that it belongs to, by the path of its cgroup.

Only with hostPID: NVML's numbers are the host's. The forms are those of the kubelet's two cgroup drivers on cgroup v1
and v2, also as seen from inside a cgroup namespace (`/../../kubepods-...`) and nested in another container.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from node_agent.probes.rooted import under

_POD = re.compile(r"pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?![0-9a-f])")
MOST_BYTES = 65536


def parse_pod_uids(text: str) -> tuple[str, ...]:
    """Return the UIDs of the pods that a /proc/PID/cgroup names, outermost first; none for a process of the host.

    The systemd driver writes a UID with underscores. A static pod's is 32 digits without any.
    """
    return tuple(dict.fromkeys(found.replace("_", "-") for found in _POD.findall(text)))


@dataclass(frozen=True)
class Owners:
    """The pods that processes belong to; `problem` says why some of them could not be looked at, else empty."""

    pods: frozenset[str]
    problem: str = ""


def read_owners(root: str, pids: Iterable[int]) -> Owners:
    """Return the pods that these processes belong to; those of the host belong to none."""
    found: set[str] = set()
    problem = ""
    for pid in pids:
        path = under(root, f"/proc/{pid}/cgroup")
        try:
            with Path(path).open(encoding="utf-8", errors="replace") as file:
                text = file.read(MOST_BYTES)
        except OSError as error:
            problem = f"process {pid}, which NVML names, cannot be looked at: {error.strerror}"
            continue
        found.update(parse_pod_uids(text))
    return Owners(frozenset(found), problem)
