"""What every command needs first: the user's settings, the day, the subscription, a way to say something."""

from __future__ import annotations

import datetime
import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from aigpu_contract.reading import Reading, Unknown
from azext_aigpu._errors import refuse
from azext_aigpu.settings import Settings, read_settings
from azext_aigpu.spec import Limits

if TYPE_CHECKING:
    from azext_aigpu.cloud.arm import Arm
    from azext_aigpu.cloud.prices import PriceFeed

T = TypeVar("T")

READ_FAILED_NEXT = (
    "Try again; --debug shows every call and its answer, docs/reference/permissions.md what your login must be allowed."
)


@dataclass(frozen=True)
class Session:
    """One run of one command. `limits` are the settings with what the command line overrides."""

    cli_ctx: Any
    settings: Settings
    limits: Limits

    @property
    def subscription(self) -> str:
        """Return the id of the subscription that the command works in."""
        from azure.cli.core.commands.client_factory import get_subscription_id

        return str(get_subscription_id(self.cli_ctx))

    @property
    def price_feed(self) -> PriceFeed:
        """Return where prices are asked for; national clouds have no feed of their own."""
        from azext_aigpu.cloud.prices import PriceFeed

        return PriceFeed(self.settings.prices_url)

    def connect(self) -> Arm:
        """Return the client for Azure Resource Manager; the SDK is imported only here."""
        from azext_aigpu.cloud.arm import Arm

        return Arm(self.cli_ctx, self.subscription)

    def say(self, text: str) -> None:
        """Write a line for people to stderr; results alone go to stdout."""
        if not getattr(self.cli_ctx, "only_show_errors", False):
            sys.stderr.write(text + "\n")
            sys.stderr.flush()


def open_session(cmd: Any, max_hourly_cost: Decimal | None = None) -> Session:
    """Return the session of a command. Raises UsageError for a setting that cannot be read."""
    settings = read_settings(cmd.cli_ctx)
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return Session(cmd.cli_ctx, settings, settings.limits(today, max_hourly_cost))


def known(reading: Reading[T]) -> T:
    """Return the value of a reading that the command cannot do without; exits 1 with the reason where it is unknown."""
    if isinstance(reading, Unknown):
        refuse(f"{reading.reason[:1].upper()}{reading.reason[1:]}.\n{READ_FAILED_NEXT}")
    return reading.value
