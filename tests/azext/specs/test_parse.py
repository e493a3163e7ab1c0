"""Spec files: what is read, and what every mistake is answered with: file, line, column, seen, wanted, nearest key."""

from __future__ import annotations

import dataclasses
import resource
from typing import Any

import pytest

from aigpu_contract.labels import Taint
from azext_aigpu.spec import PoolSpec
from azext_aigpu.specs.fields import NOT_IN_SPEC, spec_fields
from azext_aigpu.specs.parse import Text, parse_specs
from tests.azext.specs.given import LIMITS, SUBSCRIPTION, T4, a_document, as_text, cluster, parsed, refusal

HEAD = f"""apiVersion: aigpu.io/v1alpha1
kind: GpuNodePool
metadata:
  name: gpu
spec:
  cluster: {cluster()}
"""


def test_a_document_becomes_a_spec_with_nothing_filled_in() -> None:
    (wanted,) = parsed(a_document(nodeTaints=["team=a:NoExecute"], zones=["2", "1"], tags={"owner": "ada"}))

    expected = PoolSpec(
        SUBSCRIPTION,
        "rg-train",
        "aks-train",
        "gpu",
        LIMITS,
        node_vm_size=T4,
        node_count=1,
        node_taints=(Taint("team", "a", "NoExecute"),),
        zones=("2", "1"),
        tags={"owner": "ada"},
    )
    assert wanted.spec == expected
    assert str(wanted.cluster) == cluster()


def test_every_field_of_a_pool_can_be_said() -> None:
    names = [item.name for item in dataclasses.fields(PoolSpec) if item.name not in NOT_IN_SPEC]

    assert [item.name for item in spec_fields()] == names
    assert all(item.schema.get("description") for item in spec_fields())


def test_the_size_is_found_by_its_gpus() -> None:
    (wanted,) = parsed(a_document(nodeVmSize=None, gpuModel="t4", gpuCount=4))

    assert wanted.spec.node_vm_size == "Standard_NC64as_T4_v3"


