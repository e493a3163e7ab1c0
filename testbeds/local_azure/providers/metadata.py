"""The cloud's endpoints, as `az cloud register` discovers them."""

from __future__ import annotations

from testbeds.local_azure.exchange import Reply, Request, json_reply
from testbeds.local_azure.world import World


def show(_world: World, request: Request) -> Reply:
    """One object: a list is for another version of the endpoint and would crash `az cloud register`."""
    url = request.base_url
    return json_reply(
        {
            "name": "LocalAzure",
            "portal": url,
            "authentication": {
                "loginEndpoint": url,
                "audiences": [url + "/", url],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "resourceManager": url,
            "graphAudience": url + "/",
            "graph": url + "/",
            "suffixes": {
                "storage": "storage.localhost",
                "keyVaultDns": "vault.localhost",
                "acrLoginServer": "azurecr.localhost",
            },
        }
    )
