"""Start the command as the one who called us would have: its own group, the terminal, the signals, the environment."""

from __future__ import annotations

import errno
import os
import signal
from typing import Dict, Iterable, List, Mapping, NoReturn, Optional, Sequence, Union

from aigpu_contract.frozen import dataclass
from node_agent.preflight.terminal import Terminal

NOT_FOUND = 127
NOT_EXECUTABLE = 126
"""The exit codes that shells give for these two."""
_SHELL = "/bin/sh"
_PYTHON_IGNORES = ("SIGPIPE", "SIGXFSZ", "SIGXFZ")
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
_MISSING = (errno.ENOENT, errno.ENOTDIR)


@dataclass(frozen=True)
class Refusal:
    """The command could not be started: the exit code for it, and why."""

    code: int
    text: str


@dataclass(frozen=True)
class SignalState:
    """What signals were to us before we changed anything: blocked ones, and whether SIGCHLD was ignored."""

    blocked: Iterable[int]
    ignores_children: bool


def launch(
    command: Sequence[str], environ: Mapping[str, str], signals: SignalState, terminal: Optional[Terminal]
) -> Union[int, Refusal]:
    """Start `command` in a process group of its own and return its number, when it runs.

    All signals must be blocked. `posix_spawn` will not do: only the new process itself can take the terminal before
    it runs, and leave SIGCHLD ignored.
    """
    report, told = os.pipe()
    process = os.fork()
    if process == 0:
        _become(command, environ, signals, terminal, told)
    os.close(told)
    with os.fdopen(report, "rb") as pipe:
        failure = pipe.read()  # ends with nothing when the command has taken the place
    if not failure:
        return process
    os.waitpid(process, 0)
    number, _, path = failure.partition(b" ")
    return refusal(command[0], int(number), os.fsdecode(path), environ)


def refusal(name: str, number: int, path: str, environ: Mapping[str, str]) -> Refusal:
    """Return what is to be said of the errno `number` that running `path` gave."""
    if number not in _MISSING:
        text = f"{path}: {os.strerror(number)}; wanted: a program that this user may execute on this machine"
        return Refusal(NOT_EXECUTABLE, f"cannot run {name!r}: {text}: ls -l {path}")
    if os.path.exists(path):
        text = f"{path} is there, and the interpreter of its first line or its loader is not"
        return Refusal(NOT_EXECUTABLE, f"cannot run {name!r}: {text}: head -n 1 {path}")
    where = "" if "/" in name else f" in any folder of PATH ({environ.get('PATH', os.defpath)})"
    wanted = "name a program of this image behind --"
    return Refusal(NOT_FOUND, f"cannot run {name!r}: there is no such file{where}; {wanted}")


def _become(
    command: Sequence[str], environ: Mapping[str, str], signals: SignalState, terminal: Optional[Terminal], told: int
) -> NoReturn:
    """Become the command; where that fails, report it on `told` and end. Runs in the new process."""
    try:
        own = without_coerced_locale(environ)
        # Before the group: afterwards we no longer are in the foreground.
        is_foreground = terminal is not None and terminal.is_ours()
        os.setpgid(0, 0)
        if terminal is not None and is_foreground:
            terminal.put(os.getpgrp())
        _restore(signals)
        _execute(command, own)
    except OSError as error:
        os.write(told, f"{error.errno} ".encode() + os.fsencode(error.filename or command[0]))
    finally:
        os._exit(NOT_FOUND)


def _restore(signals: SignalState) -> None:
    """Undo what Python and we have done to signals; what was ignored before us stays so."""
    # Python ignores these at its start and does not say how they were: each program takes the default for granted.
    for name in _PYTHON_IGNORES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if signals.ignores_children:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, signals.blocked)


def _execute(command: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Run the command by the rules of execvp: along PATH, and a script without a first line by the shell.

    Raises OSError with the path that failed.
    """
    kept: Optional[OSError] = None
    for path in _candidates(command[0], environ):
        error = _execute_file(path, command, environ)
        # What is there and cannot be executed says more than that other folders have nothing of the name.
        if kept is None or (kept.errno in _MISSING and os.path.lexists(path)):
            kept = error
        if error.errno not in (*_MISSING, errno.EACCES):
            break
    raise kept or FileNotFoundError(errno.ENOENT, "PATH is empty", command[0])


def _execute_file(path: str, command: Sequence[str], environ: Mapping[str, str]) -> OSError:
    """Become the program `path`; return what stood in the way."""
    try:
        try:
            os.execve(path, list(command), dict(environ))  # noqa: S606 (no shell is what is wanted)
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise
        os.execve(_SHELL, [_SHELL, path, *command[1:]], dict(environ))  # noqa: S606
    except OSError as error:
        error.filename = path
        return error


def _candidates(name: str, environ: Mapping[str, str]) -> List[str]:
    if "/" in name or not name:
        return [name]
    return [os.path.join(folder, name) for folder in os.get_exec_path(dict(environ))]


def without_coerced_locale(environ: Mapping[str, str]) -> Dict[str, str]:
    """Return the environment without the LC_CTYPE that Python sets for itself in the C locale (PEP 538).

    The kernel still has the environment that this process was started with.
    """
    own = dict(environ)
    if own.get("LC_CTYPE") in _COERCED:
        try:
            with open("/proc/self/environ", "rb") as file:
                given = file.read().split(b"\0")
        except OSError:
            return own
        if not any(row.startswith(b"LC_CTYPE=") for row in given):
            del own["LC_CTYPE"]
    return own
