"""Why a workload is left as it is."""

from __future__ import annotations


class InjectError(Exception):
    """A workload cannot be guarded safely; nothing of it is changed. `next_step` says how it can be."""

    def __init__(self, problem: str, next_step: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.next_step = next_step
