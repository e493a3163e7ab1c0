from __future__ import annotations

from typing import Any

import pytest

from testbeds.local_azure import LocalAzure
from testbeds.local_azure.exchange import Request
from tests.testbeds.local_azure.calls import A100, CPU, POOLS, SUB, T4, Answered, call, get, put_pool, quiet_azure

pytestmark = pytest.mark.core  # the body of a PUT is checked against the SDK's models


def delete_pool(azure: LocalAzure, name: str = "gpu", headers: dict[str, str] | None = None) -> Answered:
    answered = call(azure, "DELETE", f"{POOLS}/{name}", headers=headers)
    assert answered is not None
    return answered


def state_of(azure: LocalAzure, name: str = "gpu") -> str:
    return str(get(azure, f"{POOLS}/{name}").body["properties"]["provisioningState"])


def test_a_new_pool_is_created_by_an_operation_that_takes_its_time() -> None:
    azure, clock = quiet_azure()
    created = put_pool(azure, vmSize=T4, count=2, nodeTaints=["sku=gpu:NoSchedule"], nodeLabels={"hardware": "gpu"})
    operation = created.headers["Azure-AsyncOperation"].removeprefix("https://localhost")
    assert (created.status, created.body["properties"]["provisioningState"]) == (201, "Creating")
    assert "Retry-After" not in created.headers
    for _ in range(20):
        assert get(azure, operation).body["status"] == "InProgress"
    clock.now += 10
    assert get(azure, operation).body["status"] == "Succeeded"
    assert state_of(azure) == "Succeeded"


def test_the_reply_is_written_as_aks_writes_it() -> None:
    azure, _ = quiet_azure()
    body = put_pool(azure, vmSize=T4, count=1, nodeTaints=[], nodeLabels={}, tags={"team": "a"}).body
    assert "/resourcegroups/rg-train/" in body["id"]
    assert body["type"] == "Microsoft.ContainerService/managedClusters/agentPools"
    properties = body["properties"]
    assert not {"nodeTaints", "nodeLabels"} & properties.keys()
    assert properties["tags"] == {"team": "a"}
    assert properties["gpuProfile"] == {"driver": "Install"}
    assert properties["osDiskType"] == "Ephemeral"
    assert properties["powerState"] == {"code": "Running"}
    assert properties["eTag"]


def test_a_field_that_the_service_completes_keeps_what_was_asked() -> None:
    azure, _ = quiet_azure()
    properties = put_pool(azure, vmSize=T4, count=1, upgradeSettings={"drainTimeoutInMinutes": 5}).body["properties"]
    assert properties["upgradeSettings"] == {"maxSurge": "10%", "maxUnavailable": "0", "drainTimeoutInMinutes": 5}


def test_a_spot_pool_gets_the_service_s_taint_and_label() -> None:
    azure, _ = quiet_azure()
    properties = put_pool(azure, vmSize=T4, count=1, scaleSetPriority="Spot").body["properties"]
    assert properties["nodeTaints"] == ["kubernetes.azure.com/scalesetpriority=spot:NoSchedule"]
    assert properties["nodeLabels"] == {"kubernetes.azure.com/scalesetpriority": "spot"}
    assert (properties["scaleSetEvictionPolicy"], properties["spotMaxPrice"]) == ("Delete", -1)


def test_a_cpu_size_with_every_label_of_a_gpu_pool_is_accepted() -> None:
    azure, _ = quiet_azure()
    labels = {"hardware": "gpu", "gpu-type": "nvidia"}
    assert put_pool(azure, vmSize=CPU, count=2, nodeLabels=labels, gpuProfile={"driver": "Install"}).status == 201


def test_the_list_ends_with_a_link_to_an_empty_page() -> None:
    azure, _ = quiet_azure()
    first = get(azure, POOLS).body
    assert [pool["name"] for pool in first["value"]] == ["system"]
    assert get(azure, first["nextLink"]).body == {"value": []}


