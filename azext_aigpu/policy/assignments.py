"""From what somebody wants enforced to assignments of the definitions at one scope. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract import __version__
from azext_aigpu.policy.definitions import AUDIT, MACHINE_RETIRED, MACHINE_SIZES, MACHINE_TAG, POOL_SIZES

TAG_PREFIX = "aigpu-tag-"
MOST_CHARACTERS = 24
"""The longest name of an assignment at a management group (Azure's rules for names)."""

_DIGEST = 6


@dataclass(frozen=True)
class Scope:
    """Where policy is assigned, and where its definitions live: a resource group can hold no definitions."""

    path: str
    definitions_path: str
    words: str

    def definition_id(self, name: str) -> str:
        """Return the resource id of a definition."""
        return f"{self.definitions_path}/providers/Microsoft.Authorization/policyDefinitions/{name}"

    def assignment_id(self, name: str) -> str:
        """Return the resource id of an assignment."""
        return f"{self.path}/providers/Microsoft.Authorization/policyAssignments/{name}"


@dataclass(frozen=True)
class Wanted:
    """What is to be enforced. `allowed_sizes` None leaves the catalogue's own list, which grows with it."""

    effect: str = AUDIT
    allowed_sizes: tuple[str, ...] | None = None
    required_tags: tuple[str, ...] = ()
    gpu_pool_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assignment:
    """One assignment as it is sent."""

    name: str
    display_name: str
    definition: str
    parameters: Mapping[str, Any]
    message: str

    def properties(self, scope: Scope) -> dict[str, Any]:
        """Return the `properties` of the request body."""
        return {
            "displayName": self.display_name,
            "policyDefinitionId": scope.definition_id(self.definition),
            "parameters": {name: {"value": value} for name, value in self.parameters.items()},
            "enforcementMode": "Default",
            "nonComplianceMessages": [{"message": self.message}],
            "metadata": {"assignedBy": "az aigpu", "version": __version__},
        }


def subscription_scope(subscription: str) -> Scope:
    """Return the scope of a whole subscription."""
    path = f"/subscriptions/{subscription}"
    return Scope(path, path, f"subscription {subscription}")


def group_scope(subscription: str, group: str) -> Scope:
    """Return the scope of a resource group."""
    path = f"/subscriptions/{subscription}"
    return Scope(f"{path}/resourceGroups/{group}", path, f"resource group {group}")


def management_scope(group: str) -> Scope:
    """Return the scope of a management group."""
    path = f"/providers/Microsoft.Management/managementGroups/{group}"
    return Scope(path, path, f"management group {group}")


def build_assignments(wanted: Wanted) -> tuple[Assignment, ...]:
    """Return the assignments for `wanted`: one for each definition over sizes, and one for each tag."""
    effect = {"effect": wanted.effect}
    sizes = effect if wanted.allowed_sizes is None else {**effect, "allowedSizes": list(wanted.allowed_sizes)}
    names = {"gpuPoolNames": list(wanted.gpu_pool_names)} if wanted.gpu_pool_names else {}
    see = "az aigpu sku list shows what there is; az aigpu policy list what is assigned"
    return (
        Assignment(
            POOL_SIZES,
            "aigpu: sizes of AKS node pools",
            POOL_SIZES,
            {**sizes, **names},
            f"This node pool may not have this VM size. {see}.",
        ),
        Assignment(
            MACHINE_SIZES,
            "aigpu: GPU sizes of virtual machines and scale sets",
            MACHINE_SIZES,
            sizes,
            f"This GPU size is not among the allowed ones. {see}.",
        ),
        Assignment(
            MACHINE_RETIRED,
            "aigpu: retired GPU sizes",
            MACHINE_RETIRED,
            effect,
            "Azure has retired this GPU size. az aigpu sku list shows what there is.",
        ),
        *(_tag_assignment(tag, wanted.effect) for tag in wanted.required_tags),
    )


def _tag_assignment(tag: str, effect: str) -> Assignment:
    return Assignment(
        tag_assignment_name(tag),
        f"aigpu: GPU machines carry the tag {tag}",
        MACHINE_TAG,
        {"effect": effect, "tagName": tag},
        f"A machine with GPUs must carry the tag {tag} with a value.",
    )


def tag_assignment_name(tag: str) -> str:
    """Return the name of the assignment for `tag`: readable where it fits, and else cut and told apart by a digest."""
    plain = re.sub(r"[^a-z0-9-]", "-", tag.lower())
    room = MOST_CHARACTERS - len(TAG_PREFIX)
    if plain == tag.lower() and len(plain) <= room:
        return TAG_PREFIX + plain
    digest = hashlib.sha256(tag.lower().encode()).hexdigest()[:_DIGEST]
    return f"{TAG_PREFIX}{plain[: room - _DIGEST - 1]}-{digest}"
