"""The environment and the files that sign an `az` process in to the local Azure, without a login command.

The files are those that `az cloud register`, `az cloud set` and `az login --identity` would write.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from testbeds.local_azure.providers.identity import IDENTITY_HEADER
from testbeds.local_azure.tls import write_bundle
from testbeds.local_azure.world import Subscription

if TYPE_CHECKING:
    from testbeds.local_azure.server import LocalAzure

CLOUD = "LocalAzure"
# Settings of the caller that would lead `az` elsewhere than to the test bed.
_DROPPED_PREFIXES = ("AZURE_", "AIGPU_", "ARM_", "IDENTITY_", "MSI_")
_DROPPED = {
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "requests_ca_bundle",
    "ssl_cert_file",
    "curl_ca_bundle",
}


def build_environment(azure: LocalAzure, directory: Path, extension_dir: Path | None = None) -> dict[str, str]:
    """The whole environment of a signed-in `az` process; writes its files under `directory`."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_DROPPED_PREFIXES) and name.lower() not in _DROPPED
    }
    write_login(azure, directory)
    return {**own, **build_variables(azure, directory, extension_dir)}


def build_variables(azure: LocalAzure, directory: Path, extension_dir: Path | None = None) -> dict[str, str]:
    """Only the variables that the test bed sets; writes the bundle of certificates under `directory`."""
    bundle = str(write_bundle(directory / "tls" / "bundle.pem", azure.authority, others=azure.trusts_others))
    return {
        "AZURE_CONFIG_DIR": str(directory / "azure"),
        "AZURE_EXTENSION_DIR": str(extension_dir or directory / "extensions"),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_NO_COLOR": "1",
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_LOGIN_EXPERIENCE_V2": "off",
        "AZURE_CORE_SURVEY_MESSAGE": "no",
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        "AZURE_AIGPU_PRICES_URL": azure.url + "/api/retail/prices",
        "IDENTITY_ENDPOINT": azure.url + "/msi/token",
        "IDENTITY_HEADER": IDENTITY_HEADER,
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "NO_PROXY": "localhost,127.0.0.1",
        "no_proxy": "localhost,127.0.0.1",
    }


def write_login(azure: LocalAzure, directory: Path) -> Path:
    """Write the configuration directory of a signed-in `az`; gives its path."""
    config = directory / "azure"
    config.mkdir(parents=True, exist_ok=True)
    url = azure.url
    (config / "config").write_text(f"[cloud]\nname = {CLOUD}\n\n[core]\ncollect_telemetry = no\n", encoding="utf-8")
    (config / "clouds.config").write_text(
        f"[{CLOUD}]\nendpoint_resource_manager = {url}\nendpoint_active_directory = {url}\n"
        f"endpoint_active_directory_resource_id = {url}/\nendpoint_active_directory_graph_resource_id = {url}/\n",
        encoding="utf-8",
    )
    profile = {"subscriptions": [_profile(s, index == 0) for index, s in enumerate(azure.world.subscriptions)]}
    (config / "azureProfile.json").write_text(json.dumps(profile), encoding="utf-8")
    write_version_check(config)
    return config


def write_version_check(config: Path) -> None:
    """Say that the CLI asked for newer versions just now; otherwise a fresh directory asks the internet."""
    config.mkdir(parents=True, exist_ok=True)
    names = {"azure-cli": "azure-cli", "core": "azure-cli-core", "telemetry": "azure-cli-telemetry"}
    versions = {name: {"local": _version(package)} for name, package in names.items()}
    moment = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")
    (config / "versionCheck.json").write_text(
        json.dumps({"versions": versions, "update_time": moment}), encoding="utf-8"
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "0.0.0"


def _profile(subscription: Subscription, is_default: bool) -> dict[str, object]:
    return {
        "id": subscription.id,
        "name": subscription.name,
        "state": "Enabled",
        "tenantId": subscription.tenant_id,
        "isDefault": is_default,
        "environmentName": CLOUD,
        "homeTenantId": subscription.tenant_id,
        "managedByTenants": [],
        "user": {"name": "systemAssignedIdentity", "type": "servicePrincipal", "assignedIdentityInfo": "MSI"},
    }
