from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Reading, Unknown
from aigpu_contract.reasons import REASONS
from azext_aigpu.cluster.admission.reverse_rule import GpuPools
from azext_aigpu.cluster.admission.workload_kinds import WORKLOADS
from azext_aigpu.cluster.live_objects import Pools, parse_pod, reduce_workload
from azext_aigpu.cluster.node_facts import parse_node
from azext_aigpu.cluster.scan_report import build_report, exit_code_of, render_refusals, render_report, sum_costs
from azext_aigpu.cluster.scan_review import ClusterState, Refusals, Scan, review_cluster
from azext_aigpu.cluster.sightings import Sighting
from tests.azext.cluster.given import CPU, ago, around, container, job, node, pod, template

POOLS = Pools(GpuPools(names=frozenset({"gpu"})), every=frozenset({"gpu"}))
JOBS = next(kind for kind in WORKLOADS if kind.resource == "jobs" and kind.group == "batch")
ASKS = container(limits={"nvidia.com/gpu": "1"})
GOOD = pod("good", ASKS)


def state(
    nodes: Iterable[dict[str, Any]] = (),
    pods: Iterable[dict[str, Any]] = (),
    jobs: Iterable[dict[str, Any]] = (),
    unread: Mapping[str, str] | None = None,
) -> ClusterState:
    workloads = [one for one in map(reduce_workload(JOBS, POOLS), jobs) if one is not None]
    return ClusterState(
        [parse_node(one) for one in nodes], around(), [parse_pod(one, POOLS) for one in pods], workloads, unread or {}
    )


def scan(
    nodes: Iterable[dict[str, Any]] = (),
    pods: Iterable[dict[str, Any]] = (),
    jobs: Iterable[dict[str, Any]] = (),
    unread: Mapping[str, str] | None = None,
) -> Scan:
    found = state(nodes, pods, jobs, unread)
    return Scan(found, tuple(review_cluster(found)), frozenset({"gpu"}))


def told(sightings: Iterable[Sighting]) -> list[tuple[str, str, str]]:
    return [(one.status.name, one.finding.reason, one.what) for one in sightings]


def test_a_cluster_in_which_all_is_well_has_nothing_to_say() -> None:
    found = scan([node()], [GOOD])

    assert told(found.sightings) == []
    assert exit_code_of(found) == 0
    assert build_report(found)["verdict"] == "PASS"
    assert render_report(found) == "Scanned 1 node; GPU pools: gpu. Nothing found."


def test_the_story_is_told_with_its_price() -> None:
    """A pool of the wrong size, and a job there that asks for no GPU, three days long."""
    wrong = node("gpu-0", size=CPU, offers={}, created=ago(days=4))
    run = pod("train-x", owner=("Job", "train"), started=ago(days=3))

    found = scan([wrong], [run], [job("train")])

    assert told(found.sightings) == [
        ("FAIL", "CPUOnlyPodOnGPUNode", "Job team-a/train"),
        ("FAIL", "NoGPUOnGPUPool", "Node pool gpu"),
    ]
    running, pool = found.sightings
    assert running.finding.problem == "1 pod on a GPU pool without asking for a GPU, for 72h"
    assert (running.so_far, pool.so_far) == (Decimal("55.30"), Decimal("73.73"))
    assert sum_costs(found) == (Decimal("0.768"), Decimal("73.73"))  # one node, counted once
    assert exit_code_of(found) == 4
    assert "so far." in render_report(found)


def test_pods_that_one_workload_made_are_told_together() -> None:
    nodes = [node(f"gpu-{number}") for number in range(5)]
    pods = [pod(f"train-{number}", on=f"gpu-{number}", owner=("Job", "train")) for number in range(5)]

    found = scan(nodes, pods)

    (seen,) = [one for one in found.sightings if one.status is Status.FAIL]
    assert seen.finding.problem == "5 pods on a GPU pool without asking for a GPU, for 10h"
    assert dict(seen.finding.evidence)["on"].startswith("gpu-0, gpu-1, gpu-2 and 2 more (Standard_NC24ads_A100_v4)")
    assert seen.enforcing_refuses


def test_a_pod_that_is_there_by_chance_is_found_and_would_not_be_refused() -> None:
    found = scan([node()], [GOOD, pod("web", spec={})])

    assert told(found.sightings) == [("FAIL", "CPUOnlyPodOnGPUNode", "Pod team-a/web")]
    assert not found.sightings[0].enforcing_refuses
    assert "others ask for 1 GPU there; nothing sends it there" in found.sightings[0].finding.seen


def test_what_enforcing_would_refuse_is_told_once_and_with_its_exemption() -> None:
    waiting = pod("train-x", owner=("Job", "train"), phase="Pending", on="")

    found = scan([node()], [GOOD, waiting], [job("train")])

    (seen,) = found.sightings
    assert (seen.finding.reason, seen.what, seen.enforcing_refuses) == ("GPUNotRequested", "Job team-a/train", True)
    assert "annotation aigpu.io/cpu-only" in seen.finding.next_step
    assert "NVIDIA_VISIBLE_DEVICES=void" in seen.finding.next_step
    assert "Enforcing would refuse 1 of these" in render_report(found)


def test_a_pod_whose_maker_was_not_read_is_told_itself() -> None:
    found = scan([node()], [GOOD, pod("orphan", phase="Pending", on="", owner=("MyJob", "x"))])

    assert told(found.sightings) == [("FAIL", "GPUNotRequested", "Pod team-a/orphan")]


