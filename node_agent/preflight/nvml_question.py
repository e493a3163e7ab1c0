"""NVML asked in a process of its own while this one goes on: its library is never loaded here, and it may hang."""

from __future__ import annotations

import json
import os
import signal
import threading
from contextlib import suppress
from typing import Mapping, Optional, Union

from aigpu_contract.reading import Reading, Unknown
from node_agent.facts import Nvml
from node_agent.probes.child import Child, Deadline, start
from node_agent.probes.nvml import read_nvml
from node_agent.probes.spawn import NVML, probe_command

_ASKED_TO_END = 5 / 6
"""The part of the time after which a silent process gets SIGTERM; at the end it gets SIGKILL."""
_CLOSING_S = 1.0


class Question:
    """One question to NVML. `answer` is None until it is there; its coming wakes us with SIGCHLD.

    `process` is the number of the process that asks, 0 where none could be started.
    """

    def __init__(self, root: str, environ: Mapping[str, str], answer_s: float) -> None:
        self.answer: Optional[Reading[Nvml]] = None
        self.process = 0
        limit = Deadline(answer_s * _ASKED_TO_END, answer_s)
        started: Union[Child, Unknown] = start(NVML, probe_command(NVML), limit, environ)
        if isinstance(started, Unknown):
            self.answer = started
            return
        self.process = started.process
        self._thread = threading.Thread(target=self._ask, args=(started, root), daemon=True)
        self._thread.start()

    def _ask(self, child: Child, root: str) -> None:
        child.send(json.dumps({"root": root, "library": None}))
        self.answer = read_nvml(child)
        os.kill(os.getpid(), signal.SIGCHLD)

    def close(self) -> None:
        """End the process that asks, if it still does; one that cannot be killed is left behind."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.answer is not None:
                return
            with suppress(OSError):  # it may just have ended
                os.killpg(self.process, number)
            self._thread.join(_CLOSING_S / 2)
