"""`az aigpu agent` show, install, status and uninstall: the agent, its rights and the two admission policies."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, NoReturn

from aigpu_contract.exit_codes import EXIT_COULD_NOT_JUDGE, EXIT_NOT_FOUND
from aigpu_contract.finding import Finding
from aigpu_contract.labels import INTENT_CONFIGMAP, Taint
from aigpu_contract.reading import Known
from aigpu_contract.rendering import count, render_findings
from azext_aigpu._errors import refuse, stop
from azext_aigpu.cluster.agent import installation, status, traces
from azext_aigpu.cluster.agent.policies import DENY, WARN
from azext_aigpu.cluster.agent.record import render_options
from azext_aigpu.cluster.agent.review import list_obstacles
from azext_aigpu.cluster.agent.rollout import STATUS
from azext_aigpu.cluster.agent.status import Installation
from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from azext_aigpu.cluster.manifests.objects import build_list, render_json, render_yaml
from azext_aigpu.cluster.manifests.settings import AGENT, BASE, CONDITION, NAMESPACE, AgentSettings
from azext_aigpu.cluster.pool_costs import NOT_ASKED
from azext_aigpu.exit_code import end_with
from azext_aigpu.handlers.reaching import Place, names_of, reach, read_azure_pools
from azext_aigpu.handlers.session import Session, open_session
from azext_aigpu.text_files import print_text, write_text
from azext_aigpu.usage import UsageError

JSON = "json"
HALF_UNINSTALLED = (
    "Parts of it may be gone by now, and until it is done nodes may keep taints and conditions of the agent. "
    "The same command again goes on."
)
NO_IMAGE = (
    "No image was given, and there is no default one: nobody but you can say whom your nodes are to trust.",
    (
        "Build it into your own registry: docs/how-to/build-the-agent-image.md. Then: "
        "--image REGISTRY/aigpu-agent:VERSION   or once and for all: az config set aigpu.agent_image=..."
    ),
)


@dataclass(frozen=True)
class Asked:
    """The options that say what an installation is to be, as they were given."""

    image: str | None = None
    profile: str = BASE
    mode: str = CONDITION
    gpu_pools: frozenset[str] | None = None
    taint: Taint | None = None
    tolerate: tuple[str, ...] = ()
    exempt_namespaces: tuple[str, ...] = ()
    enforce: bool = False
    with_device_plugin: bool = False
    with_monitoring: str | None = None


@dataclass(frozen=True)
class Removed:
    """What `uninstall` did: whether objects were there, on how many nodes something was, what it left, what stayed."""

    was_there: bool
    nodes: int
    keeps_intent: bool
    remains: tuple[str, ...]


def show_agent(cmd: Any, format: str | None = None, file: str | None = None, **kwargs: Any) -> None:  # noqa: A002
    """Write what `install` would apply, as one List, to stdout or a file."""
    session = open_session(cmd)
    document = build_list(_settings(session, Asked(**kwargs), frozenset()))
    text = render_json(document) if format == JSON else render_yaml(document)
    if file:
        write_text(file, text, "--file")
        session.say(f"Wrote {file}. Apply it: kubectl apply --server-side -f {file}")
    else:
        print_text(text)


def install_agent(
    cmd: Any,
    kubeconfig: str | None = None,
    context: str | None = None,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    via: str | None = None,
    force_conflicts: bool = False,
    **kwargs: Any,
) -> dict[str, Any]:
    """Apply everything, once nothing stands in the way; return the status."""
    session = open_session(cmd)
    place = Place(kubeconfig, context, resource_group_name, cluster_name, via)
    asked = Asked(**kwargs)
    in_azure = read_azure_pools(session, place)
    settings = _settings(session, asked, names_of(session, in_azure))
    with reach(session, place) as kubectl:
        _check(kubectl, settings, place)
        installation.apply_agent(kubectl, settings, force_conflicts)
        with installation.told_how_to_go_on(f"It was applied. See what is there: {_status_command(place)}"):
            found = status.read_installation(kubectl, settings)
    if found is None:
        refuse(f"The DaemonSet {NAMESPACE}/{AGENT} was applied and is not there. Look: kubectl get events -A")
    _tell_installed(session, settings, found, place)
    findings = _tell_findings(session, found, place)
    is_sure = asked.gpu_pools is not None or isinstance(in_azure, Known) or in_azure == NOT_ASKED
    end_with(cmd.cli_ctx, status.exit_code_of_install(findings) or (0 if is_sure else EXIT_COULD_NOT_JUDGE))
    return status.build_status(found, findings)


def show_status(
    cmd: Any,
    kubeconfig: str | None = None,
    context: str | None = None,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    via: str | None = None,
) -> dict[str, Any]:
    """Return what is installed and what is wrong with it; exits 3 where nothing is, else 4 and 5 by the findings."""
    session = open_session(cmd)
    place = Place(kubeconfig, context, resource_group_name, cluster_name, via)
    with reach(session, place) as kubectl:
        found = status.read_installation(kubectl)
    if found is None:
        _not_installed(place)
    findings = _tell_findings(session, found, place)
    end_with(cmd.cli_ctx, status.exit_code_of(findings))
    return status.build_status(found, findings)


def uninstall_agent(
    cmd: Any,
    kubeconfig: str | None = None,
    context: str | None = None,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    via: str | None = None,
) -> None:
    """Take the agent off the cluster, then what it left on nodes, then its rights; what stays is said."""
    session = open_session(cmd)
    place = Place(kubeconfig, context, resource_group_name, cluster_name, via)
    with reach(session, place) as kubectl, installation.told_how_to_go_on(HALF_UNINSTALLED):
        removed = _remove(kubectl, AgentSettings(image="-"))
    if removed.remains:
        refuse(
            f"Of what az aigpu agent install makes, this is there again or still: {', '.join(removed.remains)}.\n"
            "Does something apply it (GitOps)? Take it out there first, then the same command again."
        )
    _tell_removed(session, removed)


def _remove(kubectl: Kubectl, settings: AgentSettings) -> Removed:
    # An agent that still runs would put its condition back.
    had_agent = installation.delete_daemonsets(kubectl, settings)
    left = traces.read_traces(kubectl)
    traces.remove_traces(kubectl, left)
    had_others = installation.delete_others(kubectl, settings)
    keeps_intent = _has_intent(kubectl)
    if keeps_intent:
        installation.delete_leases(kubectl)
    else:
        installation.delete_namespace(kubectl)
    remains = installation.list_remains(kubectl, settings, keeps_intent)
    return Removed(had_agent or had_others, len(left), keeps_intent, tuple(remains))


def _tell_removed(session: Session, removed: Removed) -> None:
    if removed.was_there or removed.nodes:
        session.say(f"Removed the agent, and what it had written on {count(removed.nodes, 'node')}.")
    else:
        session.say("There was nothing of the agent on this cluster. Is it the one that is meant?")
    session.say("Nothing watches GPU nodes now, and jobs that ask for no GPU are neither warned of nor refused.")
    if removed.keeps_intent:
        session.say(
            f"Left is the namespace {NAMESPACE} with {INTENT_CONFIGMAP}, the intent of pools that other tools made. "
            f"Remove it too: kubectl delete namespace {NAMESPACE}"
        )


def _tell_findings(session: Session, found: Installation, place: Place) -> tuple[Finding, ...]:
    """Say what is wrong with an installation, or not known of it, and return that."""
    again = f"az aigpu agent install{render_options(found.settings)}{place.options}"
    looking = _status_command(place)
    findings = tuple(
        dataclasses.replace(one, next_step=one.next_step.replace(STATUS, looking))
        for one in status.review_installation(found, again)
    )
    if findings:
        session.say(render_findings(findings))
    return findings


def _status_command(place: Place) -> str:
    return f"az aigpu agent status{place.options}"


def _scan_command(place: Place) -> str:
    return f"az aigpu scan{dataclasses.replace(place, via=None).options}"


def _settings(session: Session, asked: Asked, known_pools: frozenset[str]) -> AgentSettings:
    """Return the settings of an installation. Raises UsageError where no image is named."""
    image = asked.image or session.settings.agent_image
    if image is None:
        raise UsageError(*NO_IMAGE)
    return AgentSettings(
        image=image,
        profile=asked.profile,
        mode=asked.mode,
        taint_key=(asked.taint or session.settings.taint).key,
        gpu_pools=tuple(sorted(known_pools if asked.gpu_pools is None else asked.gpu_pools)),
        tolerated=asked.tolerate,
        exempt_namespaces=asked.exempt_namespaces,
        min_driver=session.settings.min_driver,
        enforce=asked.enforce,
        device_plugin=asked.with_device_plugin,
        monitoring=asked.with_monitoring,
    )


def _check(kubectl: Kubectl, settings: AgentSettings, place: Place) -> None:
    """End the command where something stands in the way; nothing has been applied by then."""
    version = installation.read_version(kubectl)
    obstacles = list_obstacles(settings, version, installation.read_daemonsets(kubectl))
    if obstacles:
        refuse("\n".join(obstacles) + "\nNothing was applied.")
    if settings.enforce:
        _check_enforceable(kubectl, settings, place)


def _check_enforceable(kubectl: Kubectl, settings: AgentSettings, place: Place) -> None:
    from azext_aigpu.cluster.scan_report import render_refusals
    from azext_aigpu.cluster.scanning import would_refuse

    found = would_refuse(kubectl, settings.taint_key, frozenset(settings.gpu_pools), settings.exempt_namespaces)
    if not (found.refused or found.unknown):
        return
    refuse(render_refusals(found, _scan_command(place)))


def _tell_installed(session: Session, settings: AgentSettings, found: Installation, place: Place) -> None:
    """Say what was done, and of the rule only what was read back."""
    does = {DENY: "refuses", WARN: "warns of"}.get(status.reverse_action(found))
    rule = f" The API server {does} pods that target a GPU pool and ask for no GPU." if does else ""
    session.say(f"Applied to {NAMESPACE}.{rule}")
    if not settings.enforce:
        session.say(f"Refuse them, once {_scan_command(place)} finds none: the same command again, with --enforce")
    session.say(f"Follow it: {_status_command(place)}")


def _has_intent(kubectl: Kubectl) -> bool:
    """Return whether the namespace holds intent that somebody wrote; where that is unknown, it is kept."""
    try:
        kubectl.get_raw(f"/api/v1/namespaces/{NAMESPACE}/configmaps/{INTENT_CONFIGMAP}")
    except KubectlError as error:
        return error.kind != "not-found"
    return True


def _not_installed(place: Place) -> NoReturn:
    stop(
        f"The agent is not installed: there is no DaemonSet {NAMESPACE}/{AGENT}.\n"
        f"Install it: az aigpu agent install{place.options}",
        EXIT_NOT_FOUND,
    )
