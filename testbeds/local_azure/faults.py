"""Faults: switches that make the local Azure fail as the real one does, each by name."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TypeVar

from aigpu_contract.near_names import near_names
from testbeds.local_azure.exchange import Request
from testbeds.local_azure.fault_effects import Answer, Delay, Effect, Fault
from testbeds.local_azure.fault_list import FAULTS

SomeEffect = TypeVar("SomeEffect", bound=Effect)


@dataclass
class Injected:
    """A fault that is switched on; `remaining` None means until it is switched off."""

    fault: Fault
    effect: Effect
    remaining: int | None = None
    vm_size: str | None = None
    zone: str | None = None
    hits: int = 0

    def matches(self, route: str, request: Request) -> bool:
        """Whether the fault strikes this request; size and zone are those that the body asks for."""
        if self.remaining == 0 or route not in self.fault.routes:
            return False
        if self.vm_size and str(request.properties.get("vmSize", "")).lower() != self.vm_size.lower():
            return False
        return not self.zone or self.zone in (request.properties.get("availabilityZones") or [])


class Faults:
    """The faults that are switched on, in the order in which they were."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.injected: list[Injected] = []

    def inject(
        self,
        name: str,
        *,
        times: int | None = None,
        vm_size: str | None = None,
        zone: str | None = None,
        seconds: float | None = None,
    ) -> Injected:
        """Switch on the fault `name`, for the first `times` requests that match, or until `clear`.

        `vm_size` and `zone` limit it to pools that ask for them; `seconds` is the delay or the Retry-After.
        Raises ValueError for a name that there is not.
        """
        fault = FAULTS.get(name)
        if fault is None:
            near = near_names(name, FAULTS, most=3) or sorted(FAULTS)[:3]
            raise ValueError(f"there is no fault {name!r}; nearest names: {', '.join(near)}")
        effect = fault.effect if seconds is None else _timed(fault, seconds)
        injected = Injected(fault, effect, fault.times if times is None else times, vm_size, zone)
        with self._lock:
            self.injected.append(injected)
        return injected

    def inject_text(self, text: str) -> Injected:
        """Switch on `NAME[,times=N][,vm-size=SIZE][,zone=Z][,seconds=S]`. Raises ValueError where it does not parse."""
        name, *options = text.split(",")
        given = dict(_parse_option(option) for option in options)
        times, seconds = given.pop("times", None), given.pop("seconds", None)
        vm_size, zone = given.pop("vm-size", None), given.pop("zone", None)
        if given:
            raise ValueError(f"fault {name!r} takes times, vm-size, zone, seconds; not {', '.join(given)}")
        return self.inject(
            name.strip(),
            times=None if times is None else int(times),
            vm_size=vm_size,
            zone=zone,
            seconds=None if seconds is None else float(seconds),
        )

    def clear(self) -> None:
        """Switch everything off."""
        with self._lock:
            self.injected.clear()

    def claim(self, route: str, request: Request, kind: type[SomeEffect]) -> SomeEffect | None:
        """The effect of this kind that strikes the request, counted as used; None where there is none."""
        with self._lock:
            for injected in self.injected:
                if isinstance(injected.effect, kind) and injected.matches(route, request):
                    injected.hits += 1
                    injected.remaining = None if injected.remaining is None else injected.remaining - 1
                    return injected.effect
        return None


def _timed(fault: Fault, seconds: float) -> Effect:
    if isinstance(fault.effect, Delay):
        return Delay(seconds)
    if isinstance(fault.effect, Answer) and "Retry-After" in fault.effect.headers:
        return Answer(
            fault.effect.status, fault.effect.body, {**fault.effect.headers, "Retry-After": str(max(1, round(seconds)))}
        )
    raise ValueError(f"fault {fault.name!r} has no duration; leave `seconds` out")


def _parse_option(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise ValueError(f"{text!r} is not KEY=VALUE")
    return key.strip(), value.strip()
