"""What a kubectl that runs prints, taken in while it comes: real processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from tests.azext.cluster.fake_kubectl import FakeKubectl

PATH = "/api/v1/nodes"


def script(folder: Path, text: str) -> Kubectl:
    program = folder / "program"
    program.write_text("#!/bin/sh\n" + text, encoding="utf-8")
    program.chmod(0o755)
    return Kubectl(str(program))


def failure(kubectl: Kubectl, timeout_s: float = 60) -> KubectlError:
    answer = kubectl.start_raw(PATH, timeout_s)
    with pytest.raises(KubectlError) as caught:
        list(answer)
    answer.close()
    return caught.value


def test_all_of_it_comes_however_long_it_is(tmp_path: Path) -> None:
    kubectl = script(tmp_path, "i=0; while [ $i -lt 3000 ]; do printf '%01000d' $i; i=$((i+1)); done")

    text = b"".join(kubectl.start_raw(PATH))

    assert text == b"".join(b"%01000d" % number for number in range(3000))


def test_a_piece_comes_before_the_next_is_printed(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    pieces = iter(
        script(tmp_path, f"printf one; while [ ! -e {seen} ]; do sleep 0.01; done; printf two").start_raw(PATH)
    )

    assert next(pieces) == b"one"
    seen.touch()
    assert next(pieces) == b"two"
    assert next(pieces, None) is None


def test_the_beginning_is_kept(tmp_path: Path) -> None:
    answer = script(tmp_path, "printf '%02000d' 7").start_raw(PATH)

    list(answer)

    assert 600 <= len(answer.head) <= 1200
    assert set(answer.head) == {ord("0")}


def test_what_came_before_a_failure_is_no_answer(fake: FakeKubectl) -> None:
    fake.answers(f"get --raw {PATH}", '{"items": [', stderr="Error from server (InternalError): etcd\n", code=1)

    assert "etcd" in failure(fake.kubectl).text


def test_a_kubectl_that_does_not_end_is_given_up_and_ended(tmp_path: Path) -> None:
    kubectl = script(tmp_path, f"echo $$ > {tmp_path / 'pid'}; printf half; echo still trying >&2; exec sleep 60")

    error = failure(kubectl, timeout_s=0.4)

    assert error.kind == "unreachable"
    assert "did not end within 0 seconds" in error.text
    assert "still trying" in error.text
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text(encoding="utf-8")), 0)


def test_a_kubectl_that_ends_later_than_its_answer_is_waited_for(tmp_path: Path) -> None:
    error = failure(script(tmp_path, "printf all; exec >&-; sleep 0.2; echo 'error: at the end' >&2; exit 3"))

    assert "at the end" in error.text


def test_a_plugin_that_waits_for_a_browser_is_told_at_once(fake: FakeKubectl) -> None:
    asked = "To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter the code X.\n"
    fake.answers(f"get --raw {PATH}", stderr=asked, seconds=900)

    assert failure(fake.kubectl, timeout_s=600).kind == "unauthorized"


def test_a_plugin_that_keeps_the_pipes_open_holds_nobody_up(tmp_path: Path) -> None:
    child = tmp_path / "child"
    try:
        error = failure(script(tmp_path, f"sleep 60 & echo $! > {child}; wait"), timeout_s=0.4)
    finally:
        os.kill(int(child.read_text(encoding="utf-8")), signal.SIGKILL)

    assert error.kind == "unreachable"


def test_an_answer_that_nobody_wants_any_more_is_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    answer = script(tmp_path, f"echo $$ > {pid}; exec cat /dev/zero").start_raw(PATH)
    next(iter(answer))

    answer.close()

    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text(encoding="utf-8")), 0)


def test_no_more_is_held_than_is_asked_for(tmp_path: Path) -> None:
    """A kubectl whose answer nobody takes waits: it has printed little more than the pipe and the pieces hold."""
    printed = tmp_path / "printed"
    mebibyte = "dd if=/dev/zero bs=65536 count=16 2>/dev/null"
    answer = script(tmp_path, f"for i in 1 2 3 4 5 6 7 8 9; do {mebibyte}; echo $i >> {printed}; done").start_raw(PATH)
    next(iter(answer))
    time.sleep(0.5)

    assert len(printed.read_text(encoding="utf-8").split()) <= 2
    answer.close()


def test_a_program_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(KubectlError) as caught:
        Kubectl(str(tmp_path / "gone")).start_raw(PATH)

    assert caught.value.kind == "missing"
