"""The only list of reasons: stable names, what each means and what to do about it.

Rules and checks name a reason in each finding; the documentation is generated from this list.
"""

from __future__ import annotations

from typing import Mapping, Tuple

from aigpu_contract.agent_reasons import AGENT_REASONS
from aigpu_contract.check_reasons import CHECK_REASONS
from aigpu_contract.cloud_reasons import CLOUD_REASONS
from aigpu_contract.fleet_reasons import FLEET_REASONS
from aigpu_contract.frozen import dataclass
from aigpu_contract.job_reasons import JOB_REASONS
from aigpu_contract.pool_reasons import POOL_REASONS
from aigpu_contract.preflight_reasons import PREFLIGHT_REASONS
from aigpu_contract.size_reasons import SIZE_REASONS


@dataclass(frozen=True)
class Reason:
    """A stable name in PascalCase, its meaning in one sentence and the usual next step."""

    name: str
    meaning: str
    next_step: str


_VERDICTS: Tuple[Reason, ...] = (
    Reason("Passed", "The rule or check looked and found nothing wrong.", "Nothing to do."),
    Reason(
        "ProofMissing",
        "A proof that is required was not looked at, so nothing can be said.",
        "Run the check again where the proof can be taken, or waive it with a reason.",
    ),
    Reason(
        "IntentMissing",
        "A GPU pool or node carries nothing that says what it is meant to be, so nothing can be compared with it.",
        "Declare the intent with the contract's labels, or make the pool with az aigpu nodepool add.",
    ),
    Reason(
        "ValueUnknown",
        "A value that a rule judges is known after apply only, is sensitive, or depends on what only Azure can tell.",
        "Give a value that the file shows, or look at the outcome with az aigpu nodepool check.",
    ),
    Reason(
        "PartUnreadable",
        "A part of a file, or a scope, may hold pools and could not be looked into.",
        "Put it into the file that is checked, get read access to it, or check it by itself.",
    ),
    Reason(
        "NamedPoolMissing",
        "A pool that was named as one that is meant to have GPUs is not there, so it was not looked at.",
        "Correct the name, or leave it out.",
    ),
    Reason(
        "PoolUnreadable",
        "A property of an existing pool is not in the API's form, so the pool could not be judged.",
        "Look at the pool with az aks nodepool show.",
    ),
    Reason(
        "PoolDrifted",
        "A pool that runs is not what its spec asks for: somebody changed the one or the other.",
        "See what would put it right with az aigpu nodepool plan -f FILE, or write what runs into the spec.",
    ),
    Reason(
        "PoolMissing",
        "A spec asks for a pool that the cluster has not got, or that is being deleted.",
        "See what would make it with az aigpu nodepool plan -f FILE, or take it out of the specs.",
    ),
)

_TABLES = (
    SIZE_REASONS,
    POOL_REASONS,
    CLOUD_REASONS,
    PREFLIGHT_REASONS,
    CHECK_REASONS,
    JOB_REASONS,
    FLEET_REASONS,
    AGENT_REASONS,
)
ALL: Tuple[Reason, ...] = (*_VERDICTS, *(Reason(*row) for table in _TABLES for row in table))

REASONS: Mapping[str, Reason] = {reason.name: reason for reason in ALL}
