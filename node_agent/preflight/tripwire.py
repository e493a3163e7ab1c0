"""Judge whether the running job uses a GPU: from what looks showed to findings, and to the order to stop it.

A context on a GPU ends the watch for good. After the deadline, two looks in a row must agree before anything is said.
Not being able to see is never taken for a context, and never for the lack of one.
"""

from __future__ import annotations

import enum
from typing import FrozenSet, Optional, Tuple

from aigpu_contract.duration import render_duration
from aigpu_contract.finding import Blame, Finding
from aigpu_contract.frozen import dataclass, replace
from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.checks.findings import Words, fault, passed, unclear, warning
from node_agent.preflight.process_tree import Holder

ID = "tripwire"
FALLBACK = "SilentCPUFallback"
NOT_OPENED = "GPUNotOpened"
NOT_READ = "ReadingUnknown"
WARN, STOP = "warn", "stop"
MOST_TRIES = 4
"""Looks after which it is said that they contradict each other."""


@dataclass(frozen=True)
class TripwireSettings:
    """How the running job is watched.

    `deadline_s` 0 switches the watch off. `on_fallback` is `warn`, or `stop` to end a job that computes on the CPU:
    SIGTERM, and SIGKILL `grace_s` later. `least_cpu_s` is the CPU time from which a job counts as computing; less is an
    idle one. `root` stands before /dev. `answer_s` is how long NVML may take.
    """

    deadline_s: float
    on_fallback: str
    root: str = "/"
    grace_s: float = 30.0
    least_cpu_s: float = 600.0
    answer_s: float = 60.0


@dataclass(frozen=True)
class Look:
    """What one look showed, `elapsed_s` after the start of the command.

    `cpu_s` is the CPU time of the command and all that came from it. `holder` has a device file open. `context` is a
    process with a context on a GPU; None where NVML was not asked.
    """

    elapsed_s: float
    cpu_s: Reading[float]
    holder: Reading[Optional[Holder]]
    context: Optional[Reading[Optional[int]]] = None


class Sight(enum.Enum):
    """What a look comes to."""

    CONTEXT = "a process has a context"
    OPEN_FILE = "a device file is open, and NVML cannot tell more"
    COMPUTING = "no context, and the CPU computes"
    IDLE = "no context, and little CPU time"
    UNCLEAR = "nobody can tell"


Situation = Tuple[Optional[bool], Optional[bool]]


@dataclass(frozen=True)
class State:
    """What the watch knows of earlier looks.

    `said` are the reasons already announced. `pending` was seen by the last look and by none before it, for `tries`
    looks. `settled` are the situations that NVML was asked about to the end.
    """

    said: FrozenSet[str] = frozenset()
    pending: Optional[Sight] = None
    tries: int = 0
    settled: FrozenSet[Situation] = frozenset()
    is_over: bool = False


@dataclass(frozen=True)
class Decision:
    """What is to be announced, and whether the command is to be stopped."""

    findings: Tuple[Finding, ...] = ()
    stop: bool = False


NOTHING = Decision()


def must_ask_nvml(state: State, look: Look, settings: TripwireSettings) -> bool:
    """Return whether NVML has to be asked now, whatever it costs: something is to be said and hangs on its answer."""
    if look.elapsed_s < settings.deadline_s:
        return False
    return state.pending is not None or _situation(look, settings) not in state.settled


def may_have_context(look: Look) -> bool:
    """Return whether it is of use to ask NVML: without an open device file there is no context."""
    return look.holder != Known(None)


def see(look: Look, settings: TripwireSettings) -> Sight:
    """Return what a look for which NVML was asked comes to."""
    if isinstance(look.context, Known) and look.context.value is not None:
        return Sight.CONTEXT
    if not isinstance(look.context, Known):
        if isinstance(look.holder, Unknown):
            return Sight.UNCLEAR
        if look.holder.value is not None:
            return Sight.OPEN_FILE
    return Sight.COMPUTING if _computes(look, settings) else Sight.IDLE


def _computes(look: Look, settings: TripwireSettings) -> Optional[bool]:
    return None if isinstance(look.cpu_s, Unknown) else look.cpu_s.value >= settings.least_cpu_s


def _situation(look: Look, settings: TripwireSettings) -> Situation:
    is_open = None if isinstance(look.holder, Unknown) else look.holder.value is not None
    return is_open, _computes(look, settings)


def judge_look(state: State, look: Look, settings: TripwireSettings) -> Tuple[State, Decision]:
    """Return the state after a look, and what follows from it."""
    if state.is_over or look.context is None:
        return state, NOTHING
    sight = see(look, settings)
    if sight is Sight.CONTEXT:
        # Only after a warning does the record need to be told.
        return replace(state, is_over=True), Decision((_opened(look),) if state.said else ())
    if look.elapsed_s < settings.deadline_s:
        return state, NOTHING
    if _is_told(sight, state):
        return _settle(state, look, settings), NOTHING
    if sight is not state.pending:
        if state.tries < MOST_TRIES:
            return replace(state, pending=sight, tries=state.tries + 1), NOTHING
        sight = Sight.UNCLEAR
    return _tell(_settle(state, look, settings), sight, look, settings)


def _settle(state: State, look: Look, settings: TripwireSettings) -> State:
    return replace(state, pending=None, tries=0, settled=state.settled | {_situation(look, settings)})


