"""A virtual machine as asked for: its rules, its template, what a user types about it."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from aigpu_contract import skus
from aigpu_contract.finding import Status
from aigpu_contract.reading import Known, Unknown
from azext_aigpu.cloud.facts import CloudFacts, SkuOffer, Usage
from azext_aigpu.machine import forms
from azext_aigpu.machine.spec import DRIVER_LINES, MachineSpec, review_offline, review_online
from azext_aigpu.machine.template import build_template
from azext_aigpu.review import stopping
from azext_aigpu.spec import Limits
from azext_aigpu.usage import UsageError

TODAY = datetime.date(2026, 11, 24)
T4 = "Standard_NC4as_T4_v3"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfalse somebody"


def spec(size: str = T4, **given: Any) -> MachineSpec:
    return MachineSpec("gpu1", "rg", "eastus", size, KEY, Limits(TODAY), **given)


def test_every_cuda_size_on_offer_has_a_driver_line_or_is_refused() -> None:
    for sku in skus.all_skus():
        if not sku.is_cuda_gpu or sku.is_retired(TODAY):
            continue
        stops = stopping(review_offline(spec(sku.size, waivers={"fractional-gpu": "test"})))
        installs = sku.aks_driver in DRIVER_LINES and sku.architecture != "arm64"
        assert bool(stops) is not installs or sku.gpu_share is None, sku.size


@pytest.mark.parametrize("size", ["Standard_D16s_v5", "Standard_NP10s", "Standard_NC6s_v3", "Standard_Nothing", ""])
def test_what_is_no_gpu_that_can_be_had_is_stopped(size: str) -> None:
    assert stopping(review_offline(spec(size)))


@pytest.mark.parametrize(
    ("size", "seen"),
    [
        pytest.param("Standard_NCC40ads_H100_v5", "driver line: none", id="none"),
        pytest.param("Standard_ND128isr_NDR_GB200_v6", "an Arm size", id="arm"),
        pytest.param("Standard_ND40s_v2", "driver line: not known", id="unknown"),
    ],
)
def test_a_size_without_a_documented_driver_is_stopped_as_unknown(size: str, seen: str) -> None:
    told = {item.reason: item for item in review_offline(spec(size))}["DriverLineUnknown"]

    assert (told.status, told.seen) == (Status.UNKNOWN, seen)


def test_unknown_cloud_is_unknown_and_never_a_pass() -> None:
    cloud = CloudFacts(skus=Unknown("x"), usages=Unknown("x"), region="eastus")

    found = {item.id: item.status for item in review_online(spec(), cloud)}

    assert found["sku-available"] is Status.UNKNOWN
    assert found["quota"] is Status.UNKNOWN


def test_one_machine_that_just_fits_passes_without_room_for_a_surge_node() -> None:
    offer = SkuOffer(T4, "F", 4, 1, (), ())
    usages = {"f": Usage("F", 0, 4), "cores": Usage("cores", 0, 4)}
    cloud = CloudFacts(skus=Known({T4.lower(): offer}), usages=Known(usages), region="eastus")

    assert {item.id: item.status for item in review_online(spec(), cloud)}["quota"] is Status.PASS


def test_a_template_holds_every_resource_after_what_it_needs_and_no_parameter() -> None:
    template = build_template(spec(ssh_source="203.0.113.7/32"))

    made: set[str] = set()
    for one in template["resources"]:
        names = "', '".join([one["type"], *one["name"].split("/")])
        assert set(one.get("dependsOn", ())) <= made, one["name"]
        made.add(f"[resourceId('{names}')]")
    assert "parameters" not in template
    assert "password" not in json.dumps(template).lower().replace("disablepasswordauthentication", "")


def test_everything_carries_the_tags() -> None:
    for one in build_template(spec(tags={"owner": "ml"}))["resources"]:
        assert one["tags"] == {"owner": "ml", "hardware": "gpu", "gpu-type": "nvidia", "aigpu-spec": "gpu1"}


def test_a_user_cannot_tag_the_contract_away() -> None:
    assert spec(tags={"hardware": "cpu"}).all_tags["hardware"] == "gpu"


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        pytest.param(forms.parse_machine_name, "-a", id="name-hyphen"),
        pytest.param(forms.parse_machine_name, "a" * 61, id="name-long"),
        pytest.param(forms.parse_machine_name, "a'b", id="name-quote"),
        pytest.param(forms.parse_admin, "admin", id="admin"),
        pytest.param(forms.parse_admin, "../x", id="admin-path"),
        pytest.param(forms.parse_source, "0.0.0.0/0", id="source-everybody"),
        pytest.param(forms.parse_source, "::/0", id="source-everybody-6"),
        pytest.param(forms.parse_source, "Internet", id="source-word"),
        pytest.param(forms.parse_source, "home", id="source-name"),
        pytest.param(forms.read_ssh_key, "ssh-dss AAAA x", id="key-kind"),
        pytest.param(forms.read_ssh_key, "ssh-rsa AAAA\nssh-rsa BBBB", id="key-two"),
        pytest.param(forms.read_ssh_key, "/nowhere/\0", id="key-no-path"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(parse: Any, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert caught.value.recommendation


@pytest.mark.parametrize(
    ("text", "parsed"),
    [("203.0.113.7", "203.0.113.7/32"), ("10.0.0.9/8", "10.0.0.0/8"), ("2001:db8::1", "2001:db8::1/128")],
)
def test_an_address_becomes_a_range(text: str, parsed: str) -> None:
    assert forms.parse_source(text) == parsed


def test_a_key_may_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "id.pub"
    file.write_text(KEY + "\n", "utf-8")

    assert forms.read_ssh_key(str(file)) == KEY
