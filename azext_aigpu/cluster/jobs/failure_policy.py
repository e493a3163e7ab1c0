"""What a Job is to do with the preflight's exit codes. Pure, data to data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aigpu_contract.verdict import EXIT_JOB
from azext_aigpu.cluster.jobs import wrapper
from azext_aigpu.cluster.jobs.inject_error import InjectError
from azext_aigpu.cluster.object_parts import items, mapping

MOST_RULES = 20
"""The API server takes no more (KEP-3329)."""

Data = Mapping[str, Any]


def with_failure_policy(job: Data, pod: Data, main: str, program_ends_with_78: bool) -> dict[str, Any]:
    """Return a Job's spec that ends at once for what a new pod would not change.

    The code alone can be matched, not its reason: so 78 of the main container ends the Job only where neither the
    program nor the user's own rules give it another meaning. Raises InjectError.
    """
    _refuse_restarts(job, mapping(pod, "spec"))
    policy = mapping(job, "podFailurePolicy")
    ours_of_main = wrapper.build_rule(main, wrapper.MAIN_CODES)
    theirs = [rule for rule in items(policy, "rules") if rule != ours_of_main and not _is_ours(rule)]
    own = [wrapper.build_rule(wrapper.INIT_CONTAINER, wrapper.INIT_CODES)]
    if not program_ends_with_78 and not any(_means_78(rule, main) for rule in theirs):
        own.append(ours_of_main)
    rules = [*own, *theirs]
    if len(rules) > MOST_RULES:
        raise InjectError(
            f"podFailurePolicy would have {len(rules)} rules, and the API server takes {MOST_RULES}",
            "join some of them",
        )
    return {**job, "podFailurePolicy": {**policy, "rules": rules}}


def _refuse_restarts(job: Data, spec: Data) -> None:
    restarts = spec.get("restartPolicy")
    if restarts != "Never":
        raise InjectError(
            f"restartPolicy is {restarts or 'absent'}, and a Job's podFailurePolicy needs Never",
            "set restartPolicy: Never; the Job then makes a new pod for each retry, up to backoffLimit",
        )
    replaced = job.get("podReplacementPolicy")
    if replaced not in (None, "Failed"):
        raise InjectError(f"podReplacementPolicy is {replaced}, and podFailurePolicy needs Failed", "take it out")


def _is_ours(rule: Data) -> bool:
    return mapping(rule, "onExitCodes").get("containerName") == wrapper.INIT_CONTAINER


def _means_78(rule: Data, main: str) -> bool:
    """Return whether a rule of the user's says what exit code 78 of the main container means."""
    codes = mapping(rule, "onExitCodes")
    values = codes.get("values") if isinstance(codes.get("values"), list) else []
    named = EXIT_JOB in (values or [])
    return codes.get("containerName") in (None, "", main) and bool(codes) and named == (codes.get("operator") == "In")
