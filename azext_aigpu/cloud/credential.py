"""A credential that several threads share: whoever comes first fetches the token, the others wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from azext_aigpu.cloud.error_table import Kind
from azext_aigpu.cloud.errors import AzureProblem, CallFailed, name_cause, plain

REFRESH_SECONDS = 300
"""azure-core asks for a new token when less than this is left; one that is as old must not be handed out again."""


class OneTokenCredential:
    """Wraps the CLI's credential, which asks the identity service again for every caller and keeps nothing."""

    def __init__(self, credential: Any) -> None:
        self._credential = credential
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, ...], Any] = {}

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """Return a token in azure-core's older form."""
        return self._shared("token", scopes, options, lambda: self._credential.get_token(*scopes, **options))

    def get_token_info(self, *scopes: str, options: Any = None) -> Any:
        """Return a token in azure-core's newer form."""
        return self._shared("info", scopes, options, lambda: self._credential.get_token_info(*scopes, options=options))

    def _fetch(self, fetch: Callable[[], Any]) -> Any:
        from knack.util import CLIError

        try:
            return fetch()
        # MSAL hands on whatever the network and the JSON parser raise.
        except (CLIError, OSError, ValueError, KeyError, TypeError) as error:
            raise CallFailed(_explain_login(error)) from error

    def _shared(self, form: str, scopes: tuple[str, ...], options: Any, fetch: Callable[[], Any]) -> Any:
        key = (form, *scopes)
        with self._lock:
            token = self._tokens.get(key)
            # Claims come from a challenge: the service has just refused the token that is kept.
            refused = bool(options and options.get("claims"))
            if token is None or refused or token.expires_on - time.time() < REFRESH_SECONDS:
                token = self._tokens[key] = self._fetch(fetch)
            return token


def _explain_login(error: Exception) -> AzureProblem:
    """Return why there is no token, with the advice of azure-cli where it gives any."""
    cause = _name_login_cause(error)
    advice = " ".join(str(text) for text in getattr(error, "recommendations", ()) or ())
    step = advice or "Sign in again: az login; with a managed identity: az login --identity"
    return AzureProblem("NoToken", f"No token could be had for your login: {cause}", step, None, Kind.SIGN_IN)


def _name_login_cause(error: Exception) -> str:
    if isinstance(error, OSError):
        return name_cause(error)
    # azure-cli prints `None, None` for an identity service that answers without its error fields.
    said = ", ".join(part for part in str(getattr(error, "error_msg", "")).split(", ") if part not in ("", "None"))
    return plain(said) or "the login service gave an answer that holds no token and no reason"
