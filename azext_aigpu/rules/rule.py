"""What a rule is: the two protocols that modules in this folder implement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from aigpu_contract.finding import Finding
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.spec import PoolSpec


class SpecRule(Protocol):
    """A rule over the request alone."""

    ID: str
    READS: tuple[str, ...]
    WAIVABLE: bool

    def review(self, spec: PoolSpec) -> Iterable[Finding]:
        """Yield what is wrong with `spec`; nothing when all is well."""


class CloudRule(Protocol):
    """A rule over the request and what the cloud says."""

    ID: str
    READS: tuple[str, ...]
    WAIVABLE: bool
    ARM_ENFORCES: bool

    def review(self, spec: PoolSpec, cloud: CloudFacts) -> Iterable[Finding]:
        """Yield what is wrong, UNKNOWN where the needed reading is unknown; nothing when all is well."""
