from __future__ import annotations

from collections.abc import Mapping

import pytest

from azext_aigpu.cloud.run_command import CommandResult
from azext_aigpu.cluster.command_invoke import MOST_SECONDS, InvokedKubectl
from azext_aigpu.cluster.kubectl_errors import KubectlError
from azext_aigpu.cluster.paging import read_list


class Aks:
    """AKS's side: keeps what it was asked, and answers what it was told to, or raises it."""

    def __init__(self, answer: CommandResult | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    def __call__(self, command: str, files: Mapping[str, str], seconds: float) -> CommandResult:
        assert seconds >= MOST_SECONDS
        self.asked.append((command, files))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def kubectl(aks: Aks) -> InvokedKubectl:
    return InvokedKubectl("kubectl", invoke=aks)


def test_a_command_comes_back_with_what_it_printed() -> None:
    aks = Aks(CommandResult(0, "done\n"))

    assert kubectl(aks).run("label", "node", "a b", "x=y") == "done\n"
    assert aks.asked == [("kubectl label node 'a b' x=y", {})]


def test_standard_input_becomes_a_file_beside_it() -> None:
    aks = Aks(CommandResult(0, ""))

    kubectl(aks).run("apply", "-f", "-", stdin="{}")

    assert aks.asked == [("kubectl apply -f stdin.json", {"stdin.json": "{}"})]


def test_json_is_read() -> None:
    assert kubectl(Aks(CommandResult(0, '{"items": []}'))).get_raw("/apis") == {"items": []}


def test_a_page_of_a_list_is_no_longer_than_what_aks_hands_on() -> None:
    aks = Aks(CommandResult(0, '{"metadata": {}, "items": []}'))

    assert read_list(kubectl(aks), "/api/v1/nodes", lambda node: node) == []
    assert aks.asked == [("kubectl get --raw '/api/v1/nodes?limit=25'", {})]


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        pytest.param(
            CommandResult(1, 'Error from server (NotFound): daemonsets.apps "x" not found'),
            "not-found",
            "NotFound",
            id="not-found",
        ),
        pytest.param(CommandResult(127, "sh: kubectl: not found"), "other", "exit code 127", id="no-kubectl"),
        pytest.param(CommandResult(0, '{"items": [{"me'), "other", "not JSON", id="cut-off"),
        pytest.param(TimeoutError(), "unreachable", "did not end within", id="too-long"),
        pytest.param(ValueError("no pod could start"), "unreachable", "no pod could start", id="no-room"),
    ],
)
def test_what_goes_wrong_is_told_as_of_a_kubectl_here(answer: CommandResult | Exception, kind: str, told: str) -> None:
    with pytest.raises(KubectlError, match=told) as raised:
        kubectl(Aks(answer)).get_raw("/apis/apps/v1/namespaces/x/daemonsets/x")

    assert raised.value.kind == kind
