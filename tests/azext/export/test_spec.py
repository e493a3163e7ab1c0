"""The spec that is exported is read back as the same pool, without what every pool gets by itself."""

from __future__ import annotations

import dataclasses

import pytest

from azext_aigpu import body
from azext_aigpu.export.pool import build_clone
from azext_aigpu.export.spec import write_spec
from azext_aigpu.spec import PoolSpec, wire_fields
from azext_aigpu.specs.parse import Text, parse_specs
from azext_aigpu.usage import UsageError
from tests.azext.export.documents import BODIES, CLUSTER, LIMITS, exported


def parse(text: str) -> PoolSpec:
    (wanted,) = parse_specs([Text("gpu.yaml", text)], [], LIMITS)
    assert wanted.cluster == CLUSTER
    return wanted.spec


@pytest.mark.parametrize("name", BODIES)
def test_it_is_read_back_as_the_same_pool(name: str) -> None:
    export = exported(BODIES[name])

    spec = parse(write_spec(export))

    whole = dataclasses.replace(
        spec, labels=body.build_labels(spec), node_taints=spec.all_taints, tags=body.build_tags(spec)
    )
    unlike = [
        field
        for field, _ in wire_fields()
        if getattr(whole, field) != getattr(export.spec, field)
        and field not in ("vm_set_type", "os_type", "labels")  # the first two: AKS's own values; labels: see below
    ]
    assert unlike == []
    prices = {"aigpu.io/price-hour"}
    assert dict(whole.labels) == {key: value for key, value in export.spec.labels.items() if key not in prices}


@pytest.mark.parametrize("name", BODIES)
def test_what_every_pool_gets_by_itself_is_not_in_it(name: str) -> None:
    spec = parse(write_spec(exported(BODIES[name])))

    assert not {"hardware", "gpu-type", "workload", "aigpu.io/sku"} & set(spec.labels)
    assert "aigpu-spec" not in spec.tags
    assert spec.limits.taint not in spec.node_taints


def test_waivers_are_waivers_again() -> None:
    tagged = {
        "aigpu-spec": "gpu",
        "aigpu-waive-fractional-gpu": "notebooks need little",
        "aigpu-waive-old-rule": "gone",
    }
    asked = {"vmSize": "Standard_NV6ads_A10_v5", "count": 1, "tags": tagged}

    spec = parse(write_spec(exported(asked)))

    assert spec.waivers == {"fractional-gpu": "notebooks need little"}
    # A rule that there is no more cannot be waived, and its tag stays all the same.
    assert spec.tags == {"aigpu-waive-old-rule": "gone"}


def test_a_clone_cannot_be_planned_before_its_cluster_is_named() -> None:
    text = write_spec(build_clone(exported(BODIES["add-gpu"]), "westeurope"))

    assert "# Fill in: spec.cluster" in text
    with pytest.raises(UsageError, match="/subscriptions/SUBSCRIPTION/"):
        parse(text)


def test_an_existing_pool_keeps_its_disk() -> None:
    export = exported({"vmSize": "Standard_NC4as_T4_v3", "count": 1, "osDiskSizeGB": 300})

    assert parse(write_spec(export)).node_osdisk_size == 300