def test_a_pool_that_there_is_not_is_a_flat_404() -> None:
    answered = get(quiet_azure()[0], f"{POOLS}/nope")
    assert (answered.status, answered.body["code"]) == (404, "NotFound")


def test_every_write_gives_a_new_etag() -> None:
    azure, clock = quiet_azure()
    azure.world.add_pool("gpu", vmSize=T4, count=1)
    before = azure.world.pool("gpu").etag
    during = put_pool(azure, vmSize=T4, count=1, tags={"a": "b"}).body["properties"]["eTag"]
    clock.now += 10
    assert len({before, during, azure.world.pool("gpu").etag}) == 3


@pytest.mark.parametrize(
    ("exists", "headers", "status"),
    [
        pytest.param(False, {"if-none-match": "*"}, 201, id="create-only-new"),
        pytest.param(True, {"if-none-match": "*"}, 412, id="create-only-existing"),
        pytest.param(True, {"if-match": "CURRENT"}, 200, id="match"),
        pytest.param(True, {"if-match": '"CURRENT"'}, 200, id="match-quoted"),
        pytest.param(True, {"if-match": "stale"}, 412, id="stale"),
        pytest.param(False, {"if-match": "any"}, 412, id="match-without-a-pool"),
        pytest.param(True, {}, 200, id="no-condition"),
    ],
)
def test_preconditions_are_honoured(exists: bool, headers: dict[str, str], status: int) -> None:
    azure, _ = quiet_azure()
    if exists:
        etag = azure.world.add_pool("gpu", vmSize=T4, count=1).etag
        headers = {key: value.replace("CURRENT", etag) for key, value in headers.items()}
    answered = put_pool(azure, vmSize=T4, count=1, headers=headers)
    assert answered.status == status
    assert status != 412 or answered.code == "PreconditionFailed"


def test_a_pool_that_is_busy_takes_no_second_write() -> None:
    azure, clock = quiet_azure()
    put_pool(azure, vmSize=T4, count=1)
    for second in (put_pool(azure, vmSize=T4, count=2), delete_pool(azure)):
        assert (second.status, second.code) == (409, "OperationNotAllowed")
        assert "Another operation (Creating) is in progress" in second.body["message"]
    clock.now += 10
    assert put_pool(azure, vmSize=T4, count=2).status == 200


def test_an_update_loses_what_it_leaves_out_but_not_the_service_s_own() -> None:
    azure, clock = quiet_azure()
    azure.world.add_pool("gpu", vmSize=T4, count=3, nodeLabels={"a": "b"}, tags={"c": "d"}, osDiskSizeGB=64)
    put_pool(azure, tags={"e": "f"})
    clock.now += 10
    properties = azure.world.pool("gpu").properties
    assert (properties["vmSize"], properties["count"], properties["osDiskSizeGB"]) == (T4, 3, 64)
    assert properties["tags"] == {"e": "f"}
    assert "nodeLabels" not in properties


def test_delete_ends_by_the_clock_and_again_is_204() -> None:
    azure, clock = quiet_azure()
    azure.world.add_pool("gpu", vmSize=T4, count=1)
    deleted = delete_pool(azure)
    assert deleted.status == 202
    assert {"Azure-AsyncOperation", "Location"} <= deleted.headers.keys()
    assert state_of(azure) == "Deleting"
    result = deleted.headers["Location"].removeprefix("https://localhost")
    assert get(azure, result).status == 202
    clock.now += 10
    assert get(azure, result).status == 204
    assert get(azure, f"{POOLS}/gpu").status == 404
    assert delete_pool(azure).status == 204


def test_delete_honours_if_match() -> None:
    azure, _ = quiet_azure()
    pool = azure.world.add_pool("gpu", vmSize=T4, count=1)
    assert delete_pool(azure, headers={"if-match": "stale"}).status == 412
    assert delete_pool(azure, headers={"if-match": pool.etag}).status == 202


