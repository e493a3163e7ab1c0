"""Judges how far the agent's DaemonSet is, and which image its pods run. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aigpu_contract import labels
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Reading, Unknown
from aigpu_contract.rendering import clip, count, printable
from azext_aigpu.cluster.manifests.settings import AGENT, NAMESPACE, build_labels
from azext_aigpu.cluster.object_parts import items, mapping

NOWHERE = "AgentNowhere"
ROLLOUT_ID, IMAGE_ID = "agent-rollout", "agent-image"
STATUS = "az aigpu agent status"
"""The command that looks again. Which cluster is meant is added to it where that is known, in the handler."""

_PODS = f"kubectl get pods -n {NAMESPACE} -o wide"

COUNTS = {
    "desired": "desiredNumberScheduled",
    "ready": "numberReady",
    "updated": "updatedNumberScheduled",
    "available": "numberAvailable",
}
"""Our names of a DaemonSet's numbers of nodes. The API leaves a number out where it is 0."""

_STARTING = ("ContainerCreating", "PodInitializing", "")
"""Why a container waits that is only on its way."""

_MOST_RESTARTS = 2
_DIGEST = re.compile(r"@(sha256:[0-9a-f]{64})$")
_MOST_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class AgentPod:
    """What is kept of a pod of the agent. `trouble` is why it does not run, empty where it runs or is on its way."""

    name: str
    node: str
    image: str
    digest: str
    is_ready: bool
    trouble: str


@dataclass(frozen=True)
class Rollout:
    """The numbers of a DaemonSet; None where its controller has not counted it as it is now."""

    generation: int | None
    observed: int | None
    counts: Mapping[str, int | None]

    @property
    def is_counted(self) -> bool:
        """Return whether the numbers are those of the DaemonSet as it is now."""
        return self.generation is not None and self.observed is not None and self.observed >= self.generation


def parse_rollout(daemonset: Mapping[str, Any]) -> Rollout:
    """Return the numbers of a DaemonSet of the API."""
    status = mapping(daemonset, "status")
    generation = _number(mapping(daemonset, "metadata").get("generation"))
    counts = {ours: _number(status.get(theirs, 0)) for ours, theirs in COUNTS.items()}
    return Rollout(generation, _number(status.get("observedGeneration")), counts)


def parse_agent_pod(data: Mapping[str, Any]) -> AgentPod | None:
    """Return what is kept of a pod, None where it is none of the agent's."""
    metadata, spec, status = (mapping(data, key) for key in ("metadata", "spec", "status"))
    own = mapping(metadata, "labels")
    if any(own.get(key) != value for key, value in build_labels().items()):
        return None
    container = next(iter(items(spec, "containers")), {})
    seen = next((one for one in items(status, "containerStatuses") if one.get("name") == container.get("name")), {})
    conditions = {str(one.get("type")): one for one in items(status, "conditions")}
    digest = _DIGEST.search(str(seen.get("imageID") or ""))
    return AgentPod(
        name=str(metadata.get("name", "")),
        node=_node_of(spec),
        image=str(container.get("image") or ""),
        digest=digest[1] if digest else "",
        is_ready=mapping(conditions, "Ready").get("status") == "True" and not metadata.get("deletionTimestamp"),
        trouble=_trouble(status, seen, mapping(conditions, "PodScheduled")),
    )


def review_rollout(daemonset: Mapping[str, Any], pods: Reading[Sequence[AgentPod]], again: str) -> Iterator[Finding]:
    """Yield what keeps the agent from being ready on every node that is meant to have it; `again` installs it anew."""
    rollout = parse_rollout(daemonset)
    if not rollout.is_counted:
        yield _not_counted(rollout)
        return
    desired, ready = rollout.counts["desired"], rollout.counts["ready"]
    troubled = [] if isinstance(pods, Unknown) else [pod for pod in pods.value if pod.trouble]
    if troubled:
        yield _troubled(troubled, rollout)
    elif desired == 0:
        yield _nowhere(again)
    elif desired is None or any(number != desired for number in rollout.counts.values()):
        yield _not_ready(rollout, desired, ready)


def review_images(daemonset: Mapping[str, Any], pods: Reading[Sequence[AgentPod]]) -> Iterator[Finding]:
    """Yield that nodes run another image than the DaemonSet names, or several under one name."""
    if isinstance(pods, Unknown):
        yield Finding(
            IMAGE_ID,
            "InstallationUnreadable",
            Status.UNKNOWN,
            f"the agent's pods could not be read, so it is not known what runs on the nodes: {pods.reason}",
            wanted=f"the right to list pods in namespace {NAMESPACE}",
            next_step=f"kubectl auth can-i list pods -n {NAMESPACE}",
        )
        return
    spec = mapping(mapping(mapping(daemonset, "spec"), "template"), "spec")
    image = str(next(iter(items(spec, "containers")), {}).get("image") or "")
    asked = _DIGEST.search(image)
    # While a change is on its way, pods of before run the image of before.
    running = [pod for pod in pods.value if pod.is_ready and (pod.image == image or _is_rolled_out(daemonset))]
    digests = Counter(pod.digest for pod in running)
    names = Counter(pod.image for pod in running)
    if asked and any(digest != asked[1] for digest in digests):
        is_unknown = all(digest in (asked[1], "") for digest in digests)
        yield _other_image(digests, image, Status.UNKNOWN if is_unknown else Status.FAIL, is_by_digest=True)
    elif not asked and any(name != image for name in names):
        yield _other_image(names, image, Status.FAIL)
    elif not asked and len([digest for digest in digests if digest]) > 1:
        yield _other_image(digests, f"one image under the name {image}", Status.FAIL)


