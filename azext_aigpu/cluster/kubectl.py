"""Runs kubectl: the only place of the extension that starts a process.

kubectl brings what no library of azure-cli has: every form of signing in that a kubeconfig can name. It is started
without a shell, with the environment of `az`, for a bounded time, and can ask nobody: it gets no terminal.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import Any, ClassVar

from azext_aigpu.cluster.kubectl_errors import (
    KubectlError,
    build_error,
    build_missing,
    build_not_json,
    build_timeout,
    waits_for_sign_in,
)
from azext_aigpu.cluster.raw_answer import LOOK_S, Answer, RunningAnswer

__all__ = ["Kubectl", "KubectlError", "find_kubectl"]

PROGRAM = "kubectl"
RUN_S = 120.0
READ_S = 60.0
_END_S = 2.0


@dataclass(frozen=True)
class Kubectl:
    """kubectl for one cluster. Without `kubeconfig` and `context` it takes what it takes by itself."""

    program: str
    kubeconfig: str | None = None
    context: str | None = None

    most_a_page: ClassVar[int | None] = None
    """How many objects of a list fit into one answer; None where any number does."""

    def run(self, *arguments: str, stdin: str | None = None, timeout_s: float = RUN_S) -> str:
        """Return what `kubectl ARGUMENTS` prints on stdout. Raises KubectlError where it does not end with 0."""
        given = None if stdin is None else stdin.encode()
        return self._execute(arguments, given, timeout_s).decode(errors="replace")

    def get_raw(self, path: str, timeout_s: float = READ_S) -> Any:
        """Return the JSON that the API server answers to a GET of `path`. Raises KubectlError."""
        answer = self._execute(("get", "--raw", path), None, timeout_s)
        try:
            return json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise build_not_json(path, answer) from error

    def start_raw(self, path: str, timeout_s: float = READ_S) -> Answer:
        """Ask the API server for `path`, and return what will come of it. Raises KubectlError."""
        arguments = ("get", "--raw", path)
        return RunningAnswer(self._start(arguments, subprocess.DEVNULL), arguments, timeout_s)

    def _execute(self, arguments: tuple[str, ...], stdin: bytes | None, timeout_s: float) -> bytes:
        process = self._start(arguments, subprocess.DEVNULL if stdin is None else subprocess.PIPE)
        try:
            output, errors = _communicate(process, stdin, timeout_s, arguments)
        finally:
            if process.poll() is None:
                _end(process)
        if process.returncode != 0:
            raise build_error(errors.decode(errors="replace"), process.returncode, arguments)
        return output

    def _start(self, arguments: tuple[str, ...], stdin: int) -> subprocess.Popen[bytes]:
        command = [self.program, *self._where(), *arguments]
        try:
            return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except (OSError, ValueError) as error:
            raise build_missing(self.program, error) from error

    def _where(self) -> tuple[str, ...]:
        named = (("--kubeconfig", self.kubeconfig), ("--context", self.context))
        return tuple(f"{option}={value}" for option, value in named if value)


def find_kubectl(program: str | None = None, kubeconfig: str | None = None, context: str | None = None) -> Kubectl:
    """Return kubectl from PATH, or the one that `program` names. Raises KubectlError where there is none."""
    found = shutil.which(program or PROGRAM)
    if found is None:
        raise build_missing(program or PROGRAM)
    return Kubectl(found, kubeconfig, context)


def _communicate(
    process: subprocess.Popen[bytes], stdin: bytes | None, timeout_s: float, arguments: tuple[str, ...]
) -> tuple[bytes, bytes]:
    ends = time.monotonic() + timeout_s
    given = stdin
    while True:
        left = ends - time.monotonic()
        try:
            return process.communicate(given, max(0.0, min(LOOK_S, left)))
        except subprocess.TimeoutExpired as waited:
            # What it said so far; on Windows that is not known before the end.
            said = (waited.stderr or b"").decode(errors="replace")
            given = None  # communicate goes on with what it was given at first
            if left <= LOOK_S or waits_for_sign_in(said):
                raise build_timeout(said, timeout_s, arguments) from None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill kubectl, and do not wait for a plugin of it that keeps the pipes open."""
    process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_S)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
