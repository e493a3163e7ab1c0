"""What is on a cluster of an installation, held to what was asked for: read here, judged by the modules beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from aigpu_contract.exit_codes import EXIT_COULD_NOT_JUDGE, EXIT_FINDINGS, EXIT_OK
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cluster.admission import own_node_policy, reverse_policy
from azext_aigpu.cluster.agent.coverage import parse_linux_node, review_coverage
from azext_aigpu.cluster.agent.objects import Identity, Object
from azext_aigpu.cluster.agent.plugin import list_plugins, review_kept_off, review_plugins
from azext_aigpu.cluster.agent.policies import POLICY_ID, UNCHECKED, action_of, review_type_checks
from azext_aigpu.cluster.agent.reading import read_objects
from azext_aigpu.cluster.agent.record import (
    derive_settings,
    find_record,
    find_version,
    parse_record,
    read_argument,
)
from azext_aigpu.cluster.agent.review import DaemonSetFacts, parse_daemonset
from azext_aigpu.cluster.agent.rollout import (
    NOWHERE,
    AgentPod,
    list_digests,
    parse_agent_pod,
    parse_rollout,
    review_images,
    review_rollout,
)
from azext_aigpu.cluster.agent.sameness import OBJECTS_ID, review_objects, review_record
from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from azext_aigpu.cluster.manifests import device_plugin
from azext_aigpu.cluster.manifests.objects import build_objects
from azext_aigpu.cluster.manifests.settings import AGENT, NAMESPACE, TAINT, AgentSettings
from azext_aigpu.cluster.node_facts import NodeFacts
from azext_aigpu.cluster.object_parts import items, mapping
from azext_aigpu.cluster.paging import read_list

T = TypeVar("T")

_AGENT_PATH = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets/{AGENT}"
_PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
_DAEMONSETS = "/apis/apps/v1/daemonsets"
_NODES = "/api/v1/nodes"
_PLUGIN = ("apps/v1", "DaemonSet", NAMESPACE, device_plugin.NAME)
_POLICIES = "admissionregistration.k8s.io/v1"


@dataclass(frozen=True)
class Installation:
    """An installation as the API server has it, and what it was asked to be.

    `record` is what `install` wrote down, None where it wrote nothing.
    """

    agent: Object
    settings: AgentSettings
    record: Reading[AgentSettings] | None
    objects: Mapping[Identity, Reading[Object | None]]
    pods: Reading[Sequence[AgentPod]]
    daemonsets: Reading[Sequence[DaemonSetFacts]]
    nodes: Reading[Sequence[NodeFacts]]

    def policy(self, name: str) -> tuple[Reading[Object | None], Reading[Object | None]]:
        """Return an admission policy and its binding."""
        kinds = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
        policy, binding = (self.objects.get((_POLICIES, kind, "", name), Known(None)) for kind in kinds)
        return policy, binding


def read_installation(kubectl: Kubectl, asked: AgentSettings | None = None) -> Installation | None:
    """Return what is installed, None where the agent is not. Raises KubectlError where that cannot be told.

    `asked` is what it is held to; without it, what was written down when it was installed.
    """
    agent = _read_agent(kubectl)
    if agent is None:
        return None
    record = _read_record(agent) if asked is None else Known(asked)
    guess = record.value if isinstance(record, Known) else derive_settings(agent, None, has_plugin=True)
    objects = read_objects(kubectl, list_looked_at(guess))
    settings = guess if isinstance(record, Known) else _complete(agent, objects)
    # The nodes before the pods: a node that is seen has had its pod made by then.
    nodes = _attempt(kubectl, _NODES, parse_linux_node)
    pods = _attempt(kubectl, _PODS, parse_agent_pod)
    daemonsets = _attempt(kubectl, _DAEMONSETS, parse_daemonset)
    return Installation(agent, settings, record, objects, pods, daemonsets, nodes)


def list_looked_at(settings: AgentSettings) -> Sequence[Object]:
    """Return the objects that are read: those that the settings want, and those that no settings must have left. Pure.

    Of monitoring only what was asked for: its kinds are not served everywhere.
    """
    return build_objects(settings.widest)


def review_installation(found: Installation, again: str) -> tuple[Finding, ...]:
    """Return what is wrong with an installation, or not known of it; `again` is the command that installs it anew."""
    return tuple(sorted(_review(found, again), key=lambda one: -one.status))


def build_status(found: Installation, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the status as data."""
    spec = mapping(mapping(mapping(found.agent, "spec"), "template"), "spec")
    container = next(iter(items(spec, "containers")), {})
    plugins = list_plugins(found.daemonsets)
    return {
        "namespace": NAMESPACE,
        "image": container.get("image"),
        "imageDigests": list_digests(found.pods),
        "mode": read_argument(container, "mode"),
        "profile": "watch" if spec.get("hostPID") else "base",
        "nodes": parse_rollout(found.agent).counts,
        "reverseRule": reverse_action(found),
        "ownNodePolicy": action_of(own_node_policy.NAME, *found.policy(own_node_policy.NAME)),
        "devicePlugin": plugins[0].to_json() if plugins else None,
        "verdict": worst_of(findings).name,
        "problems": [one.to_json() for one in findings],
    }


