"""Sends the same options through `az aks nodepool` and through ours, and holds the two requests together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import run

pytestmark = pytest.mark.core

CLUSTER = ("-g", "rg-train", "--cluster-name", "aks-train")
SIZE = ("--node-vm-size", "Standard_NC4as_T4_v3", "--node-count", "1")
IDS = "/subscriptions/S/resourceGroups/G/providers/"
OVERRIDE = {
    "query_logging": "Error",
    "protocol": "PreferUDP",
    "forwardDestination": "ClusterCoreDNS",
    "forwardPolicy": "Sequential",
    "maxConcurrent": 1000,
    "cacheDurationInSeconds": 3600,
    "serveStaleDurationInSeconds": 3600,
    "serveStale": "Immediate",
}
"""All there is, because older SDKs fill in what is left out."""


def put_of(azure: LocalAzure, group: str, verb: str, name: str, *options: str) -> Any:
    """Return the properties that `az GROUP nodepool VERB` sends for pool `name`."""
    result = run(azure, group, "nodepool", verb, *CLUSTER, "-n", name, *options)
    puts = [request for request in azure.recorded(method="PUT") if request.path.endswith("/" + name)]
    assert puts, result.stderr
    return puts[-1].body["properties"]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """The files that options name, written as azure-cli's documentation writes them."""
    contents = {
        "kubelet": {"cpuManagerPolicy": "static", "allowedUnsafeSysctls": ["kernel.msg*"]},
        "linux": {"swapFileSizeMB": 1500, "sysctls": {"netCoreSomaxconn": 163849}},
        "dns": {"mode": "Required", "kubednsoverrides": {".": OVERRIDE}},
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "motd").write_text("hello\n", encoding="utf-8")
    return {name: str(tmp_path / name) for name in (*contents, "motd")}


def options(files: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Options of `add`, and the properties that they go into."""
    return {
        "kubeletConfig": ("--kubelet-config", files["kubelet"]),
        "linuxOSConfig": ("--linux-os-config", files["linux"]),
        "localDNSProfile": ("--localdns-config", files["dns"]),
        "messageOfTheDay": ("--message-of-the-day", files["motd"]),
        "networkProfile": (
            "--allowed-host-ports", "80/tcp", "4000-5000/UDP", "--node-public-ip-tags", "RoutingPreference=Internet",
            "--asg-ids", IDS + "Microsoft.Network/applicationSecurityGroups/A",
        ),
        "availabilityZones": ("--zones", "1", "2"),
        "upgradeSettings": (
            "--max-surge", "33%", "--drain-timeout", "120", "--node-soak-duration", "5",
            "--undrainable-node-behavior", "Cordon",
        ),
        "orchestratorVersion": ("-k", "v1.34.2"),
        "maxPods": ("-m", "60"),
        "osSKU": ("--os-sku", "ubuntu2204"),
        "gpuProfile": ("--gpu-driver", "install"),
        "enableNodePublicIP": ("--enable-node-public-ip",),
        "enableUltraSSD": ("--enable-ultra-ssd",),
        "enableFIPS": ("--enable-fips-image",),
        "enableEncryptionAtHost": ("--enable-encryption-at-host",),
    }  # fmt: skip


def test_an_option_of_add_goes_out_as_azure_cli_sends_it(azure: LocalAzure, files: dict[str, str]) -> None:
    every = [word for words in options(files).values() for word in words]

    theirs = put_of(azure, "aks", "add", "theirs", *SIZE, *every)
    ours = put_of(azure, "aigpu", "add", "ours", *SIZE, *every)

    assert {key: ours.get(key) for key in options(files)} == {key: theirs.get(key) for key in options(files)}
    assert all(theirs.get(key) is not None for key in options(files))


def test_the_rest_of_the_request_is_what_makes_it_a_gpu_pool(azure: LocalAzure) -> None:
    theirs = put_of(azure, "aks", "add", "theirs", *SIZE)
    ours = put_of(azure, "aigpu", "add", "ours", *SIZE)

    assert {key for key in ours if ours[key] != theirs.get(key)} == {"nodeLabels", "nodeTaints", "tags", "osDiskSizeGB"}


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("-e", "--min-count", "0", "--max-count", "3"), id="autoscaler-on"),
        pytest.param(("--max-surge", "2", "--drain-timeout", "90"), id="upgrade"),
        pytest.param(
            (
                "--scale-down-mode",
                "Deallocate",
            ),
            id="scale-down",
        ),
        pytest.param(
            ("--labels", "team=vision", "--tags", "owner=ada", "--node-taints", "a=b:NoExecute"), id="contract"
        ),
        pytest.param(("--enable-fips-image", "--disable-vtpm"), id="switches"),
        pytest.param(("--os-sku", "AzureLinux3"), id="os"),
    ],
)
def test_an_option_of_update_changes_what_azure_cli_changes(azure: LocalAzure, words: tuple[str, ...]) -> None:
    for name in ("theirs", "ours"):
        azure.world.add_pool(name, vmSize="Standard_NC4as_T4_v3", count=1)

    theirs = put_of(azure, "aks", "update", "theirs", *words)
    ours = put_of(azure, "aigpu", "update", "ours", *words)

    # The image is sent back by newer SDKs only; the others are the service's own.
    left_to_the_service = {"eTag", "currentOrchestratorVersion", "provisioningState", "count", "nodeImageVersion"}
    changed = {key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)} - left_to_the_service
    assert changed == set()