def test_the_last_system_pool_cannot_be_deleted() -> None:
    assert delete_pool(quiet_azure()[0], "system").code == "OperationNotAllowed"


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "unknown-size": ({"vmSize": "Standard_NC6s_v33"}, 400, "VMSizeNotSupported"),
    "size-of-another-region": ({"vmSize": "Standard_ND96isr_MI300X_v5"}, 400, "VMSizeNotSupported"),
    "restricted-region": ({"vmSize": "Standard_ND96asr_v4"}, 409, "SkuNotAvailable"),
    "zone-not-offered": ({"vmSize": A100, "availabilityZones": ["2"]}, 400, "AvailabilityZoneNotSupported"),
    "restricted-zone": (
        {"vmSize": "Standard_NC6s_v3", "availabilityZones": ["1"]}, 400, "AvailabilityZoneNotSupported",
    ),
    "family-quota": ({"vmSize": A100, "count": 2}, 400, "ErrCode_InsufficientVCPUQuota"),
    "no-quota": ({"vmSize": "Standard_ND96isr_H100_v5"}, 400, "ErrCode_InsufficientVCPUQuota"),
    "spot-quota": ({"vmSize": T4, "count": 26, "scaleSetPriority": "Spot"}, 400, "ErrCode_InsufficientVCPUQuota"),
    "twice-a-taint-key": ({"vmSize": T4, "nodeTaints": ["a=b:NoSchedule", "a=c:NoExecute"]}, 400, "InvalidParameter"),
    "taint-without-effect": ({"vmSize": T4, "nodeTaints": ["a=b"]}, 400, "InvalidParameter"),
    "reserved-label": ({"vmSize": T4, "nodeLabels": {"kubernetes.io/role": "x"}}, 400, "InvalidParameter"),
    "tainted-system-pool": (
        {"vmSize": T4, "mode": "System", "nodeTaints": ["sku=gpu:NoSchedule"]}, 400, "CanNotTaintAllAgentPools",
    ),
    "scaling-without-bounds": ({"vmSize": T4, "enableAutoScaling": True}, 400, "InvalidParameter"),
    "count-below-minimum": (
        {"vmSize": T4, "enableAutoScaling": True, "minCount": 2, "maxCount": 3, "count": 1}, 400, "InvalidParameter",
    ),
    "misspelt-key": ({"vmSize": T4, "nodeTaint": []}, 400, "UnmarshalError"),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "status", "code"), BAD.values(), ids=BAD.keys())
def test_what_aks_refuses_is_refused_and_leaves_no_pool(asked: dict[str, Any], status: int, code: str) -> None:
    azure, _ = quiet_azure()
    answered = put_pool(azure, **{"count": 1, **asked})
    assert (answered.status, answered.code) == (status, code)
    assert get(azure, f"{POOLS}/gpu").status == 404


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        pytest.param({"vmSize": T4, "nodeLabels": {"node.kubernetes.io/x": "y"}}, "gpu", id="allowed-domain"),
        pytest.param({"vmSize": T4, "nodeLabels": {"aigpu.io/sku": "x"}}, "gpu", id="own-domain"),
        pytest.param({"vmSize": A100, "availabilityZones": ["1", "3"]}, "gpu", id="offered-zones"),
        pytest.param({"vmSize": "Standard_NC6s_v3"}, "gpu", id="regional-in-spite-of-a-zone-restriction"),
        pytest.param(
            {"vmSize": T4, "enableAutoScaling": True, "minCount": 0, "maxCount": 5, "count": 0}, "gpu", id="zero"
        ),
        pytest.param({}, "gpu", id="no-size-the-service-picks-one"),
        pytest.param(
            {"vmSize": CPU, "mode": "System", "nodeTaints": ["CriticalAddonsOnly=true:NoSchedule"]},
            "sys",
            id="critical",
        ),
    ],
)
def test_what_aks_accepts_is_accepted(asked: dict[str, Any], name: str) -> None:
    assert put_pool(quiet_azure()[0], name, **{"count": 1, **asked}).status == 201


