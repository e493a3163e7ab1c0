from __future__ import annotations

from argparse import Namespace
from typing import Any

import pytest

from azext_aigpu import _validators, forms, review
from azext_aigpu.usage import UsageError

GROUP = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/applicationSecurityGroups/A"


def test_a_value_is_replaced_by_what_it_means() -> None:
    namespace = Namespace(labels=["team=vision"])

    _validators.converted("labels", forms.parse_labels)(namespace)

    assert namespace.labels == {"team": "vision"}


@pytest.mark.parametrize("namespace", [Namespace(labels=None), Namespace()], ids=["not-given", "not-there"])
def test_what_was_not_given_stays_so(namespace: Namespace) -> None:
    _validators.converted("labels", forms.parse_labels)(namespace)

    assert getattr(namespace, "labels", None) is None


def test_a_count_of_zero_counts_as_given() -> None:
    with pytest.raises(UsageError):
        _validators.converted("gpu_count", forms.parse_number, "--gpu-count", 1)(Namespace(gpu_count=0))


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"spot_max_price": 1.5}, id="price"),
        pytest.param({"eviction_policy": "Delete"}, id="policy"),
        pytest.param({"eviction_policy": "Delete", "priority": "Regular"}, id="regular"),
    ],
)
def test_spot_options_need_a_spot_pool(given: dict[str, Any]) -> None:
    namespace = Namespace(**{"spot_max_price": None, "eviction_policy": None, "priority": None, **given})

    with pytest.raises(UsageError, match="only for spot pools"):
        _validators.validate_spot(namespace)


def test_a_spot_pool_takes_both_spot_options() -> None:
    namespace = Namespace(spot_max_price=1.5, eviction_policy="Deallocate", priority="Spot")

    _validators.validate_spot(namespace)

    assert namespace.spot_max_price == 1.5


def test_zones_are_spread_over_or_tried_but_not_both() -> None:
    with pytest.raises(UsageError, match="--zones and --try-zones"):
        _validators.validate_zones(Namespace(zones=["1"], try_zones=["2"]))


def test_a_bad_zone_to_try_is_told_under_its_own_option() -> None:
    with pytest.raises(UsageError, match=r"^--try-zones: '9'"):
        _validators.validate_zones(Namespace(zones=None, try_zones=["9"]))


@pytest.mark.parametrize(
    ("on", "fails"),
    [
        pytest.param((), False, id="none"),
        pytest.param(("enable_x",), False, id="one"),
        pytest.param(("enable_x", "disable_x"), True, id="two"),
    ],
)
def test_flags_that_exclude_each_other(on: tuple[str, ...], fails: bool) -> None:
    namespace = Namespace(enable_x="enable_x" in on, disable_x="disable_x" in on)
    validate = _validators.exclusive("enable_x", "disable_x")

    if not fails:
        validate(namespace)
        return
    with pytest.raises(UsageError, match="--enable-x and --disable-x"):
        validate(namespace)


def test_each_size_to_try_is_checked() -> None:
    namespace = Namespace(try_sizes=["Standard_NC24ads_A100_v4", "no size"])

    with pytest.raises(UsageError, match=r"^--try-sizes: 'no size'"):
        _validators.validate_sizes(namespace)


def test_security_groups_need_open_ports() -> None:
    with pytest.raises(UsageError, match="without --allowed-host-ports"):
        _validators.validate_group_ids(Namespace(asg_ids=[GROUP], allowed_host_ports=None))


def test_security_groups_with_ports_are_taken() -> None:
    namespace = Namespace(asg_ids=[GROUP], allowed_host_ports=["443/tcp"])

    _validators.validate_group_ids(namespace)

    assert namespace.asg_ids == (GROUP,)


def test_a_waiver_has_a_rule_and_a_reason() -> None:
    rule = review.waivable_ids()[0]

    assert _validators.parse_waive([f"{rule}=on purpose"]) == {rule: "on purpose"}


@pytest.mark.parametrize("text", ["no-such-rule=x", "quota", "fractional-gpu="])
def test_a_bad_waiver_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        _validators.parse_waive([text])
