"""Functions in threads of their own."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from azext_aigpu.cloud.parallel import Started


def test_the_result_is_what_the_function_returned() -> None:
    assert Started(lambda: 7).result() == 7
    assert Started(lambda: None).result(5) is None


def test_what_the_function_raised_is_raised_where_the_result_is_asked_for() -> None:
    def fail() -> int:
        raise KeyError("x")

    started = Started(fail)
    for _ in range(2):
        with pytest.raises(KeyError, match="x"):
            started.result()


def test_functions_run_at_the_same_time() -> None:
    meeting = threading.Barrier(3)
    started = [Started(lambda: meeting.wait(60)) for _ in range(3)]
    assert sorted(one.result(60) for one in started) == [0, 1, 2]


def test_a_function_that_takes_too_long_is_given_up() -> None:
    stuck = threading.Event()
    with pytest.raises(TimeoutError):
        Started(stuck.wait).result(0.05)
    stuck.set()


def test_a_function_that_never_ends_does_not_keep_the_process() -> None:
    program = "import threading; from azext_aigpu.cloud.parallel import Started; Started(threading.Event().wait)"
    subprocess.run([sys.executable, "-c", program], timeout=20, check=True)
