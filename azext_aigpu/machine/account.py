"""What is said of a machine that may have been made by halves: what there is, what it costs, how to look and delete.

Pure. It stands below every error after Azure was asked to make something, since what was made goes on costing money.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from aigpu_contract.reading import Known
from azext_aigpu.cost import Cost, dollars
from azext_aigpu.machine.spec import MachineSpec
from azext_aigpu.machine.template import EXTENSION, list_names


class Progress(enum.Enum):
    """How far the making of a machine is, as far as this side knows."""

    JUDGING = "Azure was only asked to judge it"
    SENT = "the request is on its way"
    ACCEPTED = "Azure has taken the request"
    MADE = "Azure has said that it is done"


@dataclass(frozen=True)
class Sight:
    """What was seen of the machine after something went wrong.

    `there` None: nobody knows. `state` and `driver_state` are Azure's words, empty where it has none.
    """

    there: bool | None
    state: str = ""
    driver_state: str = ""


NOT_LOOKED = Sight(None)


@dataclass(frozen=True)
class Making:
    """One machine on its way: what was asked for, what it costs, and the deployment that makes it."""

    spec: MachineSpec
    cost: Cost
    deployment: str
    subscription: str | None = None

    @property
    def deployment_command(self) -> str:
        """Return the command that shows the deployment, and with it what each of its parts came to."""
        return self._command("az deployment group show", self.deployment)

    def account(self, sight: Sight, goes_on: bool) -> str:
        """Return what there is, or may be, and how to look at it, stop it and delete it; a line each."""
        return "\n".join(self._lines(sight, goes_on))

    def _lines(self, sight: Sight, goes_on: bool) -> Iterator[str]:
        yield self._existence(sight, goes_on)
        yield f"Look: {self._command('az vm show', self.spec.name)}"
        yield f"      {self.deployment_command}"
        if goes_on:
            yield f"Stop it: {self._command('az deployment group cancel', self.deployment)}"
        if goes_on or sight.there is not False:
            delete = self._command("az vm delete", self.spec.name)
            yield f"Delete it: {delete} --yes   (disk, network interface and public address go with it)"
        if sight.there is not True:
            yield f"Without a machine: {' && '.join(self._leftovers())}"

    def _existence(self, sight: Sight, goes_on: bool) -> str:
        spec = self.spec
        if sight.there is False and goes_on:
            return f"There is no machine '{spec.name}' yet; once it is there, it costs {self._price()}."
        if sight.there is False:
            names = ", ".join(list_names(spec))
            costs = "the public address costs money" if spec.public_ip else "none of it costs money"
            return f"There is no machine '{spec.name}'. Of its network there may be: {names}; {costs}."
        if sight.there is None:
            return f"The machine '{spec.name}' may be there; it would cost {self._price()}."
        driver = sight.driver_state or "not there"
        return (
            f"The machine '{spec.name}' is there ({sight.state or 'state unknown'}; {EXTENSION}: {driver}) and costs "
            f"{self._price()}."
        )

    def _price(self) -> str:
        hourly = self.cost.hourly_now if isinstance(self.cost.price, Known) else None
        return (
            "an unknown price an hour, and its disk, until it is deleted"
            if hourly is None
            else (f"{dollars(hourly)}/h, and its disk, until it is deleted")
        )

    def _leftovers(self) -> Iterator[str]:
        yield self._command("az network nic delete", f"{self.spec.name}-nic")
        if self.spec.public_ip:
            yield self._command("az network public-ip delete", f"{self.spec.name}-ip")

    def _command(self, verb: str, name: str) -> str:
        where = f" --subscription {self.subscription}" if self.subscription else ""
        return f"{verb} -g {self.spec.resource_group} -n {name}{where}"
