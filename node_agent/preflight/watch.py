"""Watch the running job's use of the GPU: look into /proc, ask NVML where it is worth it, announce what follows.

/proc is looked at first, since it costs next to nothing. NVML is asked in a short-lived process while somebody has a
device file open, and where a finding hangs on its answer.
"""

from __future__ import annotations

import os
import resource
import time
from contextlib import suppress
from typing import Callable, Dict, List, Mapping, Optional, Set

from aigpu_contract.finding import Finding
from aigpu_contract.frozen import replace
from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.facts import Nvml
from node_agent.preflight import process_tree, tripwire
from node_agent.preflight.context import find_context, listed_pids
from node_agent.preflight.nvml_question import Question
from node_agent.preflight.process_tree import Process, Processes
from node_agent.preflight.schedule import ASKING_NVML, READING_PROC, counted_s, pause_s, second_look_s
from node_agent.preflight.tripwire import Look, State, TripwireSettings

Announce = Callable[[Finding], None]
_FIRST_COST_S = 0.15
"""CPU time that a question to NVML is taken to cost before the first was asked."""


class AwakeClock:
    """Seconds since the start, without those in which the whole container stood still."""

    def __init__(self, read: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._last = read()
        self._planned = 0.0
        self.elapsed_s = 0.0

    def plan(self, wait_s: float) -> None:
        """Say how long the next wait is meant to be."""
        self._planned = wait_s

    def tick(self) -> float:
        """Count what has passed since the last tick, and return the whole."""
        now = self._read()
        self.elapsed_s += counted_s(now - self._last, self._planned)
        self._last = now
        self._planned = 0.0
        return self.elapsed_s


class Watch:
    """The watch over one command. `helpers` are process groups of our own, which never count as the job's."""

    def __init__(
        self, settings: TripwireSettings, environ: Mapping[str, str], announce: Announce, clock: AwakeClock
    ) -> None:
        self.helpers: Set[int] = set()
        self.command = 0
        self._settings = settings
        self._environ = environ
        self._announce = announce
        self._clock = clock
        self._state = State(is_over=settings.deadline_s <= 0)
        self._question: Optional[Question] = None
        self._before: Mapping[int, Process] = {}
        self._next_s = 0.0
        self._proc_spent_s = self._proc_cost_s = 0.0
        self._asking_spent_s = self._asked_at_s = 0.0
        self._nvml_spent_s, self._nvml_cost_s = 0.0, _FIRST_COST_S
        self._children_before_s = _children_cpu_s()

    @property
    def asking(self) -> int:
        """The process that asks NVML at this moment, 0 for none: its exit code is not to be taken from it."""
        return self._question.process if self._question is not None and self._question.answer is None else 0

    def due_s(self) -> Optional[float]:
        """Return in how many seconds the next turn is due; None where the watch is over."""
        if self._state.is_over:
            return None
        if self.asking:
            return self._settings.answer_s  # its end wakes us earlier
        return max(0.0, self._next_s - self._clock.elapsed_s)

    def turn(self, reaped_s: float) -> bool:
        """Look if it is time, and return whether the command is to be stopped.

        `reaped_s` is the CPU time of the job's processes that have ended and were waited for by us.
        """
        if self._state.is_over or self.asking:
            return False
        if self._question is not None:
            return self._take_answer(self._question, reaped_s)
        if self._clock.elapsed_s < self._next_s:
            return False
        return self._look(reaped_s)

    def close(self) -> None:
        """End the process that asks NVML, if one does."""
        if self._question is not None:
            self._question.close()

    # ---- looking ----

    def _look(self, reaped_s: float) -> bool:
        began = time.thread_time()
        processes = self._read_processes()
        look = self._see(processes, reaped_s)
        self._proc_cost_s = time.thread_time() - began
        self._proc_spent_s += self._proc_cost_s
        if not self._asks_nvml(look):
            return self._judge(look)
        self._before = processes.value.by_pid if isinstance(processes, Known) else {}
        self._asked_at_s = time.process_time()
        self._question = Question(self._settings.root, self._environ, self._settings.answer_s)
        if self._question.process:
            self.helpers.add(self._question.process)
            return False
        return self._take_answer(self._question, reaped_s)

    def _read_processes(self) -> Reading[Processes]:
        reading = process_tree.read_processes()
        if isinstance(reading, Unknown):
            return reading
        if self.command not in reading.value.by_pid:
            return Unknown(f"{process_tree.PROC} does not show the command, process {self.command}")
        # Their numbers may come again, as the job's.
        self.helpers.intersection_update(reading.value.by_pid)
        return reading

    def _see(self, processes: Reading[Processes], reaped_s: float) -> Look:
        elapsed_s = self._clock.elapsed_s
        if isinstance(processes, Unknown):
            return Look(elapsed_s, processes, processes)
        ours = process_tree.find_descendants(processes.value, os.getpid(), self.helpers)
        cpu_s = reaped_s + sum(process.cpu_s for process in ours)
        line = self._in_order(processes.value, ours)
        files = process_tree.read_device_files(self._settings.root)
        holder = process_tree.read_holder(line, files, {process.pid for process in ours})
        if holder == Known(None) and not processes.value.are_all:
            holder = Unknown("some processes of this container are hidden from this user")
        return Look(elapsed_s, Known(cpu_s), holder)

    def _in_order(self, processes: Processes, ours: List[Process]) -> List[Process]:
        """Return the processes that count, the job's first: one that has a device open is most often among them."""
        known = {process.pid for process in ours} | {os.getpid()}
        others = [one for pid, one in processes.by_pid.items() if pid not in known and one.group not in self.helpers]
        return [*ours, *others]

    # ---- asking NVML ----

    def _asks_nvml(self, look: Look) -> bool:
        if tripwire.must_ask_nvml(self._state, look, self._settings):
            return True
        wait_s = ASKING_NVML.wait_s(look.elapsed_s, self._nvml_spent_s, self._nvml_cost_s)
        return tripwire.may_have_context(look) and wait_s <= 0

    def _take_answer(self, question: Question, reaped_s: float) -> bool:
        self._question = None
        self._asking_spent_s += time.process_time() - self._asked_at_s
        spent_before_s, self._nvml_spent_s = self._nvml_spent_s, self._asking_spent_s + self._helpers_cpu_s(reaped_s)
        self._nvml_cost_s = self._nvml_spent_s - spent_before_s
        processes = self._read_processes()
        answer = question.answer or Unknown("NVML was not asked")
        return self._judge(replace(self._see(processes, reaped_s), context=self._find_context(answer, processes)))

    def _find_context(self, answer: Reading[Nvml], processes: Reading[Processes]) -> Reading[Optional[int]]:
        if isinstance(processes, Unknown):
            return processes
        here = {**self._before, **processes.value.by_pid}
        files = process_tree.read_device_files(self._settings.root)
        held: Dict[int, Reading[bool]] = {}
        for pid in listed_pids(answer):
            if pid in here and here[pid].group not in self.helpers:
                held[pid] = _holds(process_tree.read_open_device(pid, files))
        return find_context(answer, held)

    def _helpers_cpu_s(self, reaped_s: float) -> float:
        """Return the CPU time of our own children so far: of all that ended, what was not the job's."""
        return max(0.0, _children_cpu_s() - self._children_before_s - reaped_s)

    # ---- deciding ----

    def _judge(self, look: Look) -> bool:
        self._state, decision = tripwire.judge_look(self._state, look, self._settings)
        for finding in decision.findings:
            with suppress(OSError):  # nobody may read it any more; the job goes on, and so does the watch
                self._announce(finding)
        self._next_s = self._clock.elapsed_s + self._pause_s(look)
        return decision.stop

    def _pause_s(self, look: Look) -> float:
        deadline_s = self._settings.deadline_s
        if self._state.pending is not None:
            return second_look_s(deadline_s)
        wait_s = READING_PROC.wait_s(look.elapsed_s, self._proc_spent_s, self._proc_cost_s)
        return pause_s(deadline_s, wait_s, look.elapsed_s)


def _holds(reading: Reading[Optional[str]]) -> Reading[bool]:
    return reading if isinstance(reading, Unknown) else Known(reading.value is not None)


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
