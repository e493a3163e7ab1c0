"""The ValidatingAdmissionPolicy `aigpu-agent-own-node`: what RBAC cannot say of the agent. Pure.

RBAC lets the agent patch nodes, all of them and every field that a patch can reach. This policy holds it to its own
node (by the claim that Kubernetes puts into the token of a pod since 1.30), and there to its condition, its label, its
annotations and its two NoSchedule taints. A token without that claim may write nothing. It judges nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aigpu_contract import labels
from azext_aigpu.cluster.admission.cel import list_of, quote
from azext_aigpu.cluster.admission.objects import build_binding_object, build_policy_object, build_resource_rule

NAME = "aigpu-agent-own-node"
AGENT = "aigpu-agent"
USER = f"system:serviceaccount:{labels.NAMESPACE}:{AGENT}"
NODE_CLAIM = "authentication.kubernetes.io/node-name"
ANNOTATION_PREFIX = "aigpu.io/"
BUDGET_PREFIX = "taint-budget-"
"""Leases of this name are slots of the taint budget, which the agents of a pool share."""

_EFFECT = "NoSchedule"
_WRITES = ("CREATE", "UPDATE", "DELETE")
_SERVER_KEPT = ("managedFields", "resourceVersion", "generation")
"""Fields of metadata that the API server itself changes with every write."""


def build_policy() -> dict[str, Any]:
    """Return the policy."""
    resource_rules = (
        build_resource_rule("", ("nodes", "nodes/*", "events"), _WRITES),
        build_resource_rule("coordination.k8s.io", ("leases",), _WRITES),
    )
    judging = {
        "matchConditions": [{"name": "is-the-agent", "expression": f"request.userInfo.username == {quote(USER)}"}],
        "variables": [{"name": name, "expression": text} for name, text in _VARIABLES.items()],
        "validations": [{**one, "reason": "Forbidden"} for one in _validations()],
    }
    return build_policy_object(NAME, resource_rules, judging)


def build_binding() -> dict[str, Any]:
    """Return the binding: it denies from the first day, and without exception."""
    return build_binding_object(NAME, ("Deny", "Audit"), {})


def _validations() -> Iterable[dict[str, str]]:
    yield _rule(
        "variables.node != ''",
        f"the token of {AGENT} does not say on which node its pod runs, so it may write nothing. Wanted: the claim "
        f"{NODE_CLAIM}, which the projected token of a pod carries on Kubernetes 1.30 or newer",
    )
    yield {
        "expression": "variables.isOwn",
        "message": f"{AGENT} may write only about its own node",
        "messageExpression": (
            f"{quote(AGENT + ' on node ')} + variables.node + ' may not write ' + request.resource.resource + ' ' + "
            "variables.name + ': it writes its own node, the Lease of that name, the Leases of the taint budget, and "
            "events about its node'"
        ),
    }
    yield _rule(
        f"request.resource.resource != 'leases' || request.operation == 'DELETE' || "
        f"!variables.name.startsWith({quote(BUDGET_PREFIX)}) || "
        "dyn(object).?spec.?holderIdentity.orValue(variables.node) == variables.node",
        f"{AGENT} may take a place of the taint budget for its own node only",
    )
    yield _rule("!variables.isNode || request.operation == 'UPDATE'", f"{AGENT} may neither make nor delete nodes")
    for name, of in (("labels", labels.DRIVER), ("annotations", ANNOTATION_PREFIX + "*")):
        yield _node_rule(_same_but_own(name), f"{AGENT} may change no {name} of a node but {of}")
    yield _node_rule(
        _same_fields("metadata", ("labels", "annotations", *_SERVER_KEPT)),
        f"{AGENT} may change nothing of a node's metadata but its label and its annotations",
    )
    yield _node_rule(
        _same_fields("spec", ("taints",)),
        f"{AGENT} may change nothing of a node's spec but its own taints: it never cordons",
    )
    yield _node_rule(
        f"{_foreign_taints('before')} == {_foreign_taints('after')}",
        f"{AGENT} may change no taint of a node but its two, {labels.STARTUP_TAINT_KEY} and {labels.STATUS_TAINT_KEY}, "
        f"both {_EFFECT}",
    )
    yield _node_rule(
        _same_fields("status", ("conditions",)),
        f"{AGENT} may change nothing of a node's status but its condition",
    )
    yield _node_rule(
        f"{_foreign_conditions('before')} == {_foreign_conditions('after')}",
        f"{AGENT} may change no condition of a node but {labels.CONDITION_TYPE}",
    )


def _rule(expression: str, message: str) -> dict[str, str]:
    return {"expression": expression, "message": message}


def _node_rule(expression: str, message: str) -> dict[str, str]:
    return _rule(f"!variables.isNode || ({expression})", message)


def _same_fields(part: str, but: Iterable[str]) -> str:
    """Return an expression for: `part` of the node is as before, fields that no version has yet among it."""
    before, after = f"variables.before.?{part}.orValue({{}})", f"variables.after.?{part}.orValue({{}})"
    return _same_maps(before, after, f"k in {list_of(but)}")


def _same_but_own(name: str) -> str:
    before, after = (f"variables.{when}.metadata.?{name}.orValue({{}})" for when in ("before", "after"))
    own = f"k == {quote(labels.DRIVER)}" if name == "labels" else f"k.startsWith({quote(ANNOTATION_PREFIX)})"
    return _same_maps(before, after, own)


def _same_maps(before: str, after: str, is_free: str) -> str:
    return (
        f"{after}.all(k, {is_free} || (k in {before} && {before}[k] == {after}[k])) &&\n"
        f"  {before}.all(k, {is_free} || k in {after})"
    )


def _foreign_taints(when: str) -> str:
    keys = list_of((labels.STARTUP_TAINT_KEY, labels.STATUS_TAINT_KEY))
    return f"variables.{when}.?spec.?taints.orValue([]).filter(t, !(t.key in {keys} && t.effect == {quote(_EFFECT)}))"


def _foreign_conditions(when: str) -> str:
    return f"variables.{when}.?status.?conditions.orValue([]).filter(c, c.type != {quote(labels.CONDITION_TYPE)})"


_VARIABLES = {
    "node": f"request.userInfo.?extra[?{quote(NODE_CLAIM)}][?0].orValue('')",
    # An object that is to be made with generateName has no name yet.
    "name": "request.operation == 'DELETE' ? request.name : dyn(object).metadata.?name.orValue('')",
    "isNode": "request.resource.resource == 'nodes'",
    "before": "dyn(oldObject)",
    "after": "dyn(object)",
    "isOwn": (
        "variables.node != '' && (\n"
        "  variables.isNode ? variables.name == variables.node :\n"
        f"  request.resource.resource == 'leases' ? request.namespace == {quote(labels.NAMESPACE)} &&\n"
        f"    (variables.name == variables.node || variables.name.startsWith({quote(BUDGET_PREFIX)})) :\n"
        "  request.operation != 'DELETE' && [dyn(object), dyn(oldObject)].all(e, e == null ||\n"
        "    (e.involvedObject.?kind.orValue('') == 'Node' && e.involvedObject.?name.orValue('') == variables.node)))"
    ),
}