def test_what_cannot_be_told_is_unknown() -> None:
    spec = {"containers": [container()], "nodeSelector": {"agentpool": "to-come"}}

    found = scan([node()], [GOOD], [job("train", {"spec": spec})])

    assert told(found.sightings) == [("UNKNOWN", "TargetUnknown", "Job team-a/train")]
    assert exit_code_of(found) == 5


@pytest.mark.parametrize("what", ["nodes", "pods", "jobs", "pytorchjobs.kubeflow.org"])
def test_what_could_not_be_read_is_never_clean(what: str) -> None:
    found = scan([node()], [GOOD], unread={what: "403"})

    assert (("UNKNOWN", "KindUnreadable", what)) in told(found.sightings)
    assert exit_code_of(found) == 5
    assert build_report(found)["unread"] == {what: "403"}


def test_findings_win_over_what_could_not_be_read() -> None:
    assert exit_code_of(scan([node(size=CPU, offers={})], [], unread={"jobs": "403"})) == 4


def test_a_cluster_without_nodes_is_not_clean() -> None:
    found = scan()

    assert told(found.sightings) == [("UNKNOWN", "KindUnreadable", "nodes")]
    assert exit_code_of(found) == 5


def test_without_pods_nothing_is_said_about_idle_gpus() -> None:
    assert [one.finding.reason for one in review_cluster(state([node()], [], [], {"pods": "403"}))] == [
        "KindUnreadable"
    ]


def test_idle_gpus_alone_are_a_warning_and_no_finding() -> None:
    found = scan([node()])

    assert told(found.sightings) == [("WARN", "GPUsNotRequested", "Node pool gpu")]
    assert exit_code_of(found) == 0


def test_the_worst_comes_first_and_then_the_dearest() -> None:
    nodes = [
        node("a", pool="cheap", size="Standard_NC4as_T4_v3", offers={}),
        node("b", pool="dear", size=CPU, offers={}),
    ]

    found = scan([*nodes, node("c")], [], [job("x", template())], unread={"jobs": "403"})

    assert [one.what for one in found.sightings] == [
        "Node pool dear",
        "Node pool cheap",
        "Job team-a/x",
        "jobs",
        "Node pool gpu",
    ]


def test_a_node_without_a_price_is_said_to_have_none() -> None:
    found = scan([node(size="Standard_Z9", offers={})])

    assert build_report(found)["findings"][0]["hourly"] is None
    assert "cost    unknown: there is no price" in render_report(found)


def test_the_bill_says_that_it_leaves_out_nodes_without_a_price() -> None:
    unpriced = node("gpu-1", size="Standard_Z9", offers={})

    alone, beside = scan([unpriced]), scan([unpriced, node("gpu-0", size=CPU, offers={})])

    assert "The nodes under FAIL cost UNKNOWN: 1 node without a price." in render_report(alone)
    assert "cost $0.77/h, $55.30 so far, and UNKNOWN for 1 more." in render_report(beside)
    assert build_report(beside)["cost"]["unknown"] == 1


@pytest.mark.parametrize(("objects", "ending"), [(20, ""), (25, "  and 5 more")], ids=["all", "the-first"])
def test_what_enforcing_would_refuse_is_told_as_far_as_one_reads(objects: int, ending: str) -> None:
    finding = Finding("reverse-rule", "GPUNotRequested", Status.FAIL, "asks for no GPU", seen="sku=gpu")
    refused = tuple(Sighting(finding, f"Job team/job-{number}") for number in range(objects))

    lines = render_refusals(Refusals(refused, ()), "az aigpu scan -g G --cluster-name C").splitlines()

    assert lines[0] == f"--enforce would refuse {objects} objects of the cluster."
    assert lines[1] == "  Job team/job-0: asks for no GPU (sku=gpu)"
    assert lines[21:-2] == ([ending] if ending else [])
    assert lines[-2] == "Nothing was applied. See all of it: az aigpu scan -g G --cluster-name C"


def test_every_reason_is_in_the_list() -> None:
    bad = [node("a", size=CPU, offers={}), node("b", offers={}, created=ago(minutes=1)), node("c")]
    jobs = [job("x"), job("y", {"spec": {"nodeSelector": {"agentpool": "z"}}})]
    found = scan(bad, [pod(on="a")], jobs, unread={"jobs": "403"})

    assert {one.finding.reason for one in found.sightings} == {
        "NoGPUOnGPUPool",
        "GPUsNotOfferedYet",
        "GPUsNotRequested",
        "CPUOnlyPodOnGPUNode",
        "GPUNotRequested",
        "TargetUnknown",
        "KindUnreadable",
    }
    assert {one.finding.reason for one in found.sightings} <= set(REASONS)


READINGS: list[Reading[Any]] = [Known({}), Unknown("403")]


@pytest.mark.parametrize("intents", READINGS, ids=["none", "unread"])
def test_control_characters_of_names_do_not_reach_the_terminal(intents: Reading[Any]) -> None:
    bad = parse_node(node(pool="gpu\x1b[31m", size=CPU, offers={}))
    found = ClusterState([bad], around(intents=intents))

    assert "\x1b" not in render_report(Scan(found, tuple(review_cluster(found)), frozenset()))
