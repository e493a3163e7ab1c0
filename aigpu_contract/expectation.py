"""What was intended for a node, as written on the pool before any machine existed."""

from __future__ import annotations

from typing import Dict, Mapping, Optional

from aigpu_contract import labels
from aigpu_contract.frozen import dataclass
from aigpu_contract.reading import Known, Reading, Unknown

WHOLE_GPU = labels.resource_name("gpu")
MOST_DIGITS = 19


@dataclass(frozen=True)
class Offer:
    """What the kubelet must offer; None for what the intent leaves open. `is_declared`: nothing of it is assumed."""

    resource: Optional[str]
    number: Optional[int]
    is_declared: bool

    @property
    def is_uncounted(self) -> bool:
        """Return whether the GPUs come by claims (DRA), so that the kubelet counts none."""
        return self.resource == labels.NO_RESOURCE


def build_offer(
    gpus: Optional[int], resource: Optional[str], number: Optional[int], mig_profile: Optional[str]
) -> Offer:
    """Return what the kubelet must offer by an intent of `gpus` devices.

    Without a MIG profile a GPU is offered as one nvidia.com/gpu, so there the intended number of GPUs stands for what
    is not declared; shares and parts of GPUs must be declared. Nothing is taken from what a kubelet happens to offer.
    """
    is_declared = resource is not None and number is not None
    if resource is None and mig_profile is None:
        resource = WHOLE_GPU
    if number is None and resource == WHOLE_GPU and mig_profile is None:
        number = gpus
    return Offer(resource, number, is_declared)


@dataclass(frozen=True)
class Expectation:
    """The intent for one node. `resource` is the full name (`nvidia.com/gpu`) or `none`; None means not declared."""

    sku: str
    gpu_model: Optional[str]
    gpu_count: int
    resource: Optional[str] = None
    resource_count: Optional[int] = None
    min_driver: Optional[str] = None
    mig_profile: Optional[str] = None
    price_hour: Optional[str] = None

    @property
    def offer(self) -> Offer:
        """Return what the kubelet of the node must offer."""
        return build_offer(self.gpu_count, self.resource, self.resource_count, self.mig_profile)

    def to_labels(self) -> Dict[str, str]:
        """Return the pool labels that carry this expectation, the fixed ones included."""
        values: Mapping[str, Optional[object]] = {
            labels.SKU: self.sku,
            labels.GPU_MODEL: self.gpu_model,
            labels.GPU_COUNT: self.gpu_count,
            labels.RESOURCE: None if self.resource is None else labels.resource_label(self.resource),
            labels.RESOURCE_COUNT: self.resource_count,
            labels.MIN_DRIVER: self.min_driver,
            labels.MIG_PROFILE: self.mig_profile,
            labels.PRICE_HOUR: self.price_hour,
        }
        written = dict(labels.FIXED_LABELS)
        written.update({key: str(value) for key, value in values.items() if value is not None})
        return written


def is_number(text: str) -> bool:
    """Return whether `text` is a whole number in ASCII digits; `str.isdigit` takes more than `int` does.

    One longer than Kubernetes' own (int64) is none: `int` raises for thousands of digits.
    """
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS


def parse_labels(given: Mapping[str, str]) -> Reading[Expectation]:
    """Return the expectation that pool labels carry, or Unknown naming the label that is missing or not readable."""
    if labels.SKU not in given or labels.GPU_COUNT not in given:
        missing = labels.SKU if labels.SKU not in given else labels.GPU_COUNT
        return Unknown(f"label {missing} is missing")
    for key in labels.CONTRACT_LABELS:
        # A node is held to everything but its price.
        if key in given and key != labels.PRICE_HOUR and not given[key].strip():
            return Unknown(f"label {key} is empty: it says nothing, and so wants nothing of a node")
    for key in (labels.GPU_COUNT, labels.RESOURCE_COUNT):
        if key in given and not is_number(given[key]):
            return Unknown(f"label {key}={given[key][: MOST_DIGITS + 1]!r} is not a number")
    none_wanted = _none_wanted(given)
    if none_wanted is not None:
        return Unknown(f"label {none_wanted} is 0: an intent of no GPU is no intent")
    return Known(
        Expectation(
            sku=given[labels.SKU],
            gpu_model=given.get(labels.GPU_MODEL),
            gpu_count=int(given[labels.GPU_COUNT]),
            resource=labels.resource_name(given[labels.RESOURCE]) if labels.RESOURCE in given else None,
            resource_count=int(given[labels.RESOURCE_COUNT]) if labels.RESOURCE_COUNT in given else None,
            min_driver=given.get(labels.MIN_DRIVER),
            mig_profile=given.get(labels.MIG_PROFILE),
            price_hour=given.get(labels.PRICE_HOUR),
        )
    )


def _none_wanted(given: Mapping[str, str]) -> Optional[str]:
    """Return the label by which no GPU is wanted; where they come by claims, the kubelet rightly counts none."""
    by_claims = given.get(labels.RESOURCE) == labels.NO_RESOURCE
    counted = (labels.GPU_COUNT,) if by_claims else (labels.GPU_COUNT, labels.RESOURCE_COUNT)
    return next((key for key in counted if key in given and int(given[key]) < 1), None)
