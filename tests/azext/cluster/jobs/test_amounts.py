from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from azext_aigpu.cluster.jobs.amounts import parse_quantity, review_amounts
from tests.azext.cluster.jobs.given import a_container, a_job, a_pod, told

GPU = "nvidia.com/gpu"


def reasons(resources: dict[str, Any], part: str = "containers") -> list[str]:
    return [finding.reason for finding in review_amounts({part: [{"name": "main", "resources": resources}]})]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        (1, "1"),
        ("2", "2"),
        ("+3", "3"),
        ("-1", "-1"),
        (".5", "0.5"),
        ("1000m", "1"),
        ("1k", "1000"),
        ("1Ki", "1024"),
        ("2e3", "2000"),
        ("1E", "1000000000000000000"),
        (1.5, "1.5"),
    ],
)
def test_a_quantity_is_read_as_kubernetes_reads_it(text: object, amount: str) -> None:
    assert parse_quantity(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["", "one", "1 ", "1x", "1e", "1e999999999", "٣", True, None, "0x1"])
def test_what_is_no_quantity_is_none(text: object) -> None:
    assert parse_quantity(text) is None


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param({"limits": {GPU: 1}}, [], id="limit"),
        pytest.param({"limits": {GPU: "1000m"}}, [], id="a-whole-one-in-thousandths"),
        pytest.param({"limits": {GPU: 0}}, [], id="none"),
        pytest.param({"limits": {GPU: 1}, "requests": {GPU: "1"}}, [], id="both"),
        pytest.param({"requests": {GPU: 1}}, ["GPULimitMissing"], id="request-alone"),
        pytest.param(
            {"limits": {"nvidia.com/mig-1g.10gb": 1}, "requests": {GPU: 1}}, ["GPULimitMissing"], id="of-two-resources"
        ),
        pytest.param({"limits": {GPU: 2}, "requests": {GPU: 1}}, ["GPULimitInvalid"], id="two-numbers"),
        pytest.param({"limits": {GPU: 0.5}}, ["GPULimitInvalid"], id="a-half"),
        pytest.param({"limits": {GPU: "500m"}}, ["GPULimitInvalid"], id="a-half-in-thousandths"),
        pytest.param({"limits": {GPU: -1}}, ["GPULimitInvalid"], id="below-0"),
        pytest.param({"limits": {GPU: "one"}}, ["GPULimitInvalid"], id="a-word"),
        pytest.param({"limits": {GPU: ""}}, ["GPULimitInvalid"], id="empty"),
        pytest.param({"limits": {"cpu": "500m"}, "requests": {"cpu": 1}}, [], id="other-resources"),
    ],
)
def test_amounts_that_the_api_server_refuses_are_found(resources: dict[str, Any], expected: list[str]) -> None:
    assert reasons(resources) == expected
    assert reasons(resources, "initContainers") == expected


def test_a_pod_for_cpus_with_an_amount_that_is_none_does_not_pass() -> None:
    pod = a_pod(a_container(resources={"limits": {GPU: "one"}}), nodeSelector=None, tolerations=None)

    assert told(a_job(pod)) == {"GPULimitInvalid": "FAIL"}
