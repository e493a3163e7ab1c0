"""One look at the machine and the verdict over it, the same for every command."""

from __future__ import annotations

import argparse
from typing import Mapping, Optional, Tuple

from aigpu_contract.frozen import dataclass, replace
from aigpu_contract.verdict import Verdict
from node_agent.checks import judge_facts
from node_agent.expected import Expected
from node_agent.facts import Facts
from node_agent.probes.round import ProbeRequest, read_facts
from node_agent.probes.spawn import Spawned


@dataclass(frozen=True)
class Look:
    """What was seen, what it was held to, and what that comes to."""

    facts: Facts
    expected: Expected
    verdict: Verdict
    mode: str


def look(
    request: ProbeRequest, expected: Expected, environ: Mapping[str, str], early: Optional[Mapping[str, Spawned]] = None
) -> Look:
    """Run the probes and judge what they saw; `early` are the children that were started before."""
    facts = read_facts(request, environ, early)
    return Look(facts, replace(expected, mode=request.mode), judge_facts(facts, expected, request.mode), request.mode)


def build_request(
    mode: str,
    options: argparse.Namespace,
    expected: Expected,
    instance_type: Optional[str] = None,
    command: Tuple[str, ...] = (),
) -> ProbeRequest:
    """Return what to look at.

    The metadata service is asked only where a VM size is expected and no label of the node names one: where it is
    blocked, as it often is for pods, its answer takes a second to stay away.
    """
    host = _metadata_host(options.metadata) if expected.vm_size and instance_type is None else None
    return ProbeRequest(mode, options.root, command=command, vm_size_label=instance_type, metadata_host=host)


def _metadata_host(named: Optional[str]) -> Optional[str]:
    if named is not None:
        return None if named == "none" else named
    from node_agent.probes.vm_size import METADATA_HOST  # noqa: PLC0415 (imports an HTTP client)

    return METADATA_HOST
