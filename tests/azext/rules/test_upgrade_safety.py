"""What the next upgrade will do is pointed out; it never stops a pool."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from azext_aigpu.rules import upgrade_safety
from tests.azext.rules.given import A100, NO_ANSWER, a_cloud, a_cluster, a_spec, some_usages, told

AUTOMATIC = ["WARN AutomaticUpgrades"]
UNKNOWN = ["WARN UpgradeUnknown"]
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "all well": ({}, {}, []),
    "node images by themselves": ({}, {"cluster": a_cluster(node_os_upgrade_channel="NodeImage")}, AUTOMATIC),
    "security patches by themselves": ({}, {"cluster": a_cluster(node_os_upgrade_channel="SecurityPatch")}, AUTOMATIC),
    "unmanaged node images": ({}, {"cluster": a_cluster(node_os_upgrade_channel="Unmanaged")}, []),
    "Kubernetes by itself": ({}, {"cluster": a_cluster(upgrade_channel="stable")}, AUTOMATIC),
    "both": (
        {},
        {"cluster": a_cluster(upgrade_channel="rapid", node_os_upgrade_channel="NodeImage")},
        AUTOMATIC * 2,
    ),
    "channels unsaid": ({}, {"cluster": a_cluster(upgrade_channel=None, node_os_upgrade_channel=None)}, []),
    "a short drain": ({"drain_timeout": 29}, {}, ["WARN DrainTooShort"]),
    "AKS's own drain": ({"drain_timeout": 30}, {}, []),
    "5 fit, their surge does not": ({}, {"usages": some_usages(family_left=120)}, ["WARN SurgeBeyondQuota"]),
    "5 and their surge fit": ({}, {"usages": some_usages(family_left=144)}, []),
    "not even 5 fit: another rule says so": ({}, {"usages": some_usages(family_left=96)}, []),
    "upgrades without surge": ({"max_surge": "0"}, {"usages": some_usages(family_left=120)}, []),
    "a surge that is no number": ({"max_surge": "some"}, {}, UNKNOWN),
    "cluster unread": ({}, {"cluster": NO_ANSWER}, UNKNOWN),
    "usages unread": ({}, {"usages": NO_ANSWER}, UNKNOWN),
    "nothing read": ({}, {"cluster": NO_ANSWER, "usages": NO_ANSWER}, UNKNOWN * 2),
}


@pytest.mark.parametrize(("fields", "readings", "findings"), CASES.values(), ids=CASES.keys())
def test_upgrade_safety(fields: dict[str, Any], readings: dict[str, Any], findings: list[str]) -> None:
    assert told(upgrade_safety, upgrade_safety.review(a_spec(**fields), a_cloud(**readings))) == findings


def test_a_most_that_nobody_says_is_unknown() -> None:
    spec = dataclasses.replace(a_spec(), max_count=None)

    assert told(upgrade_safety, upgrade_safety.review(spec, a_cloud())) == UNKNOWN


def test_the_window_to_make_can_be_copied() -> None:
    cloud = a_cloud(cluster=a_cluster(node_os_upgrade_channel="NodeImage"))
    (finding,) = upgrade_safety.review(a_spec(), cloud)
    assert "az aks maintenanceconfiguration add -g rg --cluster-name aks -n aksManagedNodeOSUpgradeSchedule" in (
        finding.next_step
    )


def test_the_surge_is_counted() -> None:
    (finding,) = upgrade_safety.review(a_spec(), a_cloud(usages=some_usages(family_left=120)))
    assert finding.problem.startswith("at 5 nodes an upgrade needs 1 more")
    assert finding.wanted == "144 vCPUs free"
    assert A100 not in finding.next_step
