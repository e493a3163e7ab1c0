"""A spec written as a document is read back to the same spec."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from azext_aigpu import body
from azext_aigpu.cluster_id import parse_cluster_id
from azext_aigpu.specs.document import build_document
from tests.azext.specs.given import LIMITS, a_document, cluster, parsed

BODIES = Path(__file__).parents[2] / "golden"
CLUSTER = parse_cluster_id(cluster())


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="least"),
        pytest.param({"waivers": {"fractional-gpu": "why"}, "gpuModel": "t4", "gpuCount": 1}, id="intent"),
        pytest.param({"messageOfTheDay": "Grüß Gott", "kubeletConfig": {"cpuCfsQuota": True}}, id="files"),
        pytest.param({"priority": "Spot", "spotMaxPrice": 0.5, "evictionPolicy": "Delete"}, id="spot"),
        pytest.param({"allowedHostPorts": [{"portStart": 1, "portEnd": 2, "protocol": "TCP"}]}, id="ports"),
    ],
)
def test_a_document_comes_back_as_it_was(fields: dict[str, Any]) -> None:
    (wanted,) = parsed(a_document(**fields))

    assert parsed(build_document(wanted.spec, wanted.cluster))[0].spec == wanted.spec


@pytest.mark.parametrize("path", sorted(BODIES.glob("add-*.json")), ids=lambda path: path.stem)
def test_every_request_that_add_makes_can_be_written_as_a_spec(path: Path) -> None:
    properties = json.loads(path.read_text("utf-8"))["body"]
    spec = body.read_spec(properties, CLUSTER.resource_group, CLUSTER.name, "gpu", LIMITS)
    spec = dataclasses.replace(spec, subscription=CLUSTER.subscription)

    (wanted,) = parsed(build_document(spec, CLUSTER))

    assert wanted.spec == spec
    assert body.build_given(wanted.spec) == properties
