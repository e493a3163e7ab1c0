from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from testbeds.cluster.access import Access, read_kubeconfig, write_kubeconfig

CERTIFICATE = Access("https://127.0.0.1:1", b"ca", b"certificate", b"key")
TOKEN = Access("https://127.0.0.1:1", b"ca", token="t")  # noqa: S106 - none


@pytest.mark.parametrize("access", [CERTIFICATE, TOKEN], ids=["certificate", "token"])
def test_what_is_written_is_read_back(tmp_path: Path, access: Access) -> None:
    assert read_kubeconfig(write_kubeconfig(access, tmp_path / "config")) == access


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    assert write_kubeconfig(TOKEN, tmp_path / "config").stat().st_mode & 0o777 == 0o600


def test_another_user_is_written_as_one_to_act_as(tmp_path: Path) -> None:
    path = write_kubeconfig(CERTIFICATE.acting_as("ada", ["team"]), tmp_path / "config")
    (entry,) = yaml.safe_load(path.read_text(encoding="utf-8"))["users"]
    assert (entry["user"]["as"], entry["user"]["as-groups"]) == ("ada", ["team"])


def test_files_that_it_names_are_found_beside_it(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes(b"ca")
    (tmp_path / "token").write_text("t\n", encoding="utf-8")
    document = yaml.safe_load(write_kubeconfig(TOKEN, tmp_path / "config").read_text(encoding="utf-8"))
    document["clusters"][0]["cluster"] = {"server": TOKEN.server, "certificate-authority": "ca.crt"}
    document["users"][0]["user"] = {"tokenFile": "token"}
    (tmp_path / "config").write_text(yaml.safe_dump(document), encoding="utf-8")
    assert read_kubeconfig(tmp_path / "config") == TOKEN


def test_a_user_with_a_login_program_is_refused_with_the_way_out(tmp_path: Path) -> None:
    document = yaml.safe_load(write_kubeconfig(TOKEN, tmp_path / "config").read_text(encoding="utf-8"))
    document["users"][0]["user"] = {"exec": {"command": "kubelogin"}}
    (tmp_path / "config").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ValueError, match="az aks get-credentials --admin"):
        read_kubeconfig(tmp_path / "config")


@pytest.mark.parametrize("text", ["", "{}", "- a", "contexts: [", "current-context: x\ncontexts: []"])
def test_what_is_no_kubeconfig_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="is not a kubeconfig"):
        read_kubeconfig(tmp_path / "config")
