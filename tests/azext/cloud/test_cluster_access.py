"""A user's kubeconfig and commands inside a cluster, over the SDK that is installed."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import pytest

from azext_aigpu.cloud.run_command import CommandResult, build_request, parse_result, uses_entra
from azext_aigpu.cloud.user_credentials import parse_kubeconfigs


class TestCredentials:
    def test_the_first_kubeconfig_is_taken(self) -> None:
        value = base64.b64encode(b"kind: Config").decode()

        assert parse_kubeconfigs({"kubeconfigs": [{"name": "clusterUser", "value": value}]}) == "kind: Config"

    @pytest.mark.parametrize(
        "data",
        [
            None,
            {},
            {"kubeconfigs": []},
            {"kubeconfigs": [{"name": "x"}]},
            {"kubeconfigs": [{"value": "not base64!"}]},
            {"kubeconfigs": [{"value": base64.b64encode(b"\xff\xfe").decode()}]},
        ],
        ids=str,
    )
    def test_an_answer_without_one_is_no_answer(self, data: Any) -> None:
        with pytest.raises(ValueError, match=r"kubeconfig|answer"):
            parse_kubeconfigs(data)


class TestCommands:
    def test_files_go_along_in_an_archive(self) -> None:
        body = build_request("kubectl apply -f stdin.json", {"stdin.json": "{}"}, None)

        with zipfile.ZipFile(io.BytesIO(base64.b64decode(body["context"]))) as archive:
            assert archive.read("stdin.json") == b"{}"
        assert body["command"] == "kubectl apply -f stdin.json"
        assert "clusterToken" not in body
        assert build_request("kubectl apply -f stdin.json", {"stdin.json": "{}"}, None) == body

    def test_a_token_signs_in_where_one_is_needed(self) -> None:
        assert build_request("kubectl version", {}, "t") == {
            "command": "kubectl version",
            "context": "",
            "clusterToken": "t",
        }

    @pytest.mark.parametrize("code", [0, 1, 137])
    def test_a_command_that_ran_to_its_end_has_a_result(self, code: int) -> None:
        data = {"properties": {"provisioningState": "Succeeded", "exitCode": code, "logs": "x"}}

        assert parse_result(data) == CommandResult(code, "x")

    def test_it_may_have_printed_nothing(self) -> None:
        data = {"properties": {"provisioningState": "Succeeded", "exitCode": 0, "logs": ""}}

        assert parse_result(data).logs == ""

    @pytest.mark.parametrize(
        "properties",
        [
            {},
            {"provisioningState": "Failed", "reason": "no room"},
            {"provisioningState": "Succeeded"},
            {"provisioningState": "Succeeded", "exitCode": True},
            {"provisioningState": "Running", "exitCode": 0},
        ],
        ids=str,
    )
    def test_anything_else_is_no_result(self, properties: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="did not run to its end"):
            parse_result({"properties": properties})

    @pytest.mark.parametrize(
        ("profile", "uses"),
        [(None, False), ({}, False), ({"managed": False}, False), ({"managed": True}, True)],
        ids=str,
    )
    def test_who_signs_people_in(self, profile: Any, uses: bool) -> None:
        assert uses_entra({"properties": {"aadProfile": profile}}) is uses
