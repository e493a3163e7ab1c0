"""What of a pool that exists goes into a document: what somebody asked for, without what Azure adds by itself. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aigpu_contract import labels
from aigpu_contract.rendering import printable
from azext_aigpu import body
from azext_aigpu.cluster_id import ClusterId
from azext_aigpu.rules.reserved import is_reserved_for_labels, is_reserved_for_taints
from azext_aigpu.spec import PoolSpec, wire_fields
from azext_aigpu.specs.fields import spec_key

SOMEWHERE = ClusterId("SUBSCRIPTION", "GROUP", "CLUSTER")
"""Stands for the cluster of a clone, which nobody has named yet. No reader of ids takes it for one."""

AZURE_DEFAULTS: Mapping[str, Any] = {
    "vm_set_type": "VirtualMachineScaleSets",
    "os_type": "Linux",
    "scale_down_mode": "Delete",
    "priority": "Regular",
    "enable_node_public_ip": False,
    "enable_encryption_at_host": False,
    "enable_ultra_ssd": False,
    "enable_fips_image": False,
    "enable_vtpm": False,
    "enable_secure_boot": False,
    "enable_artifact_streaming": False,
    "workload_runtime": "OCIContainer",
    "max_unavailable": "0",
}
"""What AKS answers for a pool of which nobody asked it (docstrings of azure-mgmt-containerservice 41.6)."""

OF_ONE_REGION = (
    "zones",
    "vnet_subnet_id",
    "pod_subnet_id",
    "node_public_ip_prefix_id",
    "asg_ids",
    "crg_id",
    "ppg",
    "host_group_id",
    "snapshot_id",
)
"""Fields that name something of one region; no pool of another region can have them."""


@dataclass(frozen=True)
class Export:
    """A pool as it is written. `spec` has all labels, taints and tags that the pool is to have, the contract's too.

    `cluster` is None where the pool is meant for a cluster that nobody has named. `notes` say what is left out and
    what is added, a sentence each.
    """

    spec: PoolSpec
    cluster: ClusterId | None
    region: str
    notes: tuple[str, ...] = ()

    @property
    def properties(self) -> dict[str, Any]:
        """Return the `properties` that a request for this pool has."""
        return body.build_given(self.spec)


def build_export(spec: PoolSpec, cluster: ClusterId, region: str) -> Export:
    """Return the pool that `spec`, read from Azure, amounts to; the contract's labels, taint and tags are added."""
    # The least driver that the reader of the pool has configured is not a wish of the pool's.
    limits = dataclasses.replace(spec.limits, min_driver=None)
    names = [name for name, default in AZURE_DEFAULTS.items() if getattr(spec, name) == default]
    names += ["node_count"] if spec.enable_cluster_autoscaler else ["min_count", "max_count"]
    dropped: dict[str, Any] = dict.fromkeys(names)
    own = dataclasses.replace(
        spec,
        limits=limits,
        labels={key: value for key, value in spec.labels.items() if not is_reserved_for_labels(key)},
        node_taints=tuple(taint for taint in spec.node_taints if not is_reserved_for_taints(taint.key)),
        kubernetes_version=None,
        **dropped,
    )
    whole = dataclasses.replace(
        own, labels=body.build_labels(own), node_taints=own.all_taints, tags=body.build_tags(own)
    )
    return Export(whole, cluster, region, (*_left_out(spec), *_added(own, whole)))


def _left_out(spec: PoolSpec) -> Iterator[str]:
    if spec.kubernetes_version is not None:
        yield f"Left out: kubernetesVersion {spec.kubernetes_version}; without it the pool follows its cluster."


def _added(own: PoolSpec, whole: PoolSpec) -> Iterator[str]:
    """Yield what makes it a GPU pool and the pool has not got: the document is then a change of it."""
    for what, before, after in (("labels", own.labels, whole.labels), ("tags", own.tags, whole.tags)):
        new = [f"{key}={value}" for key, value in after.items() if before.get(key) != value]
        if new:
            yield f"Added, as the pool has not got them: {what} {', '.join(new)}."
    new = [str(taint) for taint in whole.node_taints if taint not in own.node_taints]
    if new:
        yield f"Added, as the pool has not got it: taint {', '.join(new)}."


def build_clone(export: Export, region: str) -> Export:
    """Return the same pool for a cluster of another region: without what belongs to the old one, which is named."""
    kept = {name: value for name, value in export.spec.labels.items() if name != labels.PRICE_HOUR}
    there = [name for name in OF_ONE_REGION if getattr(export.spec, name) is not None]
    nowhere: dict[str, Any] = dict.fromkeys(there)
    spec = dataclasses.replace(export.spec, labels=kept, **nowhere)
    notes = [f"Left out: {spec_key(name)}, of {export.region}: {_plain(getattr(export.spec, name))}." for name in there]
    if kept != export.spec.labels:
        notes.append(f"Left out: label {labels.PRICE_HOUR}, a price of {export.region}.")
    return Export(spec, None, region, (*export.notes, *notes))


def _plain(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def write_comments(notes: Iterable[str], sign: str) -> str:
    """Return `notes` as comment lines; what a pool's tags say cannot end such a line."""
    return "".join(f"{sign} {printable(note)}\n" for note in notes)


def list_unwritten(spec: PoolSpec, written: frozenset[str], why: str) -> Iterator[str]:
    """Yield a note for each field that was asked for and is not among the `written` ones."""
    for name, _ in wire_fields():
        value = getattr(spec, name)
        if name not in written and value is not None and value not in ((), {}):
            yield f"Left out: {spec_key(name)}: {_plain(value)}; {why}."
