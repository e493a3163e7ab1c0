"""kubectl that AKS runs inside the cluster, in the form of the one that runs here."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from azext_aigpu.cloud.run_command import CommandResult
from azext_aigpu.cluster.kubectl import Kubectl
from azext_aigpu.cluster.kubectl_errors import KubectlError, build_error, build_timeout
from azext_aigpu.cluster.raw_answer import WholeAnswer

STDIN_FILE = "stdin.json"
MOST_SECONDS = 600.0
"""A pod is started for each command, on a cluster that may have to make room first."""

Invoke = Callable[[str, Mapping[str, str], float], CommandResult]
"""Runs a command line with files beside it, for at most so many seconds."""


@dataclass(frozen=True)
class InvokedKubectl(Kubectl):
    """kubectl by `az aks command invoke`'s own call. Standard input becomes a file, as there is none."""

    invoke: Invoke = field(kw_only=True)

    most_a_page: ClassVar[int | None] = 25
    """AKS hands on some 500 kB of what a command prints; a node of AKS, with its images, takes about 12 kB."""

    def start_raw(self, path: str, timeout_s: float = MOST_SECONDS) -> WholeAnswer:
        """Return what the API server answers to a GET of `path`, once it is there. Raises KubectlError."""
        return WholeAnswer(self._execute(("get", "--raw", path), None, timeout_s))

    def _execute(self, arguments: tuple[str, ...], stdin: bytes | None, timeout_s: float) -> bytes:
        files = {} if stdin is None else {STDIN_FILE: stdin.decode("utf-8")}
        given = tuple(STDIN_FILE if one == "-" and stdin is not None else one for one in arguments)
        try:
            result = self.invoke(shlex.join((self.program, *given)), files, max(timeout_s, MOST_SECONDS))
        except TimeoutError:
            raise build_timeout("", MOST_SECONDS, arguments) from None
        except ValueError as error:
            step = "Look at the namespace aks-command: a command needs room for a pod on a Linux node."
            raise KubectlError("unreachable", f"AKS could not run kubectl in the cluster: {error}.", step) from error
        if result.exit_code != 0:
            raise build_error(result.logs, result.exit_code, arguments)
        return result.logs.encode()
