"""The state machine under any sequence of verdicts, restarts and reboots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract.finding import Blame, Finding, Status
from aigpu_contract.verdict import Verdict, judge
from node_agent.daemon.condition import FALSE, REBOOTED, TRUE, UNKNOWN, boot_of
from node_agent.daemon.faults import Faults
from node_agent.daemon.node import Condition, Node, Proof
from node_agent.daemon.state import PLUGIN_GRACE_S, Outcome, State, begin, observe, pause, rejudge
from node_agent.modes import FULL_PROOFS
from tests.node_agent.daemon.bench import BOOT, OTHER_BOOT

STATUSES = st.sampled_from(list(Status))
REASONS = st.sampled_from(["GPULost", "ECCUncorrectable", "ReadingUnknown", "GPUBusy"])
FINDINGS = st.lists(
    st.builds(
        lambda check, reason, status: Finding(check, reason, status, "a problem", blame=Blame.NODE),
        st.sampled_from([*FULL_PROOFS, "kubelet-resource", "throttle"]),
        REASONS,
        STATUSES,
    ),
    max_size=12,
)
VERDICTS = FINDINGS.map(rejudge)
BOOTS = st.sampled_from([BOOT, OTHER_BOOT, None])
PROOF = Proof(BOOT, "580.1", 2, "2026-11-23T10:00:00Z")


def every_proof(status: Status = Status.PASS, reason: str = "Passed") -> Verdict:
    return judge([Finding(check, reason, status, "a problem") for check in FULL_PROOFS])


def with_kubelet(status: Status) -> Verdict:
    return rejudge([*every_proof().findings, Finding("kubelet-resource", "PluginCountMismatch", status, "0 of 2")])


def walk(state: State, verdicts: Sequence[Verdict], boot_id: str | None = BOOT) -> list[State]:
    states = []
    for number, verdict in enumerate(verdicts):
        state = observe(state, Outcome(verdict, boot_id, "2x A100"), 60.0 * number)
        states.append(state)
    return states


@given(st.lists(st.tuples(VERDICTS, BOOTS), max_size=12))
def test_true_is_never_said_without_every_proof(rounds: list[tuple[Verdict, str | None]]) -> None:
    state = State(boot_id=BOOT)
    for number, (verdict, boot_id) in enumerate(rounds):
        state = observe(state, Outcome(verdict, boot_id), 60.0 * number)
        assert state.condition is not None
        if state.condition.status == TRUE:
            good = {one.id for one in verdict.findings if one.status in (Status.PASS, Status.WARN)}
            bad = {one.id for one in verdict.findings if one.status > Status.WARN}
            assert set(FULL_PROOFS) <= good
            assert not bad


@given(st.lists(VERDICTS, min_size=1, max_size=12))
def test_a_false_of_this_boot_is_cleared_by_a_proof_alone(verdicts: list[Verdict]) -> None:
    last = None
    for verdict, state in zip(verdicts, walk(State(boot_id=BOOT), verdicts), strict=True):
        assert state.condition is not None
        if last == FALSE and state.condition.status != FALSE:
            assert state.condition.status == TRUE
            assert verdict.status in (Status.PASS, Status.WARN)
        last = state.condition.status


@given(st.lists(VERDICTS, min_size=1, max_size=12))
def test_a_false_needs_a_lost_gpu_or_two_faults_without_a_proof_between(verdicts: list[Verdict]) -> None:
    faults = 0
    for verdict, state in zip(verdicts, walk(State(boot_id=BOOT), verdicts), strict=True):
        faults = 0 if verdict.status in (Status.PASS, Status.WARN) else faults + (verdict.status is Status.FAIL)
        if state.condition is not None and state.condition.status == FALSE:
            assert faults >= 2 or any(one.reason == "GPULost" for seen in verdicts for one in seen.worst)


@given(st.lists(VERDICTS, min_size=1, max_size=8), st.sampled_from([BOOT, OTHER_BOOT]))
def test_a_restart_keeps_the_truth_and_a_reboot_makes_it_unknown(verdicts: list[Verdict], boot_id: str) -> None:
    said = walk(State(boot_id=BOOT), verdicts)[-1].condition
    assert said is not None
    node = Node("gpu-0", condition=said, proof=PROOF if said.status == TRUE else None)
    after = begin(node, boot_id, Faults(boot_id)).condition
    if boot_id == BOOT or said.status == UNKNOWN:
        assert after == said
    else:
        assert after == REBOOTED


@given(st.lists(VERDICTS, min_size=1, max_size=8))
def test_a_false_names_its_boot(verdicts: list[Verdict]) -> None:
    for state in walk(State(boot_id=BOOT), verdicts):
        if state.condition is not None and state.condition.status == FALSE:
            assert boot_of(state.condition) == BOOT[:8]
            assert len(state.condition.message) <= 1024


@given(VERDICTS, VERDICTS)
def test_another_boot_within_a_process_starts_anew(before: Verdict, after: Verdict) -> None:
    state = walk(State(boot_id=BOOT), [before, before])[-1]
    state = observe(state, Outcome(after, OTHER_BOOT), 120.0)
    fresh = observe(State(boot_id=OTHER_BOOT), Outcome(after, OTHER_BOOT), 120.0)
    assert state.condition == fresh.condition


def test_a_boot_id_that_cannot_be_read_proves_nothing_after_a_restart() -> None:
    node = Node("gpu-0", condition=Condition(TRUE, "Passed", ""), proof=PROOF)
    assert begin(node, None, Faults(None)).condition == REBOOTED
    assert begin(node, None, Faults(BOOT)).condition == REBOOTED, "what was kept says nothing of the boot that it is"


def test_stale_words_of_cuda_are_no_second_look() -> None:
    fault = judge([*every_proof().findings, Finding("cuda-kernel", "CUDAKernelFailed", Status.FAIL, "a problem")])
    state = State(boot_id=BOOT)
    for number, fresh in enumerate([True, False, False, True]):
        state = observe(state, Outcome(fault, BOOT, is_fresh=fresh), 60.0 * number)
        assert state.condition is not None
        assert state.condition.status == (FALSE if number == 3 else UNKNOWN)


def test_the_grace_of_the_device_plugin_is_on_the_boot_clock_and_begins_anew() -> None:
    state = State(boot_id=BOOT)
    said = []
    wrong, right = with_kubelet(Status.FAIL), with_kubelet(Status.PASS)
    for at, verdict in [
        (0.0, wrong),
        (PLUGIN_GRACE_S - 1, wrong),
        (PLUGIN_GRACE_S, right),
        (PLUGIN_GRACE_S + 1, wrong),
    ]:
        state = observe(state, Outcome(verdict, BOOT), at)
        said.append("" if state.condition is None else state.condition.status)
    assert said == [UNKNOWN, UNKNOWN, TRUE, UNKNOWN]


def test_a_verdict_of_every_proof_but_the_kubelets_counts_as_judged() -> None:
    assert observe(State(boot_id=BOOT), Outcome(with_kubelet(Status.FAIL), BOOT), 0.0).is_judged
    assert not observe(State(boot_id=BOOT), Outcome(every_proof(Status.UNKNOWN, "GPUBusy"), BOOT), 0.0).is_judged


@given(VERDICTS)
def test_a_pause_keeps_what_is_bad_and_knows_nothing_else(verdict: Verdict) -> None:
    state = walk(State(boot_id=BOOT), [verdict, verdict])[-1]
    paused = pause(state).condition
    assert paused is not None
    assert state.condition is not None
    assert (paused == state.condition) if state.condition.status == FALSE else paused.reason == "AgentPaused"


def test_the_message_of_a_pass_is_what_was_proven() -> None:
    said = observe(State(boot_id=BOOT), Outcome(every_proof(), BOOT, "2x A100, driver 580"), 0.0).condition
    assert said == Condition(TRUE, "Passed", "2x A100, driver 580")


def test_control_characters_stay_out_of_the_condition() -> None:
    finding = Finding("gpu-count", "GPULost", Status.FAIL, "red \x1b[31m and\nmore")
    said = observe(
        State(boot_id=BOOT), Outcome(replace(every_proof(), status=Status.FAIL, findings=(finding,)), BOOT), 0.0
    )
    assert said.condition is not None
    assert "\x1b" not in said.condition.message
    assert "\n" not in said.condition.message
