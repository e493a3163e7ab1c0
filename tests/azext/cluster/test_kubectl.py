"""The wrapper around kubectl, run with a program that answers out of a book."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from azext_aigpu.cluster.kubectl import Kubectl, KubectlError, find_kubectl
from tests.azext.cluster.fake_kubectl import FakeKubectl


def failure(kubectl: Kubectl, *arguments: str, timeout_s: float = 60) -> KubectlError:
    with pytest.raises(KubectlError) as caught:
        kubectl.run(*arguments, timeout_s=timeout_s)
    return caught.value


def script(folder: Path, text: str) -> Path:
    program = folder / "program"
    program.write_text("#!/bin/sh\n" + text, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_what_it_prints_is_returned(fake: FakeKubectl) -> None:
    fake.answers("get nodes -o name", "node/a\n", stderr="Warning: v1 is old\n")

    assert fake.kubectl.run("get", "nodes", "-o", "name") == "node/a\n"


def test_the_cluster_that_was_named_is_the_one_that_is_asked(fake: FakeKubectl) -> None:
    fake.answers("get --raw /version", {"major": "1"})

    Kubectl(str(fake.path), kubeconfig="/of/mine", context="--prod x").get_raw("/version")

    assert fake.calls[0]["argv"][:2] == ["--kubeconfig=/of/mine", "--context=--prod x"]


def test_without_a_name_kubectl_chooses(fake: FakeKubectl) -> None:
    fake.answers("version", "x")

    fake.kubectl.run("version")

    assert fake.calls[0]["argv"] == ["version"]


def test_standard_input_arrives_whole_and_a_terminal_never_does(fake: FakeKubectl) -> None:
    manifest = "kind: ConfigMap\n# \u00e9\n" * 20_000
    fake.answers("apply -f -", "done")
    fake.answers("version", "x")

    fake.kubectl.run("apply", "-f", "-", stdin=manifest)
    fake.kubectl.run("version")

    assert [call["stdin"] for call in fake.calls] == [manifest, ""]


def test_no_shell_looks_at_an_argument(fake: FakeKubectl, tmp_path: Path) -> None:
    bad = f"$(touch {tmp_path / 'made'}); a b"
    fake.answers(f"get {bad}", "ok")

    assert fake.kubectl.run("get", bad) == "ok"
    assert not (tmp_path / "made").exists()


def test_the_environment_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/from/outside")

    assert Kubectl(str(script(tmp_path, 'echo "$KUBECONFIG"'))).run() == "/from/outside\n"


def test_raw_answers_are_parsed(fake: FakeKubectl) -> None:
    fake.answers("get --raw /api/v1/nodes?limit=1", {"items": [1]})

    assert fake.kubectl.get_raw("/api/v1/nodes?limit=1") == {"items": [1]}


@pytest.mark.parametrize(
    "answer", ["", "<html>proxy</html>", '{"items": [', "[" * 100_000], ids=["empty", "html", "cut", "deep"]
)
def test_an_answer_that_is_no_json_is_an_error(fake: FakeKubectl, answer: str) -> None:
    fake.answers("get --raw /x", answer)

    with pytest.raises(KubectlError, match="is not JSON") as caught:
        fake.kubectl.get_raw("/x")

    assert caught.value.kind == "other"


def test_a_failure_says_what_kubectl_said(fake: FakeKubectl) -> None:
    fake.answers("get pods", "half of it", stderr="something new went wrong\n", code=7)

    error = failure(fake.kubectl, "get", "pods")

    assert error.kind == "other"
    assert error.text == "kubectl get pods ended with exit code 7: something new went wrong"


def test_a_failure_without_a_word_is_one_all_the_same(fake: FakeKubectl) -> None:
    fake.answers("get pods", code=1)

    assert failure(fake.kubectl, "get", "pods").text == "kubectl get pods ended with exit code 1 and said nothing."


def test_a_kubectl_that_does_not_end_is_ended(fake: FakeKubectl) -> None:
    fake.answers("get pods", stderr="still trying\n", seconds=60)

    error = failure(fake.kubectl, "get", "pods", timeout_s=0.4)

    assert error.kind == "unreachable"
    assert error.text.startswith("kubectl get pods did not end within 0 seconds.")
    assert "still trying" in error.text


@pytest.fixture
def lingering(tmp_path: Path) -> Iterator[Path]:
    """A program whose child keeps the pipes open after it was killed; the child is ended with the test."""
    child = tmp_path / "child"
    yield script(tmp_path, f"sleep 60 & echo $! > {child}; wait")
    os.kill(int(child.read_text(encoding="utf-8")), signal.SIGKILL)


def test_a_plugin_that_keeps_the_pipes_open_holds_nobody_up(lingering: Path) -> None:
    error = failure(Kubectl(str(lingering)), "get", timeout_s=0.4)

    assert error.kind == "unreachable"
    os.kill(int((lingering.parent / "child").read_text(encoding="utf-8")), 0)  # it is still there


def test_a_plugin_that_waits_for_a_browser_is_told_at_once(fake: FakeKubectl) -> None:
    asked = "To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter the code X.\n"
    fake.answers("get pods", stderr=asked, seconds=900)

    error = failure(fake.kubectl, "get", "pods", timeout_s=600)

    assert error.kind == "unauthorized"
    assert "kubelogin convert-kubeconfig -l azurecli" in error.next_step


def test_the_program_is_looked_for_on_the_path(
    fake: FakeKubectl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(fake.folder))
    assert find_kubectl(None, "/k", "c") == Kubectl(str(fake.path), "/k", "c")

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KubectlError) as caught:
        find_kubectl()

    assert str(caught.value) == "The program kubectl is not on PATH.\nGet kubectl and kubelogin: az aks install-cli"


def test_another_program_can_be_named(fake: FakeKubectl) -> None:
    assert find_kubectl(str(fake.path)).program == str(fake.path)
    with pytest.raises(KubectlError, match="The program /nowhere/kubectl is not there") as caught:
        find_kubectl("/nowhere/kubectl")

    assert caught.value.kind == "missing"


@pytest.mark.parametrize("name", ["gone", "kubectl\0x"], ids=["gone", "no name"])
def test_a_program_that_cannot_be_started_is_missing(tmp_path: Path, name: str) -> None:
    assert failure(Kubectl(str(tmp_path / name)), "version").kind == "missing"


def test_a_file_that_is_no_program_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "kubectl"
    file.write_bytes(b"\x7fnot a program")
    file.chmod(0o755)

    assert "cannot be started" in failure(Kubectl(str(file)), "version").text
