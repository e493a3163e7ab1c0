"""The policy definitions, in Azure's policy language, out of the catalogue. Pure.

`like`, `in` and their negations compare without case in this language. A field that a request leaves out fulfils the
negations only. What each alias does not see is told in docs/how-to/govern-a-subscription.md.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aigpu_contract import __version__
from azext_aigpu.policy.sizes import PREFIX, allowed_sizes, odd_sizes, retired_sizes

POOL = "Microsoft.ContainerService/managedClusters/agentPools"
CLUSTER = "Microsoft.ContainerService/managedClusters"
MACHINE = "Microsoft.Compute/virtualMachines"
SCALE_SET = "Microsoft.Compute/virtualMachineScaleSets"

POOL_SIZE = f"{POOL}/vmSize"
PROFILES = f"{CLUSTER}/agentPoolProfiles[*]"
MACHINE_SIZE = f"{MACHINE}/sku.name"
SCALE_SET_SIZE = f"{SCALE_SET}/sku.name"

POOL_SIZES = "aigpu-aks-pool-sizes"
MACHINE_SIZES = "aigpu-machine-sizes"
MACHINE_RETIRED = "aigpu-machine-retired"
MACHINE_TAG = "aigpu-machine-tag"
NAMES = (POOL_SIZES, MACHINE_SIZES, MACHINE_RETIRED, MACHINE_TAG)
"""The names of all definitions: they stay when the catalogue grows."""

AUDIT = "Audit"
DENY = "Deny"
DISABLED = "Disabled"
EFFECTS = (AUDIT, DENY, DISABLED)

ALL = "All"
"""The mode that sees child resources: an agent pool has neither tags nor a location of its own."""
INDEXED = "Indexed"

_CATEGORY = "GPU"

Condition = Mapping[str, Any]


@dataclass(frozen=True)
class Definition:
    """One policy definition as it is sent; `name` is the last part of its id."""

    name: str
    display_name: str
    description: str
    mode: str
    parameters: Mapping[str, Any]
    condition: Condition

    def properties(self) -> dict[str, Any]:
        """Return the `properties` of the request body."""
        return {
            "displayName": self.display_name,
            "description": self.description,
            "policyType": "Custom",
            "mode": self.mode,
            "metadata": {"category": _CATEGORY, "version": __version__},
            "parameters": {"effect": _EFFECT, **self.parameters},
            "policyRule": {"if": self.condition, "then": {"effect": "[parameters('effect')]"}},
        }


def build_definitions(today: datetime.date) -> tuple[Definition, ...]:
    """Return every definition, with the sizes as they are on `today`."""
    return (_pool_sizes(today), _machine_sizes(today), _machine_retired(today), _machine_tag())


_EFFECT = {
    "type": "String",
    "metadata": {"displayName": "Effect", "description": "Audit reports, Deny refuses the request."},
    "allowedValues": list(EFFECTS),
    "defaultValue": AUDIT,
}


def _pool_sizes(today: datetime.date) -> Definition:
    profile = _outside_allowed(f"{PROFILES}.vmSize")
    wrong_name: list[Condition] = [
        {"count": {"value": "[parameters('gpuPoolNames')]", "name": "pattern", "where": _NAMED_SO}, "greater": 0},
        {"field": POOL_SIZE, "notLike": f"{PREFIX}*"},
    ]
    return Definition(
        POOL_SIZES,
        "AKS node pools have GPU sizes that are allowed",
        "A node pool of AKS has a GPU size that is not in the allowed list (retired sizes and GPUs without CUDA are "
        "not), or a name that is kept for GPU pools and a size without a GPU.",
        ALL,
        {**_allowed(today), "gpuPoolNames": _POOL_NAMES},
        _any(
            _all(_type(POOL), _any(_outside_allowed(POOL_SIZE), _all(*wrong_name))),
            _all(_type(CLUSTER), {"count": {"field": PROFILES, "where": profile}, "greater": 0}),
        ),
    )


def _machine_sizes(today: datetime.date) -> Definition:
    return Definition(
        MACHINE_SIZES,
        "Virtual machines and scale sets have GPU sizes that are allowed",
        "A virtual machine or scale set has a GPU size that is not in the allowed list. Node pools of AKS are scale "
        "sets too: a Deny stops their nodes as well, later than the request for the pool.",
        INDEXED,
        _allowed(today),
        _machines(_outside_allowed),
    )


def _machine_retired(today: datetime.date) -> Definition:
    retired = list(retired_sizes(today))
    return Definition(
        MACHINE_RETIRED,
        "Virtual machines and scale sets have no retired GPU size",
        "Azure has retired this GPU size: it can no longer be started. The list is that of the day on which the "
        "definition was written.",
        INDEXED,
        {},
        _machines(lambda field: {"field": field, "in": retired}),
    )


def _machine_tag() -> Definition:
    tag = "[concat('tags[', parameters('tagName'), ']')]"
    # One tag for each assignment: the language takes no loop variable in the name of a field.
    missing = _any({"field": tag, "exists": "false"}, {"field": tag, "equals": ""})
    name = {
        "type": "String",
        "metadata": {"displayName": "Tag name", "description": "The tag that must have a value."},
    }
    return Definition(
        MACHINE_TAG,
        "Virtual machines and scale sets with GPUs carry a tag",
        "A virtual machine or scale set with a GPU size lacks the tag, or its value is empty.",
        INDEXED,
        {"tagName": name},
        _machines(lambda field: _all(_is_gpu(field), missing)),
    )


def _allowed(today: datetime.date) -> dict[str, Any]:
    text = "GPU sizes that may be used. Default: every size of the catalogue that CUDA runs on and that is in service."
    metadata = {"displayName": "Allowed GPU sizes", "description": text}
    return {"allowedSizes": {"type": "Array", "metadata": metadata, "defaultValue": list(allowed_sizes(today))}}


_POOL_NAMES = {
    "type": "Array",
    "metadata": {
        "displayName": "Names of GPU pools",
        "description": "Names of node pools, each with at most one *, that must have a GPU size. Default: none.",
    },
    "defaultValue": [],
}
_NAMED_SO = {"field": "name", "like": "[current('pattern')]"}


def _machines(condition: Any) -> Condition:
    """Return `condition` over the size of virtual machines and over that of scale sets."""
    return _any(
        _all(_type(MACHINE), condition(MACHINE_SIZE)),
        _all(_type(SCALE_SET), condition(SCALE_SET_SIZE)),
    )


def _outside_allowed(field: str) -> Condition:
    return _all(_is_gpu(field), {"field": field, "notIn": "[parameters('allowedSizes')]"})


def _is_gpu(field: str) -> Condition:
    by_name = {"field": field, "like": f"{PREFIX}*"}
    odd: Sequence[str] = odd_sizes()
    return _any(by_name, {"field": field, "in": list(odd)}) if odd else by_name


def _type(name: str) -> Condition:
    return {"field": "type", "equals": name}


def _all(*conditions: Condition) -> Condition:
    return {"allOf": list(conditions)}


def _any(*conditions: Condition) -> Condition:
    return {"anyOf": list(conditions)}
