from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract.labels import Taint
from azext_aigpu import forms
from azext_aigpu.usage import UsageError

SUBNET = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/V/subnets/N"
SUBNET_KIND = "Microsoft.Network/virtualNetworks/subnets"


def parse_max_surge(text: str) -> str:
    return forms.parse_surge(text, "--max-surge")


def parse_subnet(text: str) -> str:
    return forms.parse_resource_id(text, "--vnet-subnet-id", SUBNET_KIND)


def parse_count(value: int) -> int:
    return forms.parse_number(value, "--max-count", 0, forms.MOST_NODES)


GOOD: list[Any] = [
    pytest.param(forms.parse_digest, "AB" * 32, "sha256:" + "ab" * 32, id="digest-bare"),
    pytest.param(forms.parse_digest, " sha256:" + "ab" * 32, "sha256:" + "ab" * 32, id="digest-whole"),
    pytest.param(forms.parse_pool_name, "a", "a", id="name-of-one-letter"),
    pytest.param(forms.parse_pool_name, "a100x8abcdef", "a100x8abcdef", id="name-of-twelve"),
    pytest.param(forms.parse_vm_size, " Standard_D16s_v5 ", "Standard_D16s_v5", id="a-cpu-size-is-for-the-rules"),
    pytest.param(forms.parse_vm_size, "Standard_E4-2s_v5", "Standard_E4-2s_v5", id="constrained-size"),
    pytest.param(forms.parse_model, "A100-80GB", "a100-80gb", id="model"),
    pytest.param(parse_count, 0, 0, id="no-node-is-a-count"),
    pytest.param(parse_count, 1000, 1000, id="most-nodes"),
    pytest.param(forms.parse_cost, "$12.50", Decimal("12.50"), id="cost-with-dollar-sign"),
    pytest.param(forms.parse_cost, "0.01", Decimal("0.01"), id="one-cent"),
    pytest.param(forms.parse_spot_price, 0.00001, 0.00001, id="five-decimals"),
    pytest.param(forms.parse_spot_price, -1.0, -1.0, id="up-to-on-demand"),
    pytest.param(forms.parse_kubernetes_version, "v1.34", "1.34", id="version-with-v"),
    pytest.param(forms.parse_kubernetes_version, "1.34.2", "1.34.2", id="patch-version"),
    pytest.param(parse_max_surge, "33%", "33%", id="surge-percent"),
    pytest.param(parse_max_surge, "0", "0", id="surge-none"),
    pytest.param(forms.parse_taints, "", (), id="no-taints"),
    pytest.param(
        forms.parse_taints,
        "a=b:NoSchedule, nvidia.com/gpu=present:NoExecute",
        (Taint("a", "b", "NoSchedule"), Taint("nvidia.com/gpu", "present", "NoExecute")),
        id="taints",
    ),
    pytest.param(forms.parse_labels, [""], {}, id="no-labels"),
    pytest.param(
        forms.parse_labels,
        ["team=vision", "example.com/x=", "team=nlp"],
        {"team": "nlp", "example.com/x": ""},
        id="labels",
    ),
    pytest.param(forms.parse_tags, ["a=b=c", "flag", ""], {"a": "b=c", "flag": ""}, id="tags"),
    pytest.param(forms.parse_zones, ["3", "1", "3"], ("3", "1"), id="zones-keep-their-order"),
    pytest.param(
        forms.parse_ports,
        ["80/tcp", "4000-5000/UDP"],
        (
            {"portStart": 80, "portEnd": 80, "protocol": "TCP"},
            {"portStart": 4000, "portEnd": 5000, "protocol": "UDP"},
        ),
        id="ports",
    ),
    pytest.param(
        forms.parse_ip_tags,
        ["RoutingPreference=Internet"],
        ({"ipTagType": "RoutingPreference", "tag": "Internet"},),
        id="ip-tags",
    ),
    pytest.param(forms.parse_headers, "A=1, B=2,A=3", {"A": "1,3", "B": "2"}, id="headers"),
    pytest.param(parse_subnet, SUBNET.upper(), SUBNET.upper(), id="ids-have-no-case"),
]