def _is_told(sight: Sight, state: State) -> bool:
    """Return whether there is nothing new in it: said before, or less than what was said."""
    less = {Sight.COMPUTING: (), Sight.IDLE: (NOT_OPENED,), Sight.UNCLEAR: (NOT_READ,)}.get(sight)
    return less is not None and any(reason in state.said for reason in (FALLBACK, *less))


def _tell(state: State, sight: Sight, look: Look, settings: TripwireSettings) -> Tuple[State, Decision]:
    if sight is Sight.OPEN_FILE:
        return replace(state, is_over=True), Decision((_opened(look),))
    if sight is Sight.UNCLEAR:
        return _say(state, _cannot_tell(look, settings))
    if sight is Sight.IDLE:
        return _say(state, _not_opened(look, settings))
    stop = settings.on_fallback == STOP
    state, decision = _say(state, _fell_back(look, settings))
    return replace(state, is_over=stop), replace(decision, stop=stop)


def _say(state: State, finding: Finding) -> Tuple[State, Decision]:
    if finding.reason in state.said:
        return state, NOTHING
    return replace(state, said=state.said | {finding.reason}), Decision((finding,))


# ---- what is said ----


def _fell_back(look: Look, settings: TripwireSettings) -> Finding:
    words = Words(
        f"no process of this job uses a GPU {_after(look)} its start, and it computes on the CPU",
        seen=f"{_used(look)}; {_witnesses(look)}",
        wanted=_wanted(settings),
        next_step=(
            "ask the framework in this image, such as python3 -c 'import torch; print(torch.version.cuda, "
            "torch.cuda.is_available())'; a longer --gpu-deadline where the GPU comes late; a job for the CPU asks for "
            "no GPU"
        ),
    )
    if settings.on_fallback != STOP:
        return _with_evidence(warning(ID, FALLBACK, words), look)
    ending = f"the job is stopped: SIGTERM now, SIGKILL {render_duration(settings.grace_s)} later, exit code 78"
    return _with_evidence(fault(ID, FALLBACK, Blame.JOB, replace(words, problem=f"{words.problem}; {ending}")), look)


def _not_opened(look: Look, settings: TripwireSettings) -> Finding:
    unknown = isinstance(look.cpu_s, Unknown)
    computes = "whether it computes on the CPU is not known" if unknown else "it hardly computes at all"
    words = Words(
        f"no process of this job uses a GPU {_after(look)} its start, and {computes}",
        seen=f"{_used(look)}; {_witnesses(look)}",
        wanted=_wanted(settings),
        next_step=(
            "see what it waits for; a longer --gpu-deadline (0 = off) for a notebook or a server that starts lazily. "
            "It goes on, and so does the watch"
        ),
    )
    return _with_evidence(warning(ID, NOT_OPENED, words), look)


def _cannot_tell(look: Look, settings: TripwireSettings) -> Finding:
    why = "" if see(look, settings) is Sight.UNCLEAR else ": one look contradicts the other"
    words = Words(
        f"nobody can tell whether this job uses a GPU {_after(look)} its start{why}",
        seen=f"{_used(look)}; {_witnesses(look)}",
        wanted=_wanted(settings),
        next_step=(
            "run the job as the user of this program, and see that the driver capabilities hold utility; "
            "aigpu-preflight facts shows what NVML says. It goes on, and so does the watch"
        ),
    )
    return _with_evidence(unclear(ID, NOT_READ, words), look)


def _opened(look: Look) -> Finding:
    """Return that the GPU is used; how surely is in the words."""
    if isinstance(look.context, Known):
        text = f"a process of this job has a context on a GPU {_after(look)} its start"
        return _with_evidence(passed(ID, text, f"process {look.context.value}"), look)
    text = f"a process of this job has a device file of a GPU open {_after(look)} its start; NVML cannot tell more"
    return _with_evidence(passed(ID, text, _witnesses(look)), look)


def _after(look: Look) -> str:
    return render_duration(look.elapsed_s) + " after"


def _wanted(settings: TripwireSettings) -> str:
    return f"a CUDA or graphics context on a GPU within {render_duration(settings.deadline_s)} (--gpu-deadline)"


def _used(look: Look) -> str:
    if isinstance(look.cpu_s, Unknown):
        return f"CPU time unknown: {look.cpu_s.reason}"
    return f"{look.cpu_s.value / 60:.1f} core-minutes of CPU time"


def _witnesses(look: Look) -> str:
    """Return what NVML and the open files show; each says where it cannot tell."""
    if isinstance(look.context, Unknown):
        lists = f"NVML cannot tell: {look.context.reason}"
    else:
        lists = "NVML lists no process of this container"
    if isinstance(look.holder, Unknown):
        return f"{lists}; {look.holder.reason}"
    holder = look.holder.value
    if holder is None:
        return f"{lists}; no device file of a GPU is open"
    return f"{lists}; process {holder.pid} has {holder.path} open, as cuInit alone does"


def _with_evidence(finding: Finding, look: Look) -> Finding:
    cpu = "unknown" if isinstance(look.cpu_s, Unknown) else f"{look.cpu_s.value:.0f}"
    rows = (("elapsedSeconds", f"{look.elapsed_s:.0f}"), ("cpuSeconds", cpu))
    return replace(finding, evidence=rows)
