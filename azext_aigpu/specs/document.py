"""From a `PoolSpec` back to a document: what `parse_specs` reads to the same spec again. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from azext_aigpu.body import to_wire
from azext_aigpu.cluster_id import ClusterId
from azext_aigpu.spec import PoolSpec
from azext_aigpu.specs.fields import API_VERSION, CLUSTER, KIND, spec_fields


def build_document(spec: PoolSpec, cluster: ClusterId) -> dict[str, Any]:
    """Return the document of `spec` as plain data; fields that were not asked for are left out."""
    fields = {item.key: _plain(item.name, getattr(spec, item.name)) for item in spec_fields()}
    given = {key: value for key, value in fields.items() if value not in (None, {}, [])}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": spec.name},
        "spec": {CLUSTER: str(cluster), **given},
    }


def _plain(name: str, value: Any) -> Any:
    if name == "message_of_the_day" and value is not None:
        return _decode(value)
    return dict(value) if isinstance(value, Mapping) else to_wire(value)


def _decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return text
