"""Whatever stands in a manifest: no exception but ours, and what breaks the reverse rule never passes."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aigpu_contract.finding import Status
from azext_aigpu.cluster.admission.reverse_rule import GpuPools, breaks_rule
from azext_aigpu.cluster.jobs.documents import parse_documents
from azext_aigpu.cluster.jobs.inject import inject
from azext_aigpu.cluster.jobs.inject_error import InjectError
from azext_aigpu.cluster.jobs.report import build_report, render_injected, render_refused, render_report
from azext_aigpu.cluster.jobs.review import judge_manifest, review_workloads
from azext_aigpu.cluster.jobs.workloads import list_workloads
from azext_aigpu.usage import UsageError
from tests.azext.cluster.jobs.given import WANTED, a_container, a_job, a_pod, an_object, dump

POOLS = GpuPools(names=frozenset())
FOUNDING = a_job(a_pod(a_container(resources=None, command=["python"]), volumes=[], initContainers=[a_container()]))
GUARDED = a_job(
    a_pod(a_container(command=["python"], env=[{"name": "CUDA_VISIBLE_DEVICES", "value": "0"}])),
    podFailurePolicy={"rules": []},
)
REPLICAS = an_object("kubeflow.org/v1", "PyTorchJob", {"pytorchReplicaSpecs": {"Worker": {"template": a_pod()}}})
TRAIN = an_object("trainer.kubeflow.org/v1alpha1", "TrainJob", {"trainer": a_container(), "runtimePatches": []})
JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, 0, -1, True, "", "x", "-1", "-1,0", "void", "none", [], [None], ["x"], {}, {"x": None}, [{}], 1.5, [[]]]
)


def list_paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path] + [one for key, value in pairs for one in list_paths(value, (*path, key))]


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A workload of which some values, or whole parts, are something else."""
    data = json.loads(json.dumps(draw(st.sampled_from([FOUNDING, GUARDED, REPLICAS, TRAIN]))))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list_paths(data)[1:] or [("kind",)]))
        holder = data
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = json.loads(json.dumps(draw(JUNK)))
    return dict(data)


@given(thing=damaged())
@example(thing=FOUNDING)
def test_what_breaks_the_rule_never_passes(thing: dict[str, Any]) -> None:
    workloads = [one for document in parse_documents(dump(thing), "x") for one in list_workloads(document)]
    reviewed = review_workloads(workloads, gpu_pools=frozenset())
    broken = any(breaks_rule(template.pod, POOLS) for one in workloads for template in one.templates)

    assert build_report("x", reviewed)["verdict"] in render_report("x", reviewed)
    if broken:
        assert judge_manifest(reviewed).status in (Status.FAIL, Status.UNKNOWN)


@given(thing=damaged())
def test_a_damaged_workload_is_guarded_or_refused(thing: dict[str, Any]) -> None:
    text = dump(thing)
    with contextlib.suppress(InjectError):
        injected = inject(text, "x", WANTED)
        assert render_injected(injected) or render_refused("x", injected)
        if injected.guarded:
            assert inject(injected.text, "x", WANTED).text == injected.text
        else:
            assert injected.text == text


@given(text=st.text(st.sampled_from("a:-? \n\t'\"&*!|>[]{}#%@,0\\~<\u2028\x00\ufeff"), max_size=60))
def test_no_text_makes_anything_but_our_own_errors(text: str) -> None:
    try:
        documents = parse_documents(text, "x")
    except UsageError:
        return
    reviewed = review_workloads(
        [one for document in documents for one in list_workloads(document)], gpu_pools=frozenset()
    )
    assert judge_manifest(reviewed).status is Status.UNKNOWN


@pytest.mark.parametrize("thing", [FOUNDING, REPLICAS], ids=["job", "replicas"])
def test_the_workloads_that_are_damaged_are_judged_when_they_are_whole(thing: dict[str, Any]) -> None:
    (workload,) = (one for document in parse_documents(dump(thing), "x") for one in list_workloads(document))
    assert workload.problems == ()