BAD: list[Any] = [
    pytest.param(forms.parse_pool_name, "", id="name-empty"),
    pytest.param(forms.parse_pool_name, "1gpu", id="name-digit-first"),
    pytest.param(forms.parse_pool_name, "GPU", id="name-capitals"),
    pytest.param(forms.parse_pool_name, "gpu-pool", id="name-dash"),
    pytest.param(forms.parse_pool_name, "a100x8abcdefg", id="name-thirteen"),
    pytest.param(forms.parse_pool_name, "gpu\n", id="name-newline"),
    pytest.param(forms.parse_vm_size, "", id="size-empty"),
    pytest.param(forms.parse_vm_size, "Standard NC24", id="size-blank"),
    pytest.param(forms.parse_model, "", id="model-empty"),
    pytest.param(forms.parse_model, "a100 80gb", id="model-blank"),
    pytest.param(parse_count, -1, id="count-negative"),
    pytest.param(parse_count, 1001, id="count-too-large"),
    pytest.param(forms.parse_cost, "0", id="cost-zero"),
    pytest.param(forms.parse_cost, "-1", id="cost-negative"),
    pytest.param(forms.parse_cost, "ten", id="cost-word"),
    pytest.param(forms.parse_cost, "NaN", id="cost-nan"),
    pytest.param(forms.parse_spot_price, 0.0, id="spot-zero"),
    pytest.param(forms.parse_spot_price, -2.0, id="spot-negative"),
    pytest.param(forms.parse_spot_price, 0.000001, id="spot-six-decimals"),
    pytest.param(forms.parse_spot_price, float("nan"), id="spot-nan"),
    pytest.param(forms.parse_spot_price, float("inf"), id="spot-infinite"),
    pytest.param(forms.parse_digest, "sha256:" + "g" * 64, id="digest-letters"),
    pytest.param(forms.parse_digest, "ab" * 31, id="digest-short"),
    pytest.param(forms.parse_digest, "", id="digest-empty"),
    pytest.param(forms.parse_kubernetes_version, "1", id="version-major-only"),
    pytest.param(forms.parse_kubernetes_version, "latest", id="version-word"),
    pytest.param(parse_max_surge, "many", id="surge-word"),
    pytest.param(parse_max_surge, "-1", id="surge-negative"),
    pytest.param(parse_max_surge, "1.5", id="surge-fraction"),
    pytest.param(forms.parse_taints, "sku", id="taint-key-only"),
    pytest.param(forms.parse_taints, "sku=:NoSchedule", id="taint-empty-value"),
    pytest.param(forms.parse_taints, "a=b:Never", id="taint-effect"),
    pytest.param(forms.parse_labels, ["team"], id="label-without-value"),
    pytest.param(forms.parse_labels, ["a=b=c"], id="label-two-equals"),
    pytest.param(forms.parse_labels, ["a=" + "x" * 64], id="label-too-long"),
    pytest.param(forms.parse_labels, ["/a=b"], id="label-empty-prefix"),
    pytest.param(forms.parse_tags, ["=b"], id="tag-without-key"),
    pytest.param(forms.parse_zones, ["4"], id="zone-four"),
    pytest.param(forms.parse_zones, [""], id="zone-empty"),
    pytest.param(forms.parse_ports, ["80"], id="port-without-protocol"),
    pytest.param(forms.parse_ports, ["80/icmp"], id="port-protocol"),
    pytest.param(forms.parse_ports, ["90-80/tcp"], id="ports-reversed"),
    pytest.param(forms.parse_ports, ["0/tcp"], id="port-zero"),
    pytest.param(forms.parse_ports, ["65536/tcp"], id="port-too-high"),
    pytest.param(forms.parse_headers, "A", id="header-without-value"),
    pytest.param(forms.parse_headers, "A=", id="header-empty"),
    pytest.param(parse_subnet, "", id="id-empty"),
    pytest.param(parse_subnet, "default", id="id-name-only"),
    pytest.param(parse_subnet, SUBNET.rpartition("/")[0], id="id-without-last-name"),
    pytest.param(parse_subnet, SUBNET.rpartition("/subnets")[0], id="id-of-the-parent"),
    pytest.param(parse_subnet, SUBNET + "/", id="id-with-slash-at-the-end"),
]


@pytest.mark.parametrize(("parse", "typed", "meant"), GOOD)
def test_what_is_typed_is_parsed(parse: Callable[[Any], Any], typed: Any, meant: Any) -> None:
    assert parse(typed) == meant


@pytest.mark.parametrize(("parse", "typed"), BAD)
def test_a_bad_form_is_told_with_the_option_the_value_and_an_example(parse: Callable[[Any], Any], typed: Any) -> None:
    with pytest.raises(UsageError) as caught:
        parse(typed)

    seen = typed[0] if isinstance(typed, list) else typed
    assert caught.value.message.startswith("--")
    assert str(seen) in caught.value.message
    assert caught.value.recommendation


@given(st.text())
def test_a_price_is_an_amount_above_zero_or_an_error(text: str) -> None:
    try:
        amount = forms.parse_cost(text)
    except UsageError:
        return
    assert amount.is_finite()
    assert amount > 0


@given(st.text())
def test_a_taint_list_is_whole_or_an_error(text: str) -> None:
    try:
        taints = forms.parse_taints(text)
    except UsageError:
        return
    assert forms.parse_taints(",".join(map(str, taints))) == taints
