from __future__ import annotations

import pytest

from testbeds.local_azure.exchange import Request
from testbeds.local_azure.fault_effects import Answer, Delay, FailOperation
from testbeds.local_azure.fault_list import FAULTS
from testbeds.local_azure.faults import Faults
from testbeds.local_azure.routes import ROUTES
from tests.testbeds.local_azure.calls import A100, T4

PUT = Request("PUT", "/", body={"properties": {"vmSize": A100, "availabilityZones": ["2"]}})


def test_a_fault_strikes_as_often_as_told() -> None:
    faults = Faults()
    faults.inject("allocation-failed", times=2)
    struck = [faults.claim("pool-put", PUT, FailOperation) is not None for _ in range(4)]
    assert struck == [True, True, False, False]


@pytest.mark.parametrize(
    ("limits", "strikes"),
    [
        pytest.param({"vm_size": A100}, True, id="size"),
        pytest.param({"vm_size": A100.lower()}, True, id="size-in-lower-case"),
        pytest.param({"vm_size": T4}, False, id="other-size"),
        pytest.param({"zone": "2"}, True, id="zone"),
        pytest.param({"zone": "1"}, False, id="other-zone"),
        pytest.param({"vm_size": A100, "zone": "1"}, False, id="size-but-other-zone"),
    ],
)
def test_a_fault_can_be_limited_to_a_size_and_a_zone(limits: dict[str, str], strikes: bool) -> None:
    faults = Faults()
    faults.inject("zonal-allocation-failed", vm_size=limits.get("vm_size"), zone=limits.get("zone"))
    assert (faults.claim("pool-put", PUT, FailOperation) is not None) is strikes


def test_a_fault_strikes_its_own_route_only() -> None:
    faults = Faults()
    faults.inject("forbidden-skus")
    assert faults.claim("usages", PUT, Answer) is None
    assert faults.claim("skus", PUT, Answer) is not None


def test_throttling_ends_after_one_request_unless_told_otherwise() -> None:
    faults = Faults()
    faults.inject("throttled-skus", seconds=7)
    first = faults.claim("skus", PUT, Answer)
    assert first is not None
    assert (first.status, first.headers["Retry-After"]) == (429, "7")
    assert faults.claim("skus", PUT, Answer) is None


def test_clear_switches_everything_off() -> None:
    faults = Faults()
    faults.inject("allocation-failed")
    faults.clear()
    assert faults.claim("pool-put", PUT, FailOperation) is None


def test_a_name_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no fault 'alocation-failed'; nearest names: allocation-failed"):
        Faults().inject("alocation-failed")


def test_the_command_line_form_carries_every_limit() -> None:
    injected = Faults().inject_text(f"allocation-failed,times=3,vm-size={A100},zone=2")
    assert (injected.remaining, injected.vm_size, injected.zone) == (3, A100, "2")


def test_a_delay_takes_its_seconds() -> None:
    injected = Faults().inject_text("slow-prices,seconds=0.5")
    assert injected.effect == Delay(0.5)


@pytest.mark.parametrize(
    "text",
    [
        "allocation-failed,colour=red",
        "allocation-failed,times",
        "allocation-failed,times=x",
        "allocation-failed,seconds=1",
    ],
)
def test_a_command_line_form_that_does_not_parse_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Faults().inject_text(text)


def test_every_fault_names_routes_that_exist() -> None:
    names = {route.name for route in ROUTES}
    assert {route for fault in FAULTS.values() for route in fault.routes} <= names


@pytest.mark.parametrize(
    "code",
    [
        "VMSizeNotSupported", "BadRequest", "ErrCode_InsufficientVCPUQuota", "QuotaExceeded", "SkuNotAvailable",
        "AllocationFailed", "ZonalAllocationFailed", "OverconstrainedAllocationRequest",
        "OverconstrainedZonalAllocationRequest", "AksCapacityHeavyUsage", "AKSCapacityError",
        "AvailabilityZoneNotSupported",
        "OperationNotAllowed", "AKSOperationPreempted", "EtagMismatch", "OriginalEtagNotExpect", "PreconditionFailed",
        "PropertyChangeNotAllowed", "UnmarshalError", "RequestDisallowedByPolicy", "ResourceOperationFailure",
        "CanNotTaintAllAgentPools", "ReconcileVMSSAgentPoolFailed",
    ],
)  # fmt: skip
def test_every_known_error_of_the_put_can_be_switched_on(code: str) -> None:
    effects = [fault.effect for fault in FAULTS.values() if fault.routes == ("pool-put",)]
    answers = {effect.body.decode() for effect in effects if isinstance(effect, Answer)}
    failures = {effect.error.code for effect in effects if isinstance(effect, FailOperation)}
    assert code in failures or any(f'"code": "{code}"' in answer for answer in answers)
