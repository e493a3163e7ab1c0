"""Ctrl-C wherever it falls. Each program is a process of its own, since a signal is for a whole process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
START = """
import atexit, os, signal, sys
from azext_aigpu.handlers.interrupts import heard, refuse_stopped
signal.signal(signal.SIGINT, signal.default_int_handler)

def press():
    os.kill(os.getpid(), signal.SIGINT)

class Socket:
    def __del__(self):
        press()
        for _ in range(1000):
            pass
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", START + program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_one_that_falls_into_the_closing_of_a_socket_still_stops_the_command() -> None:
    done = run("""
try:
    with heard() as check:
        Socket()
        check()
        print("went on")
except KeyboardInterrupt:
    print("stopped")
""")

    assert (done.stdout, done.stderr) == ("stopped\n", "")


def test_another_one_while_the_command_ends_leaves_no_traceback() -> None:
    done = run("""
atexit.register(press)
refuse_stopped("Stopped watching.\\nFollow it.")
""")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "Follow it."
    assert "Traceback" not in done.stderr


def test_one_elsewhere_stops_at_once_and_what_else_a_finalizer_raises_is_still_told() -> None:
    done = run("""
class Broken:
    def __del__(self):
        raise ValueError("broken")

try:
    with heard():
        Broken()
        press()
        print("went on")
except KeyboardInterrupt:
    print("stopped", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
""")

    assert done.stdout == "stopped True\n"
    assert "ValueError: broken" in done.stderr


def test_where_it_is_ignored_it_stays_ignored() -> None:
    done = run("""
signal.signal(signal.SIGINT, signal.SIG_IGN)
with heard() as check:
    press()
    check()
print("went on")
""")

    assert (done.stdout, done.stderr) == ("went on\n", "")
