"""The page of specs and their JSON Schema, out of the table of fields."""

from __future__ import annotations

import json
from typing import Any

from azext_aigpu.pool_changes import CHANGEABLE
from azext_aigpu.spec import wire_fields
from azext_aigpu.specs.fields import API_VERSION, CLUSTER, KIND, SpecField, build_schema, spec_fields

_GENERATED = "<!-- Written by `python -m tools.docs`; do not edit. -->"
_CLUSTER_ID = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-train"
    "/providers/Microsoft.ContainerService/managedClusters/aks-train"
)
_HEAD = f"""\
One document is one GPU node pool. A file may hold any number of them, and a plan any number of files; the pools may
be in several clusters, regions and subscriptions. Editors check it by
[gpunodepool.schema.json](gpunodepool.schema.json).

```yaml
apiVersion: {API_VERSION}
kind: {KIND}
metadata:
  name: train                     # name of the node pool
spec:
  cluster: {_CLUSTER_ID}
  nodeVmSize: Standard_NC24ads_A100_v4
  gpuCount: 1
  minCount: 0
  maxCount: 2
  tags:
    cost-center: ml
```

- A field that is not there is not asked for: a new pool gets the default (0 to 5 nodes, a 256 GB OS disk), a pool
  that exists keeps what it has, its OS disk too. The number of nodes is always asked for: without any count it is 0
  to 5.
- `labels`, `nodeTaints` and `tags` are the whole of them: what a spec does not name is taken away. What makes it a
  GPU pool, what AKS writes itself, and the labels `aigpu.io/price-hour` and `aigpu.io/min-driver` of a pool that
  exists stay.
- Under the autoscaler the number of nodes that run is its doing, and no difference.
- A text that looks like a number or a truth value needs quotes: `kubernetesVersion: "1.30"`, `zones: ["1"]`.
- Anchors, aliases, merge keys, tags of YAML and a key that stands twice are refused. At most 1,048,576 characters a
  file and 1,000 pools a plan.

## Overlays

`--overlay FILE` lays what differs by environment over the specs: documents with `metadata.name` and the fields that
are other, merged by JSON Merge Patch (RFC 7396) into every pool of that name. A mapping is merged key by key, `null`
takes a key away, anything else replaces. A name that no spec has is a mistake. Later overlays win.

## What can be changed

A pool that differs in a field marked `new pool` would have to be replaced. A plan names that, and apply never does
it: give the spec another name, apply, move the jobs, delete the old pool.

## Fields

"""


def build_spec_page() -> str:
    """Return the reference of specs."""
    rows = [f"| `{CLUSTER}` | text | new pool | Resource id of the AKS cluster. Required. |"]
    rows += [_row(item) for item in spec_fields()]
    table = ["| under `spec` | takes | change needs | |", "|---|---|---|---|", *rows, ""]
    return "\n".join(["# Specs", "", _GENERATED, "", _HEAD + "\n".join(table)])


def build_schema_text() -> str:
    """Return the JSON Schema of a document, as a file."""
    return json.dumps(build_schema(), indent=2) + "\n"


def _row(item: SpecField) -> str:
    about = item.schema.get("description", "")
    return f"| `{item.key}` | {_describe(item.schema)} | {_change(item.name)} | {about} |"


def _change(name: str) -> str:
    path = dict(wire_fields()).get(name)
    return "" if path is None or path in CHANGEABLE else "new pool"


def _describe(schema: Any) -> str:
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    if "anyOf" in schema:
        return "-1 or a number above 0"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true`, `false`"}
    if schema["type"] == "array":
        return f"list of: {_describe(schema['items'])}"
    if schema["type"] == "object":
        return "mapping"
    bounds = [f"{schema[key]}" for key in ("minimum", "maximum") if key in schema]
    return words[schema["type"]] + (f", {' to '.join(bounds)}{'' if len(bounds) > 1 else ' or more'}" if bounds else "")
