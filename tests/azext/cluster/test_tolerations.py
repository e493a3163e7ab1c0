from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract.labels import Taint
from azext_aigpu.cluster.tolerations import may_stand_on, tolerates

TAINT = Taint("sku", "gpu", "NoSchedule")
EVICTING = Taint("sku", "gpu", "NoExecute")
PREFERRING = Taint("sku", "gpu", "PreferNoSchedule")


@pytest.mark.parametrize(
    ("toleration", "taint", "matches"),
    [
        pytest.param({"operator": "Exists"}, TAINT, True, id="everything"),
        pytest.param({"key": "", "operator": "Exists"}, TAINT, True, id="everything-by-an-empty-key"),
        pytest.param({"operator": "Exists", "effect": "NoExecute"}, TAINT, False, id="everything-of-another-effect"),
        pytest.param({"operator": "Exists", "effect": "NoSchedule"}, TAINT, True, id="everything-of-this-effect"),
        pytest.param({}, TAINT, False, id="nothing"),
        pytest.param({"value": "gpu"}, TAINT, False, id="no-key-and-equal"),
        pytest.param({"key": "sku", "operator": "Exists"}, TAINT, True, id="any-value"),
        pytest.param({"key": "sku", "operator": "Exists", "effect": ""}, TAINT, True, id="empty-effect"),
        pytest.param({"key": "sku", "operator": "Exists", "effect": "NoSchedule"}, TAINT, True, id="this-effect"),
        pytest.param({"key": "sku", "operator": "Exists", "effect": "NoExecute"}, TAINT, False, id="another-effect"),
        pytest.param({"key": "sku", "value": "gpu"}, TAINT, True, id="equal-by-default"),
        pytest.param({"key": "sku", "operator": "", "value": "gpu"}, TAINT, True, id="equal-by-an-empty-operator"),
        pytest.param({"key": "sku", "operator": "Equal", "value": "gpu"}, TAINT, True, id="equal"),
        pytest.param({"key": "sku", "value": "cpu"}, TAINT, False, id="another-value"),
        pytest.param({"key": "sku"}, TAINT, False, id="no-value"),
        pytest.param({"key": "sku"}, Taint("sku", "", "NoSchedule"), True, id="no-value-on-either-side"),
        pytest.param({"key": "other", "operator": "Exists"}, TAINT, False, id="another-key"),
        pytest.param({"key": "sku", "operator": "exists"}, TAINT, False, id="an-operator-in-small-letters"),
        pytest.param({"key": "sku", "operator": "Gt", "value": "1"}, TAINT, False, id="an-operator-for-numbers"),
        pytest.param({"key": "sku", "operator": "Exists"}, EVICTING, True, id="stays"),
        pytest.param(
            {"key": "sku", "operator": "Exists", "tolerationSeconds": 300}, EVICTING, False, id="put-out-later"
        ),
        pytest.param(
            {"key": "sku", "operator": "Exists", "tolerationSeconds": 0}, EVICTING, False, id="put-out-at-once"
        ),
        pytest.param({"key": "sku", "operator": "Exists", "tolerationSeconds": None}, EVICTING, True, id="no-seconds"),
    ],
)
def test_a_toleration_matches_as_kubernetes_has_it(toleration: dict[str, Any], taint: Taint, matches: bool) -> None:
    assert tolerates(toleration, taint) is matches


@pytest.mark.parametrize(
    ("spec", "taint", "may"),
    [
        pytest.param({}, TAINT, False, id="none"),
        pytest.param({"tolerations": None}, TAINT, False, id="null"),
        pytest.param({"tolerations": [{"key": "a"}, {"key": "sku", "value": "gpu"}]}, TAINT, True, id="one-of-several"),
        pytest.param({}, PREFERRING, True, id="a-preference-keeps-nobody-away"),
    ],
)
def test_a_pod_may_stand_on_a_node_where_one_toleration_matches(spec: dict[str, Any], taint: Taint, may: bool) -> None:
    assert may_stand_on(spec, taint) is may
