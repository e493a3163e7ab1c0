"""Run the job's command in this container as if we were not there, and watch that it uses its GPU.

Signals: all of them are blocked and taken one by one, so none is lost and nothing polls. A signal that is sent to us is
passed on to the command's own process, as tini does, and not to its group, as dumb-init does: without us it would have
reached that process alone. torchrun tells its workers itself, and a data loader's workers, forked with the job's
SIGTERM handler, must not write the checkpoint a second time. What a terminal sends goes to the command's group without
our doing: the group is in the foreground.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Callable, Mapping, Optional, Sequence, Set

from aigpu_contract.finding import Finding
from aigpu_contract.reading import Unknown
from aigpu_contract.rendering import printable
from aigpu_contract.verdict import EXIT_JOB
from node_agent.preflight.launch import Refusal, SignalState, launch
from node_agent.preflight.process_tree import find_descendants, read_processes
from node_agent.preflight.terminal import STOPS, Terminal, open_terminal, stop_like
from node_agent.preflight.tripwire import TripwireSettings
from node_agent.preflight.watch import AwakeClock, Watch

_PR_SET_CHILD_SUBREAPER = 36
_ENDING_TURN_S = 0.2
_GIVING_UP_S = 5.0
"""How long killed processes may take to disappear before they are left behind, stuck in the kernel."""


def supervise(
    command: Sequence[str],
    environ: Mapping[str, str],
    settings: TripwireSettings,
    announce: Callable[[Finding], None],
) -> int:
    """Run `command` and return the exit code to end with.

    That is the command's own; 128 + n where signal n ended it; 127 where it is not found and 126 where it cannot be
    executed, after a line on standard error; 78 where the tripwire stopped it. Call it from the main thread, with no
    other thread running, and end the process afterwards: signals stay blocked, so that none changes the exit code.
    """
    signals = _take_signals()
    _adopt_orphans()
    terminal = open_terminal()
    clock = AwakeClock()
    watch = Watch(settings, environ, announce, clock)
    watch.helpers |= _own_children()
    sys.stdout.flush()
    sys.stderr.flush()
    process = launch(command, environ, signals, terminal)
    if isinstance(process, Refusal):
        sys.stderr.write(f"aigpu-preflight exec: {printable(process.text)}\n")
        return process.code
    return Supervisor(process, watch, clock, terminal, settings.grace_s).run()


class Supervisor:
    """The loop around one running command."""

    def __init__(
        self, process: int, watch: Watch, clock: AwakeClock, terminal: Optional[Terminal], grace_s: float
    ) -> None:
        self._process = process
        self._watch = watch
        self._clock = clock
        self._terminal = terminal
        self._grace_s = grace_s
        self._code: Optional[int] = None
        self._reaped_s = 0.0
        self._kill_at_s: Optional[float] = None
        watch.command = process

    def run(self) -> int:
        """Wait for the end of the command, or of all that came from it once it is to be stopped."""
        try:
            while not self._turn():
                self._wait()
        finally:
            self._watch.close()
            if self._terminal is not None:
                self._terminal.take_back_from(self._process)
        return EXIT_JOB if self._kill_at_s is not None or self._code is None else self._code

    def _turn(self) -> bool:
        """Do what is due; return whether this is the end."""
        self._reap()
        elapsed_s = self._clock.tick()
        if self._kill_at_s is not None:
            return self._end_all(elapsed_s, self._kill_at_s)
        if self._code is not None:
            return True
        if self._watch.turn(self._reaped_s):
            self._kill_at_s = elapsed_s + self._grace_s
            self._signal_group(signal.SIGTERM)
            self._signal_group(signal.SIGCONT)  # one that is stopped could not end
        return False

    def _wait(self) -> None:
        wait_s = self._watch.due_s() if self._kill_at_s is None else _ENDING_TURN_S
        if wait_s is None:
            self._take(signal.sigwaitinfo(_ALL).si_signo)
            return
        self._clock.plan(wait_s)
        taken = signal.sigtimedwait(_ALL, wait_s)
        if taken is not None:
            self._take(taken.si_signo)

    # ---- signals ----

    def _take(self, number: int) -> None:
        if number == signal.SIGCHLD:
            return
        if number == signal.SIGCONT:
            self._go_on()
            return
        with suppress(OSError):  # it may have ended, or have become another user's
            os.kill(self._process, number)

    def _go_on(self) -> None:
        """Let the whole group go on, as a shell would that had stopped the whole group."""
        if self._terminal is not None:
            self._terminal.give(self._process)
        self._signal_group(signal.SIGCONT)

    def _signal_group(self, number: int) -> None:
        with suppress(OSError):
            os.killpg(self._process, number)

    # ---- children ----

    def _reap(self) -> None:
        """Take the exit codes of all that has ended: the command, and orphans that were given to us."""
        options = os.WEXITED | os.WSTOPPED | os.WNOHANG | os.WNOWAIT
        while True:
            # The thread that asks NVML takes that process's exit code, and wakes us when it has. Which one it is must
            # be known before looking: in between it may have taken it, and be asking no more.
            asking = self._watch.asking
            try:
                seen = os.waitid(os.P_ALL, 0, options)
            except ChildProcessError:
                return
            if seen is None or seen.si_pid == asking:
                return
            self._take_status(seen.si_pid)

    def _take_status(self, pid: int) -> None:
        _, status, used = os.wait4(pid, os.WUNTRACED | os.WNOHANG)
        if os.WIFSTOPPED(status):
            if pid == self._process:
                self._stopped(os.WSTOPSIG(status))
            return
        self._reaped_s += used.ru_utime + used.ru_stime
        if pid == self._process:
            self._code = exit_code(status)

    def _stopped(self, number: int) -> None:
        """Stop where the command was stopped by job control, and let it go on when we do."""
        if self._terminal is None or number not in STOPS:
            return
        stop_like(number)
        self._go_on()

    # ---- the end of all ----

    def _end_all(self, elapsed_s: float, kill_at_s: float) -> bool:
        """Kill what is left when its time is over; return whether nothing is, or nothing that can be killed."""
        left = self._left()
        if elapsed_s < kill_at_s:
            return not left
        for pid in left:
            with suppress(OSError):  # it may just have ended
                os.kill(pid, signal.SIGKILL)
        return not left or elapsed_s > kill_at_s + _GIVING_UP_S

    def _left(self) -> Set[int]:
        """Return the job's processes that live. Where /proc does not show them, the command stands for all."""
        reading = read_processes()
        if isinstance(reading, Unknown):
            return {self._process} if self._code is None else set()
        ours = find_descendants(reading.value, os.getpid(), self._watch.helpers)
        return {process.pid for process in ours if not process.has_ended}


def exit_code(status: int) -> int:
    """Return the exit code for a wait status, by the rule of shells."""
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


_ALL = frozenset(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}
"""Faults of our own, such as SIGSEGV, end us all the same: the kernel does not heed the block for them."""


def _take_signals() -> SignalState:
    """Block every signal and see that children's exit codes are kept; return how it was."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _ALL)
    ignored = signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    return SignalState(blocked, ignored)


def _adopt_orphans() -> None:
    """Become the parent of all that is orphaned below us; the first process of a container is so anyway."""
    if os.getpid() == 1:
        return
    try:
        import ctypes  # noqa: PLC0415 (some Pythons are built without it)

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return  # then orphans go to the container's first process: they are reaped there and their CPU time is missed


def _own_children() -> Set[int]:
    """Return the children that are there before the command: probes of ours that could not be killed."""
    reading = read_processes()
    if isinstance(reading, Unknown):
        return set()
    return {process.pid for process in reading.value.by_pid.values() if process.parent == os.getpid()}
