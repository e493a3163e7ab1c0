"""One token for all threads, a new one when it gets old or is refused."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import pytest

from azext_aigpu.cloud.credential import OneTokenCredential


@dataclass
class Token:
    token: str
    expires_on: float


class Identity:
    """A credential that counts, and is slow enough for others to come in between."""

    def __init__(self, lifetime: float = 3600) -> None:
        self.lifetime = lifetime
        self.asked = 0

    def get_token_info(self, *_scopes: str, options: Any = None) -> Token:
        self.asked += 1
        time.sleep(0.02)
        return Token(f"{self.asked}-{options}", time.time() + self.lifetime)

    def get_token(self, *scopes: str, **options: Any) -> Token:
        return self.get_token_info(*scopes, options=options)


@pytest.mark.parametrize("form", ["get_token", "get_token_info"])
def test_threads_that_come_together_get_one_token(form: str) -> None:
    identity = Identity()
    credential = OneTokenCredential(identity)
    tokens: list[Token] = []
    threads = [threading.Thread(target=lambda: tokens.append(getattr(credential, form)("arm"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert (identity.asked, len(tokens), len({token.token for token in tokens})) == (1, 8, 1)


def test_another_scope_is_another_token() -> None:
    identity = Identity()
    credential = OneTokenCredential(identity)
    assert credential.get_token_info("a").token != credential.get_token_info("b").token


def test_a_token_that_is_about_to_expire_is_not_handed_out_again() -> None:
    identity = Identity(lifetime=299)
    credential = OneTokenCredential(identity)
    credential.get_token_info("arm")
    credential.get_token_info("arm")
    assert identity.asked == 2


def test_a_refused_token_is_replaced_for_everybody() -> None:
    identity = Identity()
    credential = OneTokenCredential(identity)
    first = credential.get_token_info("arm")
    second = credential.get_token_info("arm", options={"claims": "c"})
    assert first.token != second.token
    assert credential.get_token_info("arm") is second
