"""The real management SDK against the test bed: what it sends, and which exception it makes of each answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from tests.testbeds.local_azure.calls import A100, CPU, T4

pytestmark = pytest.mark.core

GROUP, CLUSTER = "rg-train", "aks-train"


class Credential:
    """A token that nobody checks."""

    def get_token(self, *_: str, **__: Any) -> Any:
        from azure.core.credentials import AccessToken

        return AccessToken("token", 9999999999)


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    with LocalAzure() as running:
        running.world.operation_seconds = 0.05
        yield running


@pytest.fixture
def pools(azure: LocalAzure) -> Iterator[Any]:
    from azure.mgmt.containerservice import ContainerServiceClient

    client = ContainerServiceClient(
        Credential(),
        azure.world.subscription.id,
        base_url=azure.url,
        credential_scopes=[f"{azure.url}/.default"],
        connection_verify=str(azure.ca_bundle),
        retry_backoff_factor=0.01,
    )
    with client:
        yield client.agent_pools


def create(pools: Any, name: str = "gpu", **options: Any) -> Any:
    from azure.mgmt.containerservice.models import AgentPool

    headers = options.pop("headers", {})
    pool = AgentPool(count=1, **{"vm_size": T4, **options})
    return pools.begin_create_or_update(GROUP, CLUSTER, name, pool, headers=headers).result()


def test_a_pool_is_created_listed_and_deleted(azure: LocalAzure, pools: Any) -> None:
    made = create(pools, node_taints=["sku=gpu:NoSchedule"], node_labels={"hardware": "gpu"})
    assert (made.provisioning_state, made.vm_size, made.node_taints) == ("Succeeded", T4, ["sku=gpu:NoSchedule"])
    assert [pool.name for pool in pools.list(GROUP, CLUSTER)] == ["system", "gpu"]
    pools.begin_delete(GROUP, CLUSTER, "gpu").result()
    assert [pool.name for pool in pools.list(GROUP, CLUSTER)] == ["system"]
    assert len(azure.recorded(route="operation")) < 20


def test_a_failed_operation_carries_its_code(azure: LocalAzure, pools: Any) -> None:
    from azure.core.exceptions import HttpResponseError

    azure.faults.inject("reconcile-failed")
    with pytest.raises(HttpResponseError) as caught:
        create(pools)
    assert caught.value.error is not None
    assert caught.value.error.code == "ReconcileVMSSAgentPoolFailed"
    assert pools.get(GROUP, CLUSTER, "gpu").provisioning_state == "Failed"


@pytest.mark.parametrize(
    ("fault", "exception", "code"),
    [
        pytest.param("insufficient-vcpu-quota", "HttpResponseError", "ErrCode_InsufficientVCPUQuota", id="flat-400"),
        pytest.param("policy-denied", "HttpResponseError", "RequestDisallowedByPolicy", id="wrapped-403"),
        pytest.param("operation-in-progress", "ResourceExistsError", "OperationNotAllowed", id="409"),
        pytest.param("precondition-failed", "HttpResponseError", "PreconditionFailed", id="412"),
    ],
)
def test_the_sdk_reads_the_code_of_either_shape(
    azure: LocalAzure, pools: Any, fault: str, exception: str, code: str
) -> None:
    from azure.core import exceptions

    azure.faults.inject(fault)
    with pytest.raises(getattr(exceptions, exception)) as caught:
        create(pools)
    assert caught.value.error.code == code


def test_create_only_is_refused_for_a_pool_that_there_is(azure: LocalAzure, pools: Any) -> None:
    from azure.core.exceptions import HttpResponseError

    azure.world.add_pool("gpu", vmSize=CPU, count=1)
    with pytest.raises(HttpResponseError) as caught:
        create(pools, headers={"If-None-Match": "*"})
    # Only `match_condition=` would make it a ResourceModifiedError; the older SDKs take the header alone.
    assert caught.value.status_code == 412
    assert azure.world.pool("gpu").properties["vmSize"] == CPU


def test_throttling_is_ridden_out_by_the_sdk(azure: LocalAzure, pools: Any) -> None:
    azure.faults.inject("throttled-pools")
    assert [pool.name for pool in pools.list(GROUP, CLUSTER)] == ["system"]
    assert [recorded.status for recorded in azure.recorded(route="pools")] == [429, 200, 200]


def test_a_dropped_poll_does_not_lose_the_operation(azure: LocalAzure, pools: Any) -> None:
    azure.faults.inject("dropped-operation", times=2)
    assert create(pools, vm_size=A100).provisioning_state == "Succeeded"