def test_several_files_and_documents_keep_their_order() -> None:
    texts = [
        Text("one.yaml", as_text(a_document("a"), a_document("b"))),
        Text("two.yaml", as_text(a_document("a", cluster=cluster("aks-west")))),
    ]

    wanted = parse_specs(texts, [], LIMITS)

    assert [(pool.cluster.name, pool.spec.name) for pool in wanted] == [
        ("aks-train", "a"),
        ("aks-train", "b"),
        ("aks-west", "a"),
    ]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param(
            "nodeVmSiz: x", "line 7, column 3: 'spec.nodeVmSiz' is not known; did you mean nodeVmSize?", id="k"
        ),
        pytest.param("node_vm_size: x", "did you mean nodeVmSize?", id="snake-case"),
        pytest.param(
            "nodeCount: two", "line 7, column 14: spec.nodeCount is 'two'; wanted is a whole number", id="type"
        ),
        pytest.param("nodeCount: true", "spec.nodeCount is true; wanted is a whole number", id="bool-is-no-number"),
        pytest.param("nodeCount: 1.5", "spec.nodeCount is 1.5; wanted is a whole number", id="fraction"),
        pytest.param("nodeCount: 2000", "spec.nodeCount is 2000; wanted is 0 to 1000", id="range"),
        pytest.param(
            "nodeCount:", "spec.nodeCount is empty; wanted is a whole number, or leave the key out", id="null"
        ),
        pytest.param("kubernetesVersion: 1.30", "is 1.3; wanted is a text: put it in quotes", id="version-as-number"),
        pytest.param(
            "labels: {tier: yes}", "spec.labels.tier is true; wanted is a text: put it in quotes", id="norway"
        ),
        pytest.param("labels: {a b: c}", "is not a Kubernetes label", id="label"),
        pytest.param("labels: [a]", "spec.labels is a list; wanted is a mapping", id="list-for-mapping"),
        pytest.param("zones: ['4']", "spec.zones[0] is '4'", id="zone"),
        pytest.param("osSku: ubuntu", "spec.osSku is 'ubuntu'; did you mean Ubuntu?", id="near-value"),
        pytest.param("nodeTaints: [sku=gpu]", "spec.nodeTaints[0] is 'sku=gpu'; wanted is the form", id="taint"),
        pytest.param("maxSurge: 33", "spec.maxSurge is 33; wanted is a text: put it in quotes", id="surge"),
        pytest.param("spotMaxPrice: -2\n  priority: Spot", "is -2; wanted is -1, or more than 0", id="spot-price"),
        pytest.param("spotMaxPrice: 1", "spec.spotMaxPrice is only for spot pools", id="spot-alone"),
        pytest.param("spotMaxPrice: .inf", "line 7, column 17: .inf is no number that JSON knows", id="infinite"),
        pytest.param("enableClusterAutoscaler: false\n  minCount: 1", "is a bound of the autoscaler", id="bounds"),
        pytest.param("enableClusterAutoscaler: false", "wanted is spec.nodeCount beside it", id="no-size"),
        pytest.param("crgId: /subscriptions/a/b/c", "spec.crgId: '/subscriptions/a/b/c' is not the id", id="id"),
        pytest.param("waivers: {quota: why}", "'spec.waivers.quota' is not known", id="not-waivable"),
        pytest.param("waivers: {fractional-gpu: ''}", "has 0 characters; wanted are 1 to 256", id="no-reason"),
        pytest.param("gpuCount: 0", "spec.gpuCount is 0; wanted is 1 or more", id="no-gpus"),
        pytest.param("mode: System", "spec.mode is 'System'; wanted is User", id="system"),
        pytest.param("asgIds: [/subscriptions/a/b/c]", "wanted is spec.allowedHostPorts beside it", id="groups-alone"),
        pytest.param("gpuModel: a100", "5 VM sizes have a100 GPUs; which one is meant?", id="several-sizes"),
        pytest.param("tags: {}", "No VM size was given, and there is no default", id="no-vm-size"),
    ],
)
def test_a_mistake_is_named_with_its_place(lines: str, told: str) -> None:
    text = refusal(HEAD + f"  {lines}\n")

    assert text.startswith("pools.yaml, line ")
    assert told in text
    assert "--" not in text.replace("az aigpu sku list --", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "pools.yaml holds no spec.", id="empty"),
        pytest.param("# nothing\n---\n", "pools.yaml holds no spec.", id="comments"),
        pytest.param("- a", "line 1, column 1: this document is no mapping", id="list"),
        pytest.param(
            HEAD.replace("v1alpha1", "v1"), "apiVersion is 'aigpu.io/v1'; wanted is aigpu.io/v1alpha1", id="v"
        ),
        pytest.param(HEAD.replace("GpuNodePool", "Pod"), "kind is 'Pod'; wanted is GpuNodePool", id="kind"),
        pytest.param(
            HEAD.replace("name: gpu", "name: GPU-1"), "metadata.name is 'GPU-1'; wanted is the form", id="name"
        ),
        pytest.param(HEAD.replace("  name: gpu", "  nam: gpu"), "did you mean name?", id="metadata"),
        pytest.param(HEAD.replace(cluster(), "aks-train"), "spec.cluster is 'aks-train'", id="cluster-by-name"),
        pytest.param(
            HEAD.replace("managedClusters", "fleets"), "wanted is the whole id of an AKS cluster", id="no-cluster-id"
        ),
        pytest.param(HEAD + "\tnodeCount: 1\n", "line 7, column 1", id="tab"),
        pytest.param(HEAD + "  nodeCount: 1\n  nodeCount: 2\n", "'nodeCount' stands here a second time", id="twice"),
        pytest.param(HEAD + "  tags: &x {a: b}\n", "line 7, column 9: anchors and aliases", id="anchor"),
        pytest.param(HEAD + "  labels: &x {a: b}\n  tags: *x\n", "anchors and aliases (& and *) are not", id="alias"),
        pytest.param(HEAD + "  <<: {nodeCount: 1}\n", "the merge key << is not taken", id="merge-key"),
        pytest.param(HEAD + "  tags: !!python/object:os.system {}\n", "means nothing", id="tag"),
        pytest.param(HEAD + "  tags: {a: [\n", "pools.yaml, line ", id="open-bracket"),
        pytest.param(HEAD + "  message: \x07\n", "the character U+0007 may not stand in YAML", id="control-character"),
        pytest.param(HEAD + '  tags: {a: "\\ud800"}\n', "half a character", id="lone-surrogate"),
        pytest.param("[" * 10_000, "nested deeper than 64 levels", id="deep"),
        pytest.param("a: " + "x" * 2_000_000, "specs are read up to 1,048,576", id="large"),
        pytest.param(
            as_text(a_document(), a_document()), "pool 'gpu' of cluster aks-train is asked for twice", id="same"
        ),
    ],
)
def test_what_is_no_spec_is_refused(text: str, told: str) -> None:
    assert told in refusal(text)