def reverse_action(found: Installation) -> str:
    """Return what the API server does with a pod that breaks the reverse rule."""
    return action_of(reverse_policy.NAME, *found.policy(reverse_policy.NAME))


def worst_of(findings: Sequence[Finding]) -> Status:
    """Return the worst status; PASS where everything was read and nothing was found."""
    return max((one.status for one in findings), default=Status.PASS)


def exit_code_of(findings: Sequence[Finding]) -> int:
    """Return 4 where something is wrong, 5 where something is not known, else 0."""
    codes = {Status.FAIL: EXIT_FINDINGS, Status.UNKNOWN: EXIT_COULD_NOT_JUDGE}
    return codes.get(worst_of(findings), EXIT_OK)


def exit_code_of_install(findings: Sequence[Finding]) -> int:
    """Return the same for an installation that was made just now: pods on their way are no fault of it.

    Of what is not known only the objects and policies count, which were written a moment ago.
    """
    of_install = (OBJECTS_ID, POLICY_ID)
    return exit_code_of(
        [one for one in findings if one.status is Status.FAIL or (one.id in of_install and one.reason != UNCHECKED)]
    )


def _review(found: Installation, again: str) -> Iterator[Finding]:
    yield from review_record(found.record, again)
    yield from review_objects(build_objects(found.settings), found.objects, again, find_version(found.agent))
    for name in (own_node_policy.NAME, reverse_policy.NAME):
        yield from review_type_checks(found.policy(name)[0])
    bare = list(review_coverage(found.nodes, found.pods, found.settings, again)) if _is_counted(found) else []
    yield from bare
    # Where GPU nodes are seen, it is known why the agent is nowhere.
    is_told = any(one.status is Status.FAIL for one in bare)
    yield from (
        one for one in review_rollout(found.agent, found.pods, again) if not (is_told and one.reason == NOWHERE)
    )
    yield from review_images(found.agent, found.pods)
    yield from review_plugins(found.daemonsets, found.nodes if _is_short(found) else None, again)
    if found.settings.mode == TAINT:
        yield from review_kept_off(found.daemonsets)


def _read_agent(kubectl: Kubectl) -> Object | None:
    try:
        answer = kubectl.get_raw(_AGENT_PATH)
    except KubectlError as error:
        if error.kind == "not-found":
            return None
        raise
    if not isinstance(answer, dict):
        raise KubectlError("other", f"The answer to GET {_AGENT_PATH} is no object.")
    return answer


def _read_record(agent: Object) -> Reading[AgentSettings] | None:
    text = find_record(agent)
    if text is None:
        return None
    try:
        return Known(parse_record(text))
    except (ValueError, RecursionError) as error:
        return Unknown(str(error))


def _complete(agent: Object, objects: Mapping[Identity, Reading[Object | None]]) -> AgentSettings:
    """Return the settings with what only the other objects tell: what a violation leads to, and a device plugin."""
    binding = objects.get((_POLICIES, "ValidatingAdmissionPolicyBinding", "", reverse_policy.NAME))
    plugin = objects.get(_PLUGIN)
    return derive_settings(
        agent,
        binding.value if isinstance(binding, Known) else None,
        has_plugin=isinstance(plugin, Known) and plugin.value is not None,
    )


def _is_counted(found: Installation) -> bool:
    return parse_rollout(found.agent).is_counted


def _is_short(found: Installation) -> bool:
    """Return whether device plugins are meant for fewer nodes than the agent, so that only the nodes can tell."""
    desired = parse_rollout(found.agent).counts["desired"]
    return desired is None or sum(one.desired or 0 for one in list_plugins(found.daemonsets)) < max(desired, 1)


def _attempt(kubectl: Kubectl, path: str, reduce: Callable[[Object], T | None]) -> Reading[Sequence[T]]:
    try:
        return Known(read_list(kubectl, path, reduce))
    except KubectlError as error:
        return Unknown(error.text.rstrip("."))
