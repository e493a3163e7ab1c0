"""The translation of the user's pip settings for uv, and what is said where something is missing."""

from __future__ import annotations

import sys

import pytest

from tools import bootstrap


def test_each_pip_setting_is_said_in_uv_s_words() -> None:
    pip = {
        "index-url": "https://mirror.example/simple",
        "extra-index-url": "https://one.example/simple\nhttps://two.example/simple",
        "find-links": "/wheels  /more-wheels",
        "trusted-host": "mirror.example",
        "cert": "/etc/ssl/own.pem",
        "timeout": "60",
    }
    assert bootstrap.uv_settings(pip, {}) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_FIND_LINKS": "/wheels,/more-wheels",
        "UV_INSECURE_HOST": "mirror.example",
        "SSL_CERT_FILE": "/etc/ssl/own.pem",
        "UV_SYSTEM_CERTS": "1",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_what_the_environment_says_to_uv_stays() -> None:
    settings = bootstrap.uv_settings(
        {"index-url": "https://mirror.example/simple"}, {"UV_DEFAULT_INDEX": "https://own"}
    )
    assert "UV_DEFAULT_INDEX" not in settings


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        pytest.param("", {}, id="nothing set"),
        pytest.param("global.index-url='https://a'\n", {"index-url": "https://a"}, id="from a file"),
        pytest.param(
            "global.index-url='https://a'\ninstall.index-url='https://b'\n",
            {"index-url": "https://b"},
            id="install wins",
        ),
        pytest.param(
            ":env:.index-url='https://c'\nglobal.index-url='https://a'\n",
            {"index-url": "https://c"},
            id="environment wins",
        ),
        pytest.param("global.find-links='/a\\n/b'\n", {"find-links": "/a\n/b"}, id="several lines"),
        pytest.param("download.index-url='https://d'\nno separator\n", {}, id="other commands"),
    ],
)
def test_pip_s_listing_is_read_as_pip_install_would(listing: str, expected: dict[str, str]) -> None:
    assert bootstrap.parse_pip_settings(listing) == expected


def test_this_python_is_new_enough() -> None:
    assert bootstrap.python_problem() == ""
    assert bootstrap.venv_problem() == ""


def test_an_old_python_is_told_what_it_is_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))
    problem = bootstrap.python_problem()
    assert "3.10 or newer" in problem
    assert sys.executable in problem
    assert "PYTHON=" in problem


def test_a_missing_ensurepip_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "ensurepip" else object())
    assert f"python{sys.version_info[0]}.{sys.version_info[1]}-venv" in bootstrap.venv_problem()


@pytest.mark.parametrize("changed", ["version", "prefix"])
def test_another_python_makes_another_environment(changed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bootstrap.environment_key()
    assert bootstrap.environment_key() == before
    if changed == "version":
        monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    else:
        monkeypatch.setattr(sys, "base_prefix", "/another")
    assert bootstrap.environment_key() != before