def test_one_cluster_in_two_spellings_is_one_cluster() -> None:
    other = cluster().upper().replace("/SUBSCRIPTIONS", "/subscriptions")

    assert "is asked for twice" in refusal(as_text(a_document(), a_document(cluster=other)))


def test_a_yaml_bomb_is_refused_at_once_and_small() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert refusal("\n".join(rows)).startswith("pools.yaml, line ")

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # KiB


def test_all_mistakes_are_told_up_to_a_bound() -> None:
    text = refusal(HEAD + "".join(f"  wrong{number}: 1\n" for number in range(50)))

    assert text.count("is not known") == 20
    assert text.endswith("and 30 more")


def test_ten_thousand_lines_are_read() -> None:
    text = "".join(
        HEAD.replace("name: gpu", f"name: p{number}") + f"  nodeVmSize: {T4}\n  tags:\n    owner: ada\n---\n"
        for number in range(1000)
    )
    assert text.count("\n") >= 10_000

    wanted = parse_specs([Text("pools.yaml", text)], [], LIMITS)

    assert len(wanted) == 1000
    assert (wanted[-1].place.line, wanted[-1].spec.name) == (9991, "p999")


def test_more_pools_than_a_plan_takes_are_refused() -> None:
    assert "one plan has at most 1,000" in refusal("--- {a: b}\n" * 1001)


def merged(base: dict[str, Any], **patch: Any) -> PoolSpec:
    overlay = {"metadata": {"name": "gpu"}, "spec": patch}
    return parsed(a_document(**base), overlays=(overlay,))[0].spec


def test_an_overlay_replaces_adds_and_takes_away() -> None:
    spec = merged(
        {"tags": {"owner": "ada", "tier": "dev"}, "maxSurge": "1"}, nodeCount=3, maxSurge=None, tags={"tier": "p"}
    )

    assert (spec.node_count, spec.max_surge, spec.tags) == (3, None, {"owner": "ada", "tier": "p"})


def test_overlays_are_laid_one_over_the_other() -> None:
    first, second = ({"metadata": {"name": "gpu"}, "spec": {"nodeCount": count}} for count in (3, 4))

    assert parsed(a_document(), overlays=(first, second))[0].spec.node_count == 4


def test_an_overlay_reaches_every_pool_of_its_name_and_no_other() -> None:
    documents = (a_document(), a_document("b"), a_document(cluster=cluster("aks-west")))
    overlay = {"metadata": {"name": "gpu"}, "spec": {"nodeCount": 7}}

    assert [pool.spec.node_count for pool in parsed(*documents, overlays=(overlay,))] == [7, 1, 7]


@pytest.mark.parametrize(
    ("overlay", "told"),
    [
        pytest.param(
            "metadata: {name: gpuu}", "no spec has a pool 'gpuu' to lay this over; did you mean gpu?", id="name"
        ),
        pytest.param("spec: {nodeCount: 1}", "this overlay names no pool", id="nameless"),
        pytest.param("[a]", "this overlay names no pool", id="list"),
        pytest.param(
            "metadata: {name: gpu}\nspec: {nodeCount: x}", "over.yaml, line 2, column 19", id="place-of-value"
        ),
        pytest.param("metadata: {name: gpu}\nspec: {nodCount: 1}", "over.yaml, line 2, column 8", id="place-of-key"),
        pytest.param("metadata: {name: gpu}\nspec: 7", "over.yaml, line 2, column 7: spec is 7", id="no-mapping"),
        pytest.param("metadata: {name: gpu}\nspec: {cluster: null}", "spec.cluster is missing", id="taken-away"),
    ],
)
def test_a_mistake_in_an_overlay_is_named_where_it_stands(overlay: str, told: str) -> None:
    assert told in refusal(as_text(a_document()), overlay)
