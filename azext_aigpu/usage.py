"""What is wrong with a command line, a file or a setting, before any rule is asked."""

from __future__ import annotations


class UsageError(Exception):
    """A value is not in the form that is wanted. At the edge it becomes exit code 2.

    `message` says what is wrong and the value seen; `recommendation` the value wanted, with an example.
    """

    def __init__(self, message: str, recommendation: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.recommendation = recommendation

    def __str__(self) -> str:
        return "\n".join(part for part in (self.message, self.recommendation) if part)