@pytest.mark.parametrize("name", ["GPU", "a-b", "0gpu", "thirteenchars"])
def test_a_pool_name_follows_the_pattern(name: str) -> None:
    assert put_pool(quiet_azure()[0], name, vmSize=T4, count=1).code == "InvalidParameter"


@pytest.mark.parametrize(
    "change",
    [{"vmSize": CPU}, {"osDiskSizeGB": 512}, {"scaleSetPriority": "Spot"}, {"gpuInstanceProfile": "MIG1g"}],
    ids=lambda change: next(iter(change)),
)
def test_an_immutable_field_cannot_change(change: dict[str, Any]) -> None:
    azure, _ = quiet_azure()
    azure.world.add_pool("gpu", vmSize=T4, count=1)
    answered = put_pool(azure, **change)
    assert answered.code == "PropertyChangeNotAllowed"
    assert next(iter(change)) in answered.body["message"]


def test_what_a_get_gives_can_be_put_back() -> None:
    azure, _ = quiet_azure()
    azure.world.add_pool(
        "gpu",
        vmSize=T4,
        count=1,
        scaleSetPriority="Spot",
        gpuProfile={"driver": "Install", "nvidia": {"managementMode": "Managed"}},
    )
    there = get(azure, f"{POOLS}/gpu").body
    assert put_pool(azure, **there["properties"]).status == 200
    assert azure.world.pool("gpu").properties["gpuProfile"]["nvidia"] == {"managementMode": "Managed"}


def test_auto_provisioning_refuses_an_autoscaled_pool() -> None:
    scaled: dict[str, Any] = {"vmSize": T4, "enableAutoScaling": True, "minCount": 0, "maxCount": 1, "count": 0}
    answered = put_pool(quiet_azure()[0], cluster="aks-nap", **scaled)
    assert answered.code == "OperationNotAllowed"
    assert "cannot be Auto" in answered.body["message"]


def test_a_stopped_cluster_takes_no_pool() -> None:
    answered = put_pool(quiet_azure()[0], cluster="aks-stopped", vmSize=T4, count=1)
    assert (answered.code, "is stopped" in answered.body["message"]) == ("OperationNotAllowed", True)


def test_a_cluster_that_is_being_updated_takes_no_pool() -> None:
    azure, _ = quiet_azure()
    azure.world.cluster().properties["provisioningState"] = "Updating"
    answered = put_pool(azure, vmSize=T4, count=1)
    assert (answered.status, answered.code) == (409, "OperationNotAllowed")


def test_a_body_without_properties_is_refused() -> None:
    answered = call(quiet_azure()[0], "PUT", f"{POOLS}/gpu", {})
    assert answered is not None
    assert answered.status == 400


def test_a_failed_operation_leaves_a_failed_pool_without_nodes() -> None:
    azure, clock = quiet_azure()
    azure.faults.inject("allocation-failed")
    created = put_pool(azure, vmSize=T4, count=2, tags={"team": "a"})
    operation = created.headers["Azure-AsyncOperation"].removeprefix("https://localhost")
    clock.now += 10
    ended = get(azure, operation).body
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "AllocationFailed")
    properties = azure.world.pool("gpu").properties
    assert (properties["provisioningState"], properties["count"], properties["tags"]) == ("Failed", 0, {"team": "a"})
    assert properties["status"]["provisioningError"]["code"] == "AllocationFailed"


def test_an_update_that_fails_keeps_its_nodes() -> None:
    azure, clock = quiet_azure()
    azure.world.add_pool("gpu", vmSize=T4, count=2)
    azure.faults.inject("operation-failed")
    put_pool(azure, vmSize=T4, count=2)
    clock.now += 10
    assert (azure.world.pool("gpu").state, azure.world.pool("gpu").properties["count"]) == ("Failed", 2)


