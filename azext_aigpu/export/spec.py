"""A pool as a spec of kind GpuNodePool: what `nodepool plan` reads to the same pool again. Pure."""

from __future__ import annotations

import dataclasses

from aigpu_contract import labels
from azext_aigpu import body
from azext_aigpu.cluster.manifests.objects import render_yaml
from azext_aigpu.export.pool import SOMEWHERE, Export, write_comments
from azext_aigpu.review import waivable_ids
from azext_aigpu.spec import PoolSpec
from azext_aigpu.specs.document import build_document

FILL_IN = "Fill in: spec.cluster, the id of the cluster that is to have the clone."


def list_notes(export: Export) -> tuple[str, ...]:
    """Return what a reader of the document has to know."""
    return export.notes if export.cluster else (*export.notes, FILL_IN)


def write_spec(export: Export) -> str:
    """Return the document."""
    spec = strip_contract(export.spec)
    head = write_comments(list_notes(export), "#")
    return head + render_yaml(build_document(spec, export.cluster or SOMEWHERE))


def strip_contract(spec: PoolSpec) -> PoolSpec:
    """Return `spec` without the labels, the taint and the tags that every pool gets by itself."""
    contract = body.build_labels(dataclasses.replace(spec, labels={}))
    kept = {rule: reason for rule, reason in spec.waivers.items() if rule in waivable_ids()}
    own_tags = body.build_tags(dataclasses.replace(spec, tags={}, waivers=kept))
    return dataclasses.replace(
        spec,
        labels={
            key: value for key, value in spec.labels.items() if contract.get(key) != value and key != labels.PRICE_HOUR
        },
        node_taints=tuple(taint for taint in spec.node_taints if taint != spec.limits.taint),
        tags={key: value for key, value in spec.tags.items() if own_tags.get(key) != value},
        waivers=kept,
    )
