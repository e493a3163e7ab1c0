from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from azext_aigpu.cluster.kubectl_errors import KubectlError
from azext_aigpu.cluster.user_kubeconfig import sign_in_by_az, temporary_kubeconfig

SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
ENTRA = ["get-token", "--environment", "AzurePublicCloud", "--server-id", SERVER, "--client-id", "80faf920"]


def kubeconfig(user: dict[str, Any]) -> str:
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "users": [{"name": "u", "user": user}], "x": 1})


def entra(arguments: list[str]) -> str:
    return kubeconfig({"exec": {"command": "kubelogin", "args": arguments, "env": None, "interactiveMode": "Never"}})


def user_of(text: str) -> dict[str, Any]:
    (entry,) = yaml.safe_load(text)["users"]
    found: dict[str, Any] = entry["user"]
    return found


def test_kubelogin_is_made_to_take_the_login_of_az() -> None:
    text = sign_in_by_az(entra([*ENTRA, "--tenant-id", "t", "--login", "devicecode"]), has_kubelogin=True)

    assert user_of(text)["exec"]["args"] == ["get-token", "--login", "azurecli", "--server-id", SERVER]
    assert user_of(text)["exec"]["interactiveMode"] == "Never"
    assert yaml.safe_load(text)["x"] == 1


@pytest.mark.parametrize(
    "user",
    [{"client-certificate-data": "Yw==", "client-key-data": "aw=="}, {"token": "t"}, {"exec": {"command": "other"}}],
    ids=["certificate", "token", "another-program"],
)
@pytest.mark.parametrize("has_kubelogin", [True, False], ids=["kubelogin", "no-kubelogin"])
def test_who_signs_in_otherwise_stays_as_he_is(user: dict[str, Any], has_kubelogin: bool) -> None:
    assert user_of(sign_in_by_az(kubeconfig(user), has_kubelogin)) == user


@pytest.mark.parametrize(
    ("text", "has_kubelogin", "kind", "told"),
    [
        pytest.param(entra(ENTRA), False, "missing", "kubelogin", id="no-kubelogin"),
        pytest.param(entra(["get-token"]), True, "other", "names no server", id="no-server"),
        pytest.param(entra([*ENTRA[:4]]), True, "other", "names no server", id="server-cut-off"),
        pytest.param(
            kubeconfig({"auth-provider": {"name": "azure"}}), True, "unauthorized", "auth-provider", id="auth-provider"
        ),
        pytest.param("users: 1", True, "other", "is none", id="no-users"),
        pytest.param("{", True, "other", "is none", id="no-yaml"),
        pytest.param("", True, "other", "is none", id="empty"),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, has_kubelogin: bool, kind: str, told: str) -> None:
    with pytest.raises(KubectlError, match=told) as raised:
        sign_in_by_az(text, has_kubelogin)

    assert raised.value.kind == kind
    assert raised.value.next_step


def test_the_file_is_the_owners_alone_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with temporary_kubeconfig("secret") as path:
        assert Path(path).read_text("utf-8") == "secret"
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
        assert Path(path).parent == tmp_path

    assert not list(tmp_path.iterdir())


def test_it_goes_after_a_failure_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with pytest.raises(KeyboardInterrupt), temporary_kubeconfig("secret"):
        raise KeyboardInterrupt

    assert not list(tmp_path.iterdir())
