"""What follows from what looks showed; above all when a job may be stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract.finding import Blame, Finding, Status
from aigpu_contract.reading import Known, Reading, Unknown
from aigpu_contract.reasons import REASONS
from node_agent.facts import ComputeProcess, Nvml, NvmlDevice
from node_agent.preflight.context import find_context
from node_agent.preflight.process_tree import Holder
from node_agent.preflight.schedule import ASKING_NVML, READING_PROC, counted_s, pause_s, second_look_s
from node_agent.preflight.tripwire import (
    MOST_TRIES,
    Look,
    State,
    TripwireSettings,
    judge_look,
    may_have_context,
    must_ask_nvml,
)

STOP = TripwireSettings(1800, "stop")
WARN = replace(STOP, on_fallback="warn")
NOBODY: Reading[int | None] = Known(None)
NVML_DUMB: Reading[int | None] = Unknown("NVML does not start (error 9)")
CLOSED: Reading[Holder | None] = Known(None)
OPEN: Reading[Holder | None] = Known(Holder(17, "/dev/nvidia-uvm"))
HIDDEN: Reading[Holder | None] = Unknown("the open files of process 17 may not be read")
BUSY = Known(700.0)
IDLE = Known(5.0)
CPU_UNKNOWN = Unknown("/proc is not there")


def look(
    cpu: Reading[float] = BUSY,
    holder: Reading[Holder | None] = CLOSED,
    context: Reading[int | None] | None = NOBODY,
    elapsed: float = 1800.0,
) -> Look:
    return Look(elapsed, cpu, holder, context)


def judge(*looks: Look, settings: TripwireSettings = STOP) -> tuple[list[Finding], bool, State]:
    """All that is announced over the looks, whether the job is to be stopped, and the state at the end."""
    state, stop = State(), False
    findings: list[Finding] = []
    for one in looks:
        state, decision = judge_look(state, one, settings)
        findings += decision.findings
        stop = stop or decision.stop
    return findings, stop, state


def short(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.status.name, finding.reason) for finding in findings]


PASSED = ("PASS", "Passed")
FELL_BACK = ("WARN", "SilentCPUFallback")
STOPPED = ("FAIL", "SilentCPUFallback")
NOT_OPENED = ("WARN", "GPUNotOpened")
UNCLEAR = ("UNKNOWN", "ReadingUnknown")


@pytest.mark.parametrize(
    ("seen", "announced", "stops", "over"),
    [
        pytest.param(look(), [STOPPED], True, True, id="computes, no context, nothing open"),
        pytest.param(look(holder=OPEN), [STOPPED], True, True, id="computes, no context, cuInit alone"),
        pytest.param(look(holder=HIDDEN), [STOPPED], True, True, id="computes, no context, files hidden"),
        pytest.param(look(context=NVML_DUMB), [STOPPED], True, True, id="computes, nothing open, NVML cannot tell"),
        pytest.param(look(IDLE), [NOT_OPENED], False, False, id="idle, no context"),
        pytest.param(look(IDLE, context=NVML_DUMB), [NOT_OPENED], False, False, id="idle, NVML cannot tell"),
        pytest.param(look(CPU_UNKNOWN), [NOT_OPENED], False, False, id="CPU time unknown, no context"),
        pytest.param(look(BUSY, OPEN, NVML_DUMB), [PASSED], False, True, id="an open file where NVML cannot tell"),
        pytest.param(look(BUSY, HIDDEN, NVML_DUMB), [UNCLEAR], False, False, id="neither can tell"),
        pytest.param(look(CPU_UNKNOWN, HIDDEN, NVML_DUMB), [UNCLEAR], False, False, id="nothing can be read"),
        pytest.param(look(context=Known(17)), [], False, True, id="a context"),
        pytest.param(look(BUSY, HIDDEN, Known(17)), [], False, True, id="a context, files hidden"),
    ],
)
def test_two_looks_that_agree_after_the_deadline_decide(
    seen: Look, announced: list[tuple[str, str]], stops: bool, over: bool
) -> None:
    findings, stop, state = judge(seen, seen)
    assert (short(findings), stop, state.is_over) == (announced, stops, over)


def test_one_look_says_nothing_but_that_there_is_a_context() -> None:
    assert judge(look())[0] == []
    assert not judge(look())[2].is_over
    assert judge(look(context=Known(17), elapsed=3.0))[2].is_over


def test_before_the_deadline_nothing_is_said() -> None:
    early = look(elapsed=1799.9)
    assert judge(early, early, early)[:2] == ([], False)


def test_a_look_without_nvml_decides_nothing() -> None:
    assert judge(*[look(context=None)] * 5)[:2] == ([], False)


def test_with_warn_the_job_goes_on_and_is_watched_on() -> None:
    findings, stop, state = judge(look(), look(), settings=WARN)
    assert (short(findings), stop, state.is_over) == ([FELL_BACK], False, False)


def test_a_context_after_a_warning_is_told_and_ends_the_watch() -> None:
    findings, _, state = judge(look(), look(), look(context=Known(17)), look(), look(), settings=WARN)
    assert short(findings) == [FELL_BACK, PASSED]
    assert "17" in findings[1].seen
    assert state.is_over


def test_an_idle_job_that_computes_later_is_still_caught() -> None:
    findings, stop, _ = judge(look(IDLE), look(IDLE), look(IDLE), look(BUSY), look(BUSY))
    assert (short(findings), stop) == ([NOT_OPENED, STOPPED], True)


def test_nothing_is_said_twice() -> None:
    assert short(judge(*[look()] * 6, settings=WARN)[0]) == [FELL_BACK]
    assert short(judge(*[look(IDLE)] * 6)[0]) == [NOT_OPENED]
    assert short(judge(*[look(BUSY, HIDDEN, NVML_DUMB)] * 6)[0]) == [UNCLEAR]


def test_what_could_not_be_told_is_told_when_it_can() -> None:
    blind = look(BUSY, HIDDEN, NVML_DUMB)
    assert short(judge(blind, blind, look(BUSY, HIDDEN), look(BUSY, HIDDEN))[0]) == [UNCLEAR, STOPPED]


def test_a_fallback_stands_when_nvml_cannot_tell_any_more() -> None:
    blind = look(BUSY, HIDDEN, NVML_DUMB)
    assert short(judge(look(), look(), blind, blind, settings=WARN)[0]) == [FELL_BACK]


def test_looks_that_keep_contradicting_each_other_are_unclear() -> None:
    flicker = [look(), look(BUSY, OPEN, NVML_DUMB)] * MOST_TRIES
    findings, stop, _ = judge(*flicker)
    assert (short(findings), stop) == ([UNCLEAR], False)
    assert "contradict" in findings[0].problem


def test_only_stop_blames_the_job() -> None:
    assert [finding.blame for finding in judge(look(), look())[0]] == [Blame.JOB]
    assert [finding.blame for finding in judge(look(), look(), settings=WARN)[0]] == [Blame.NONE]


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        pytest.param(look(), ["30m after", "11.7 core-minutes", "no device file", "SIGKILL 30s later"], id="stopped"),
        pytest.param(look(holder=OPEN), ["process 17 has /dev/nvidia-uvm open, as cuInit alone"], id="cuInit"),
        pytest.param(look(context=NVML_DUMB), ["NVML cannot tell: NVML does not start (error 9)"], id="no NVML"),
        pytest.param(look(BUSY, OPEN, NVML_DUMB), ["device file", "NVML cannot tell"], id="open file instead"),
        pytest.param(look(CPU_UNKNOWN), ["CPU time unknown: /proc is not there", "not known"], id="no CPU time"),
        pytest.param(look(BUSY, HIDDEN, NVML_DUMB), ["nobody can tell", "may not be read"], id="unclear"),
    ],
)
def test_a_finding_says_what_was_seen_and_by_whom(seen: Look, words: list[str]) -> None:
    (finding,) = judge(seen, seen)[0]
    text = f"{finding.problem} {finding.seen}"
    assert [word for word in words if word not in text] == []


def test_every_reason_is_in_the_list() -> None:
    assert {reason for _, reason in (PASSED, FELL_BACK, STOPPED, NOT_OPENED, UNCLEAR)} <= set(REASONS)


# ---- when NVML is asked ----


def test_nvml_must_be_asked_when_a_finding_hangs_on_it_and_not_again_once_it_was_said() -> None:
    unasked = look(context=None)
    assert not must_ask_nvml(State(), replace(unasked, elapsed_s=10.0), WARN)
    assert must_ask_nvml(State(), unasked, WARN)
    _, _, once = judge(look(), settings=WARN)
    assert must_ask_nvml(once, unasked, WARN)
    _, _, said = judge(look(), look(), settings=WARN)
    assert not must_ask_nvml(said, unasked, WARN)
    assert must_ask_nvml(said, replace(unasked, holder=OPEN), WARN)


def test_nvml_is_worth_asking_only_while_a_device_file_may_be_open() -> None:
    assert [may_have_context(look(holder=one)) for one in (CLOSED, OPEN, HIDDEN)] == [False, True, True]


# ---- the property ----

CPU = st.one_of(st.floats(0, 5000).map(Known), st.just(CPU_UNKNOWN))
LOOKS = st.builds(
    Look,
    elapsed_s=st.floats(0, 7200),
    cpu_s=CPU,
    holder=st.sampled_from([CLOSED, OPEN, HIDDEN]),
    context=st.sampled_from([None, NOBODY, NVML_DUMB, Known(17)]),
)


def lacks_context(one: Look) -> bool:
    """Whether it is known, not only unseen, that there is no context."""
    return one.context == NOBODY or (isinstance(one.context, Unknown) and one.holder == CLOSED)


@given(st.lists(LOOKS, max_size=12), st.sampled_from([STOP, WARN]))
def test_a_job_is_stopped_only_on_two_looks_that_show_no_context_and_much_cpu_time(
    looks: list[Look], settings: TripwireSettings
) -> None:
    state, asked = State(), []
    for one in sorted(looks, key=lambda each: each.elapsed_s):
        before = state.is_over
        state, decision = judge_look(state, one, settings)
        asked += [] if one.context is None else [one]
        if not decision.stop:
            assert all(finding.status is not Status.FAIL for finding in decision.findings)
            continue
        assert not before
        assert settings.on_fallback == "stop"
        assert len(asked) >= 2
        for seen in asked[-2:]:
            assert seen.elapsed_s >= settings.deadline_s
            assert lacks_context(seen)
            assert isinstance(seen.cpu_s, Known)
            assert seen.cpu_s.value >= settings.least_cpu_s
        assert not any(seen.context == Known(17) for seen in asked)


@given(st.lists(LOOKS, max_size=12))
def test_a_context_that_was_seen_ends_everything(looks: list[Look]) -> None:
    state, _ = judge_look(State(), look(context=Known(17)), STOP)
    for one in looks:
        state, decision = judge_look(state, one, STOP)
        assert (decision.findings, decision.stop) == ((), False)


@given(st.lists(LOOKS, max_size=20), st.sampled_from([STOP, WARN]))
def test_a_pass_is_said_only_of_a_context_or_an_open_file(looks: list[Look], settings: TripwireSettings) -> None:
    state = State()
    for one in looks:
        state, decision = judge_look(state, one, settings)
        if any(finding.status is Status.PASS for finding in decision.findings):
            assert one.context == Known(17) or (isinstance(one.context, Unknown) and one.holder == OPEN)


# ---- NVML's lists ----


def nvml(
    *pids: int, used_mib: int | None = 3, kind: str = "compute", mig: bool = False, **values: object
) -> Known[Nvml]:
    listed = Known(tuple(ComputeProcess(pid, kind, "GPU-0") for pid in pids))
    device = NvmlDevice(0, memory_used_mib=used_mib, mig_enabled=mig)
    return Known(Nvml(**{"count": 1, "devices": (device,), "processes": listed, **values}))  # type: ignore[arg-type]


HOLDS, HOLDS_NOT, HIDES = Known(True), Known(False), Unknown("may not be read")


@pytest.mark.parametrize(
    ("said", "held", "answer"),
    [
        pytest.param(nvml(17), {17: HOLDS}, Known(17), id="a process of ours"),
        pytest.param(nvml(17, kind="graphics"), {17: HOLDS}, Known(17), id="rendering"),
        pytest.param(nvml(17, kind="mps"), {17: HOLDS}, Known(17), id="MPS client"),
        pytest.param(nvml(4242, 17), {17: HOLDS}, Known(17), id="ours among others"),
        pytest.param(nvml(17), {17: HIDES}, Known(17), id="ours, files hidden"),
        pytest.param(nvml(), {}, Known(None), id="nobody"),
        pytest.param(nvml(used_mib=None), {}, None, id="nobody, memory not told"),
        pytest.param(nvml(used_mib=9000, mig=True), {}, Known(None), id="nobody, others' MIG parts in use"),
        pytest.param(nvml(4242), {}, None, id="host's numbers"),
        pytest.param(nvml(17), {17: HOLDS_NOT}, None, id="host's number that is ours by chance"),
        pytest.param(nvml(4242, 17), {17: HIDES}, None, id="host's numbers, one perhaps ours"),
        pytest.param(nvml(used_mib=500), {}, None, id="memory in use and nobody named"),
        pytest.param(nvml(init_error=9), {}, None, id="nvmlInit refused"),
        pytest.param(nvml(count=None, count_error=999), {}, None, id="count refused"),
        pytest.param(nvml(count=0), {}, None, id="no device"),
        pytest.param(nvml(processes=Unknown("refused")), {}, None, id="lists refused"),
        pytest.param(Unknown("no answer for 60 s"), {}, None, id="NVML hangs"),
    ],
)
def test_what_nvml_lists_is_a_context_only_where_it_is_surely_ours(
    said: Reading[Nvml], held: dict[int, Reading[bool]], answer: Known[int | None] | None
) -> None:
    found = find_context(said, held)
    assert isinstance(found, Unknown) if answer is None else found == answer


# ---- the schedule ----


@given(st.floats(0, 1e5), st.floats(0, 100), st.floats(0, 1))
def test_a_look_waits_until_it_is_within_the_allowance(elapsed: float, spent: float, cost: float) -> None:
    for allowance in (READING_PROC, ASKING_NVML):
        at = elapsed + allowance.wait_s(elapsed, spent, cost)
        assert spent + cost <= allowance.credit_s + allowance.share * at + 1e-9


def test_over_half_an_hour_all_looks_together_stay_under_a_tenth_of_a_percent() -> None:
    minutes_30 = 1800.0
    forced = 2 * 0.15
    most = sum(one.credit_s + one.share * minutes_30 for one in (READING_PROC, ASKING_NVML)) + forced
    assert most < 0.001 * minutes_30


@given(st.floats(0.1, 1e5), st.floats(0, 1e4), st.floats(0, 2e5))
def test_the_deadline_is_never_slept_through(deadline: float, wait: float, elapsed: float) -> None:
    pause = pause_s(deadline, wait, elapsed)
    assert pause > 0
    if elapsed < deadline:
        assert elapsed + pause <= deadline + 1e-6
    else:
        assert pause >= wait


def test_the_second_look_comes_soon_and_not_at_once() -> None:
    assert [second_look_s(deadline) for deadline in (0.1, 300, 1800, 86400)] == [0.05, 3.0, 10.0, 10.0]


@pytest.mark.parametrize(
    ("passed", "planned", "counted"),
    [
        pytest.param(3.0, 10.0, 3.0, id="woken early"),
        pytest.param(10.4, 10.0, 10.4, id="as planned"),
        pytest.param(3600.0, 10.0, 15.0, id="stopped for an hour"),
        pytest.param(-5.0, 10.0, 0.0, id="a clock that goes back"),
    ],
)
def test_time_in_which_the_container_stood_still_does_not_count(passed: float, planned: float, counted: float) -> None:
    assert counted_s(passed, planned) == pytest.approx(counted)