def list_digests(pods: Reading[Sequence[AgentPod]]) -> list[str]:
    """Return the digests of the images that the agent's pods run, each once."""
    return [] if isinstance(pods, Unknown) else sorted({pod.digest for pod in pods.value if pod.digest})


def _is_rolled_out(daemonset: Mapping[str, Any]) -> bool:
    rollout = parse_rollout(daemonset)
    return rollout.is_counted and rollout.counts["updated"] == rollout.counts["desired"]


def _not_counted(rollout: Rollout) -> Finding:
    return Finding(
        ROLLOUT_ID,
        "AgentStarting",
        Status.UNKNOWN,
        "the DaemonSet controller has not looked at the agent's DaemonSet as it is now: it was just made or changed, "
        "and nothing is known of its pods yet",
        seen=f"generation {_shown(rollout.generation)}, observed generation {_shown(rollout.observed)}",
        wanted="both the same",
        next_step=f"look again in a minute: {STATUS}; where it stays so, kube-controller-manager is ill",
    )


def _nowhere(again: str) -> Finding:
    return Finding(
        ROLLOUT_ID,
        NOWHERE,
        Status.UNKNOWN,
        "no node is meant to run the agent: either the GPU pools have no node now, or theirs carry no label of ours",
        seen="0 nodes",
        wanted=f"every GPU node: label {labels.SKU}, kubernetes.azure.com/accelerator=nvidia, or a pool that is named",
        next_step=f"az aigpu node list shows GPU nodes without an agent; name pools: {again} --gpu-pools NAME,NAME",
    )


def _troubled(pods: Sequence[AgentPod], rollout: Rollout) -> Finding:
    first = pods[0]
    kinds = Counter(pod.trouble.partition(":")[0] for pod in pods)
    told = ", ".join(f"{kind} on {number}" for kind, number in kinds.most_common())
    what = "describe" if not first.digest and "restarted" not in first.trouble else "logs --previous"
    return Finding(
        ROLLOUT_ID,
        "AgentNotReady",
        Status.FAIL,
        f"the agent does not run on {count(len(pods), 'node')}, and nothing is known of their GPUs: {told}",
        seen=f"{first.name} on {first.node or 'no node'}: {clip(first.trouble, _MOST_CHARACTERS)}; {_told(rollout)}",
        wanted=f"ready on {_shown(rollout.counts['desired'])}",
        next_step=f"kubectl {what}{' pod' if what == 'describe' else ''} -n {NAMESPACE} {first.name}",
    )


def _not_ready(rollout: Rollout, desired: int | None, ready: int | None) -> Finding:
    is_rolling = ready == desired
    problem = (
        "the nodes do not all run the agent as it was last installed: the change is still on its way"
        if is_rolling
        else f"the agent is ready on {_shown(ready)} of {_shown(desired)} nodes that are meant to have it, nothing is "
        "known of the others"
    )
    return Finding(
        ROLLOUT_ID,
        "AgentStarting" if is_rolling else "AgentNotReady",
        Status.UNKNOWN,
        problem,
        seen=_told(rollout),
        wanted=f"each of them {_shown(desired)}",
        next_step=f"look again in a few minutes: {STATUS}; which pods: {_PODS}; where pods are missing: "
        f"kubectl describe daemonset -n {NAMESPACE} {AGENT}",
    )


def _other_image(seen: Mapping[str, int], wanted: str, status: Status, is_by_digest: bool = False) -> Finding:
    by_digest = "install by a digest (--image NAME@sha256:...), which no registry can change, then: "
    told = ", ".join(f"{one or 'no digest'} on {number}" for one, number in sorted(seen.items()))
    return Finding(
        IMAGE_ID,
        "AgentImageDiffers",
        status,
        "nodes run another image of the agent than the one that was asked for"
        if status is Status.FAIL
        else "it cannot be told whether nodes run the image that was asked for",
        seen=told,
        wanted=wanted,
        next_step=f"see which: {_PODS}; {'' if is_by_digest else by_digest}"
        f"kubectl rollout restart daemonset -n {NAMESPACE} {AGENT}",
    )


def _node_of(spec: Mapping[str, Any]) -> str:
    """Return the node that a pod runs on; of one that is not scheduled yet, the node that it was made for."""
    required = mapping(
        mapping(mapping(spec, "affinity"), "nodeAffinity"), "requiredDuringSchedulingIgnoredDuringExecution"
    )
    terms = items(required, "nodeSelectorTerms")
    fields = [one for term in terms for one in items(term, "matchFields") if one.get("key") == "metadata.name"]
    made_for = fields[0].get("values") if fields else None
    return str(spec.get("nodeName") or (made_for[0] if isinstance(made_for, list) and made_for else ""))


def _trouble(status: Mapping[str, Any], seen: Mapping[str, Any], scheduled: Mapping[str, Any]) -> str:
    """Return why a pod does not run, in a word and the cluster's own sentence."""
    if status.get("phase") == "Failed":
        return _joined(status.get("reason") or "Failed", status.get("message"))
    if scheduled.get("status") == "False":
        return _joined(scheduled.get("reason") or "Unschedulable", scheduled.get("message"))
    waiting = mapping(mapping(seen, "state"), "waiting")
    if str(waiting.get("reason") or "") not in _STARTING:
        return _joined(waiting.get("reason"), waiting.get("message"))
    restarts = _number(seen.get("restartCount")) or 0
    if restarts > _MOST_RESTARTS and seen.get("ready") is not True:
        return f"restarted {restarts} times"
    return ""


def _joined(word: object, sentence: object) -> str:
    return printable(f"{word}: {sentence}" if sentence else str(word))


def _told(rollout: Rollout) -> str:
    return ", ".join(f"{name} {_shown(number)}" for name, number in rollout.counts.items())


def _shown(number: int | None) -> str:
    return "none" if number is None else str(number)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
