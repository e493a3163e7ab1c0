"""Judges pods and workloads: what runs on a GPU pool and asks for none, and what enforcing would refuse. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from aigpu_contract import labels
from aigpu_contract.duration import render_duration
from aigpu_contract.finding import Finding, Status
from aigpu_contract.rendering import count
from aigpu_contract.visible_devices import VOID
from azext_aigpu.cluster.admission.reverse_rule import NVIDIA_VISIBLE
from azext_aigpu.cluster.live_objects import LiveObject
from azext_aigpu.cluster.moments import Moment
from azext_aigpu.cluster.node_facts import NodeFacts
from azext_aigpu.cluster.node_verdict import Surroundings
from azext_aigpu.cluster.sightings import Sighting, cost_nodes, shorten

POD_ID, REFUSE_ID = "pod-on-gpu-node", "reverse-rule"
WANTED = "a limit of nvidia.com/gpu"
LIMIT = "limit nvidia.com/gpu in the container that computes: az aigpu job check and job inject help"
EXEMPTION = (
    f"a helper that needs no GPU: annotation {labels.CPU_ONLY_ANNOTATION} with a reason and {NVIDIA_VISIBLE}={VOID} "
    "in every container; or keep it off the GPU pools"
)


def count_asked(pods: Iterable[LiveObject]) -> defaultdict[str, int]:
    """Return how many GPUs pods ask for, by node."""
    asked: defaultdict[str, int] = defaultdict(int)
    for pod in pods:
        asked[pod.node] += pod.gpus
    return asked


def review_pods(
    pods: Sequence[LiveObject], gpu_nodes: Mapping[str, NodeFacts], around: Surroundings
) -> Iterator[Sighting]:
    """Yield the pods that ask for nothing on GPU nodes, those together that one workload made alike."""
    asked = count_asked(pods)
    alike: defaultdict[tuple[object, ...], list[LiveObject]] = defaultdict(list)
    for pod in pods:
        node = gpu_nodes.get(pod.node)
        if node is not None and pod.gpus == 0 and not pod.is_excused:
            alike[pod.owner or pod.title, node.pool, node.size, pod.seen, pod.targets, pod.is_refused].append(pod)
    for group in alike.values():
        nodes = [gpu_nodes[name] for name in sorted({pod.node for pod in group})]
        yield _pods_without(group, nodes, sum(asked[node.name] for node in nodes), around)


def review_refused(
    workloads: Iterable[LiveObject], pods: Iterable[LiveObject], told: frozenset[str]
) -> Iterator[Sighting]:
    """Yield what enforcing would refuse when it is made again, each under the object that a person wrote.

    `pods` are those that stand on no GPU node; `told` are the objects whose pods were told of already.
    """
    written = list(workloads)
    refused = {one.title for one in written if one.is_refused}
    for one in (*written, *pods):
        if one.is_refused and one.owner not in refused and one.title not in told:
            yield Sighting(_refused(one), one.title, enforcing_refuses=True)
        elif one.undecided and not one.is_refused and not one.node:
            yield Sighting(_undecided(one), one.title)


def _pods_without(pods: Sequence[LiveObject], nodes: Sequence[NodeFacts], asked: int, around: Surroundings) -> Sighting:
    """Return the sighting of pods that are alike; `asked` are the GPUs that others ask for on the same nodes."""
    first, now = pods[0], around.now
    since: dict[str, Moment] = {}
    for pod in pods:
        since[pod.node] = min(pod.started or now, since.get(pod.node, now))
    age = (now - min(since.values())).total_seconds()
    age -= age % 60 if age >= 3600 else 0
    how = "; ".join(first.targets) or "nothing sends it there, and no taint keeps it away"
    beside = f"others ask for {count(asked, 'GPU')} there" if asked else "nobody asks for a GPU there"
    finding = Finding(
        POD_ID,
        "CPUOnlyPodOnGPUNode",
        Status.FAIL,
        f"{count(len(pods), 'pod')} on a GPU pool without asking for a GPU, for {render_duration(age)}",
        seen=f"{first.seen}; {beside}; {how}",
        wanted=WANTED,
        next_step=f"{LIMIT}; {EXEMPTION}",
        evidence=(("on", f"{shorten([node.name for node in nodes])} ({nodes[0].size or 'unknown size'})"),),
    )
    costs = cost_nodes(nodes, around, since)
    return Sighting(finding, first.owner or first.title, nodes[0].pool, costs, first.is_refused)


def _refused(one: LiveObject) -> Finding:
    return Finding(
        REFUSE_ID,
        "GPUNotRequested",
        Status.FAIL,
        "it targets a GPU pool and asks for no GPU; once enforced, the API server refuses it when it is made again",
        seen=f"{one.seen}; {'; '.join(one.targets)}",
        wanted=WANTED,
        next_step=f"{LIMIT}; {EXEMPTION}",
    )


def _undecided(one: LiveObject) -> Finding:
    return Finding(
        REFUSE_ID,
        "TargetUnknown",
        Status.UNKNOWN,
        "it asks for no GPU, and whether it targets a GPU pool cannot be told: no node of that pool or size is there",
        seen="; ".join(one.undecided),
        wanted="pools with at least one node, or their names",
        next_step="--gpu-pools NAME,NAME names the GPU pools; az aigpu nodepool list shows them",
    )