@pytest.mark.parametrize(
    ("fault", "key", "found"),
    [
        pytest.param("taints-dropped", "nodeTaints", None, id="taints"),
        pytest.param("labels-dropped", "nodeLabels", None, id="labels"),
        pytest.param("tags-dropped", "tags", None, id="tags"),
        pytest.param("fewer-nodes", "count", 1, id="nodes"),
        pytest.param("other-size", "vmSize", CPU, id="size"),
        pytest.param("driver-off", "gpuProfile", {"driver": "None"}, id="driver"),
        pytest.param("succeeded-but-failed", "provisioningState", "Failed", id="state"),
    ],
)
def test_a_success_can_apply_less_than_was_asked(fault: str, key: str, found: object) -> None:
    azure, clock = quiet_azure()
    azure.faults.inject(fault)
    asked: dict[str, Any] = {"nodeTaints": ["sku=gpu:NoSchedule"], "nodeLabels": {"a": "b"}, "tags": {"c": "d"}}
    created = put_pool(azure, vmSize=T4, count=3, **asked)
    clock.now += 10
    operation = created.headers["Azure-AsyncOperation"].removeprefix("https://localhost")
    assert get(azure, operation).body["status"] == "Succeeded"
    assert azure.world.pool("gpu").properties.get(key) == found


def test_capacity_can_be_missing_for_one_size_and_there_for_the_next() -> None:
    azure, clock = quiet_azure()
    azure.faults.inject("allocation-failed", vm_size=A100)
    put_pool(azure, "first", vmSize=A100, count=1)
    put_pool(azure, "second", vmSize=T4, count=1)
    clock.now += 10
    azure.world.settle()
    assert (azure.world.pool("first").state, azure.world.pool("second").state) == ("Failed", "Succeeded")


def test_a_connection_can_drop_before_and_after_the_pool_is_made() -> None:
    azure, _ = quiet_azure()
    azure.faults.inject("dropped-pool-put", times=1)
    body = {"properties": {"vmSize": T4, "count": 1}}
    assert call(azure, "PUT", f"{POOLS}/before", body) is None
    azure.faults.inject("dropped-after-pool-put", times=1)
    assert call(azure, "PUT", f"{POOLS}/after", body) is None
    assert azure.world.cluster().pools.keys() == {"system", "after"}
    assert [recorded.status for recorded in azure.recorded("PUT")] == [None, None]


def test_clusters_are_listed_with_their_pools() -> None:
    azure, _ = quiet_azure()
    clusters = get(azure, f"{SUB}/providers/Microsoft.ContainerService/managedClusters").body["value"]
    assert [cluster["name"] for cluster in clusters] == ["aks-train", "aks-nap", "aks-stopped", "aks-west"]
    assert clusters[0]["properties"]["agentPoolProfiles"][0]["vmSize"] == "Standard_D4s_v5"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        pytest.param(POOLS.replace("aks-train", "nope"), "ResourceNotFound", id="cluster"),
        pytest.param(POOLS.replace("rg-train", "nope"), "ResourceGroupNotFound", id="group"),
        pytest.param(POOLS.replace(SUB, "/subscriptions/nope"), "SubscriptionNotFound", id="subscription"),
    ],
)
def test_what_there_is_not_is_a_404_in_arm_s_shape(path: str, code: str) -> None:
    answered = get(quiet_azure()[0], path)
    assert (answered.status, answered.body["error"]["code"]) == (404, code)


def test_a_fault_of_the_test_bed_itself_is_a_500_that_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    azure, _ = quiet_azure()
    azure.world.cluster().properties.clear()
    reply = azure.answer(
        Request("PUT", f"{POOLS}/gpu", {"api-version": "1"}, {"authorization": "Bearer x"}, {"properties": {}})
    )
    assert reply is not None
    assert reply.status == 500
    assert "KeyError" in capsys.readouterr().err
