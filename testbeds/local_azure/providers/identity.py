"""Tokens: for the managed identity of an App Service, and for a service principal."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from testbeds.local_azure.exchange import Reply, Request, json_reply
from testbeds.local_azure.world import TENANT_ID, World

IDENTITY_HEADER = "local-azure"
OBJECT_ID = "a16b0000-0000-4000-8000-0000000000cc"
LIFETIME_SECONDS = 86400


def managed_identity_token(_world: World, request: Request) -> Reply:
    """The token endpoint of an App Service's managed identity (IDENTITY_ENDPOINT, IDENTITY_HEADER)."""
    if request.headers.get("x-identity-header") != IDENTITY_HEADER:
        return json_reply({"statusCode": 401, "message": "X-IDENTITY-HEADER is missing or wrong"}, 401)
    resource = request.query.get("resource", request.base_url + "/")
    expires = int(time.time()) + LIFETIME_SECONDS
    return json_reply(
        {
            "access_token": make_token(resource, expires),
            "expires_on": str(expires),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": OBJECT_ID,
        }
    )


def openid(_world: World, request: Request) -> Reply:
    """The discovery document that MSAL reads before it asks for a token."""
    tenant = f"{request.base_url}/{request.parameters['tenant']}"
    return json_reply(
        {
            "issuer": f"{tenant}/v2.0",
            "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
            "token_endpoint": f"{tenant}/oauth2/v2.0/token",
        }
    )


def client_token(_world: World, request: Request) -> Reply:
    """A token for a service principal; any secret but `wrong` will do."""
    if request.form.get("client_secret") == "wrong":
        error = "AADSTS7000215: Invalid client secret provided."
        return json_reply({"error": "invalid_client", "error_description": error}, 401)
    expires = int(time.time()) + LIFETIME_SECONDS
    token = make_token(request.form.get("scope", request.base_url + "/"), expires)
    return json_reply({"token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "access_token": token})


def make_token(audience: str, expires: int) -> str:
    """A JSON web token whose signature nobody checks."""
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{TENANT_ID}/",
        "iat": expires - LIFETIME_SECONDS,
        "nbf": expires - LIFETIME_SECONDS,
        "exp": expires,
        "tid": TENANT_ID,
        "oid": OBJECT_ID,
        "appid": OBJECT_ID,
    }
    parts = ({"typ": "JWT", "alg": "RS256", "kid": "local"}, claims)
    return ".".join([*map(_encode, parts), base64.urlsafe_b64encode(b"unsigned").decode().rstrip("=")])


def _encode(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
