from __future__ import annotations

import sys

import pytest

from azext_aigpu.input_files import read_input
from azext_aigpu.usage import UsageError


def test_standard_input_that_is_closed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # What Python has where a shell closed it (`<&-`), and in a program of Windows without a console.
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(UsageError, match="--file: standard input cannot be read"):
        read_input("-", "--file", 10, "Give a file.")


def test_a_reason_ends_with_one_full_stop() -> None:
    with pytest.raises(UsageError, match=r"cannot be read: [^.]+\.\n"):
        read_input("~no-such-user-here/x", "--file", 10, "Give a file.")
