"""The ValidatingAdmissionPolicy `aigpu-gpu-pods`: `reverse_rule` in CEL, for pods and for what holds templates. Pure.

A pod is judged when it is created; a workload also when its pod template changes, so that objects from before the
policy can still be labelled, restarted and deleted. A DaemonSet is not judged, nor a pod that its controller made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aigpu_contract import labels, skus
from aigpu_contract.visible_devices import CUDA_DEVICE, VOID
from azext_aigpu.cluster.admission import reverse_rule as rule
from azext_aigpu.cluster.admission.cel import list_of, quote, templates_at, tidy
from azext_aigpu.cluster.admission.objects import build_binding_object, build_policy_object, build_resource_rule
from azext_aigpu.cluster.admission.workload_kinds import POD, WORKLOADS

NAME = "aigpu-gpu-pods"
ENFORCING = ("Deny", "Audit")
WATCHING = ("Warn", "Audit")

EXEMPT_NAMESPACES = labels.EXEMPT_NAMESPACES

_WANTED = (
    "Wanted: a limit such as nvidia.com/gpu: 1 on the container that computes; or, for a helper that needs no GPU, the "
    f"annotation {labels.CPU_ONLY_ANNOTATION} with a reason and {rule.NVIDIA_VISIBLE}={VOID} in every container. "
    "Next: az aigpu job check --file FILE"
)
_NO_REQUEST = (
    "no container limits nvidia.com/gpu, nvidia.com/gpu.shared or nvidia.com/mig-*, and none names a ResourceClaim"
)


def build_policy(pools: rule.GpuPools) -> dict[str, Any]:
    """Return the policy for a cluster whose GPU pools are told by `pools`."""
    judging = {
        "matchConditions": [
            # Finalizers are taken off objects that are being deleted: that must always work.
            {"name": "not-being-deleted", "expression": "!has(object.metadata.deletionTimestamp)"},
        ],
        "variables": [{"name": name, "expression": tidy(text)} for name, text in _variables(pools).items()],
        "validations": [
            {
                "expression": "variables.wrong.size() == 0",
                "messageExpression": _message(),
                "message": f"a pod that targets a GPU pool asks for no GPU. {_WANTED}",
                "reason": "Forbidden",
            }
        ],
        "auditAnnotations": [
            {"key": "targets", "valueExpression": "variables.wrong.size() == 0 ? '' : variables.why.join(', ')"}
        ],
    }
    return build_policy_object(NAME, _resource_rules(), judging)


def build_binding(enforce: bool, exempt_namespaces: Iterable[str] = ()) -> dict[str, Any]:
    """Return the binding: every namespace but the exempt ones; it warns and audits until `enforce` says to deny."""
    exempt = list(dict.fromkeys((*EXEMPT_NAMESPACES, *exempt_namespaces)))
    by_name = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": exempt}
    where = {"matchResources": {"namespaceSelector": {"matchExpressions": [by_name]}}}
    return build_binding_object(NAME, ENFORCING if enforce else WATCHING, where)


def _resource_rules() -> Iterable[dict[str, Any]]:
    yield build_resource_rule(POD.group, (POD.resource,), ("CREATE",), POD.versions)
    by_group: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for workload in WORKLOADS:
        by_group.setdefault((workload.group, workload.versions), []).append(workload.resource)
    for (group, versions), resources in by_group.items():
        yield build_resource_rule(group, resources, ("CREATE", "UPDATE"), versions)


def _variables(pools: rule.GpuPools) -> Mapping[str, str]:
    return {
        "kind": "request.kind.group + '/' + request.kind.kind",
        "sizes": list_of(sorted(sku.size.lower() for sku in skus.all_skus() if sku.is_cuda_gpu)),
        "pools": list_of(sorted(pools.names or ())),
        # The object as it is to be, and as it was.
        "objects": "[dyn(object)] + (oldObject == null ? [] : [dyn(oldObject)])",
        "templates": f"variables.objects.map(o, {_templates('o')}.filter(t, t.hasValue()).map(t, t.value()))",
        # A template is judged once: when it comes. `kubectl rollout restart` changes an annotation of it alone.
        "judged": (
            "variables.templates[0].filter(t, variables.templates.size() == 1 ||\n"
            f"  !variables.templates[1].exists(b, {_SAME}))"
        ),
        "wrong": (
            f"variables.judged.filter(t,\n  ({_targets(pools)}) &&\n  !{_ASKS} &&\n"
            f"  !{_IS_OF_DAEMONSET} &&\n  !({_IS_CPU_ONLY} &&\n    {_NOT_VOID}.size() == 0))"
        ),
        "why": _why(pools),
        "blanked": f"variables.wrong[0].?spec.?containers.orValue([]).filter(c, {_CLAIMS_GPU}).map(c, c.name)",
        "visible": f"[variables.wrong[0]].map(t, {_IS_CPU_ONLY} ? {_NOT_VOID}.map(c, c.name) : [])[0]",
    }


def _templates(root: str) -> str:
    """Return an expression for the list of optional pod templates of `root`, by its kind."""
    kinds: dict[tuple[str, ...], list[str]] = {}
    for one in (POD, *WORKLOADS):
        kinds.setdefault(one.places, []).append(f"{one.group}/{one.kind}")
    lines = [
        f"variables.kind in {list_of(names)} ?\n    " + " +\n    ".join(templates_at(root, place) for place in places)
        for places, names in kinds.items()
    ]
    return "(\n  " + " :\n  ".join(lines) + " :\n  [])"


def _message() -> str:
    """Return an expression for: what is wrong, what was seen, what is wanted, what to do next."""
    no_request = quote(_NO_REQUEST)
    hidden = quote("CUDA_VISIBLE_DEVICES hides the GPU that is asked for, in container ")
    not_void = quote(
        f"; the annotation {labels.CPU_ONLY_ANNOTATION} is there, but {rule.NVIDIA_VISIBLE}={VOID} is not set in "
        "container "
    )
    return (
        "request.kind.kind + ': a pod that targets a GPU pool (' + variables.why.join(', ') + "
        "') asks for no GPU, so it would run on the CPU of a GPU node. Seen: ' + (\n"
        f"  variables.blanked.size() > 0 ? {hidden} + variables.blanked.join(', ') :\n"
        f"  variables.visible.size() > 0 ? {no_request} + {not_void} + variables.visible.join(', ') :\n"
        f"  {no_request}\n) + {quote('. ' + _WANTED)}"
    )


def _why(pools: rule.GpuPools) -> str:
    """Return an expression for what sends the first wrong template to a GPU pool, in the words of `list_targets`."""
    return (
        "[variables.wrong[0]].map(t,\n"
        f"  ({_tolerates(pools)} ? [{quote('toleration ' + pools.taint_key)}] : []) +\n"
        f"  {_SELECTOR}.filter(k, {_IS_GPU_SELECTOR}).map(k, 'nodeSelector ' + k + '=' + {_SELECTED}) +\n"
        f"  {_TERMS}.map(term, {_EXPRESSIONS}.filter(e, {_IS_GPU_EXPRESSION})\n"
        "    .map(e, 'required affinity ' + e.key).join(', ')).filter(text, text != '')\n"
        ")[0]"
    )


def _targets(pools: rule.GpuPools) -> str:
    return (
        f"{_tolerates(pools)} ||\n   {_SELECTOR}.exists(k, {_IS_GPU_SELECTOR}) ||\n"
        f"   {_TERMS}.exists(term, {_EXPRESSIONS}.exists(e, {_IS_GPU_EXPRESSION}))"
    )


def _tolerates(pools: rule.GpuPools) -> str:
    return f"t.?spec.?tolerations.orValue([]).exists(o, o.?key.orValue('') == {quote(pools.taint_key)})"


def _gpu_value(key: str, value: str) -> str:
    """Return an expression for: nodes whose label `key` is `value` are GPU nodes."""
    fixed = " || ".join(f"({key} == {quote(name)} && {value} == {quote(gpu)})" for name, gpu in rule.GPU_LABELS.items())
    return (
        f"{_gpu_alone(key)} ||\n      {fixed} ||\n"
        f"      ({key} in {list_of(rule.POOL_KEYS)} && {value} in variables.pools) ||\n"
        f"      ({key} in {list_of(rule.INSTANCE_TYPE_KEYS)} && {value}.lowerAscii() in variables.sizes)"
    )


def _gpu_alone(key: str) -> str:
    """Return an expression for: only GPU nodes have the label `key` at all."""
    return f"{key} == {quote(rule.ACCELERATOR)} || {key}.startsWith({quote(rule.CONTRACT_PREFIX)})"


def _last(variable: str, test: str) -> str:
    """Return an expression for: the last entry of the environment variable is a literal whose value `v` passes."""
    found = f"c.?env.orValue([]).filter(n, n.?name.orValue('') == {quote(variable)})"
    last = "f[f.size() - 1]"
    return (
        f"[{found}]\n      .exists(f, f.size() > 0 && !has({last}.valueFrom) && "
        f"[{last}.?value.orValue('')].exists(v, {test}))"
    )


_SAME = (
    "b.?spec == t.?spec && "
    f"b.?metadata.?annotations[?{quote(labels.CPU_ONLY_ANNOTATION)}] == "
    f"t.?metadata.?annotations[?{quote(labels.CPU_ONLY_ANNOTATION)}]"
)
_SELECTOR = "t.?spec.?nodeSelector.orValue({})"
_SELECTED = "t.spec.nodeSelector[k]"
_IS_GPU_SELECTOR = _gpu_value("k", _SELECTED)
_TERMS = (
    "t.?spec.?affinity.?nodeAffinity.?requiredDuringSchedulingIgnoredDuringExecution.?nodeSelectorTerms.orValue([])"
)
_EXPRESSIONS = "term.?matchExpressions.orValue([])"
_KEY = "e.?key.orValue('')"
_IS_GPU_EXPRESSION = (
    f"\n    (e.?operator.orValue('') == 'Exists' && ({_KEY} in {list_of(rule.GPU_LABELS)} || {_gpu_alone(_KEY)})) ||\n"
    f"    (e.?operator.orValue('') == 'In' && e.?values.orValue([]).exists(v, {_gpu_value(_KEY, 'v')}))"
)
_AMOUNT = "string(c.resources.limits[r])"
_CLAIMS_GPU = (
    f"c.?resources.?claims.orValue([]).size() > 0 || c.?resources.?limits.orValue({{}}).exists(r, "
    f"(r in {list_of(rule.GPU_RESOURCES)} || r.startsWith({quote(rule.MIG_PREFIX)})) && "
    f"isQuantity({_AMOUNT}) && quantity({_AMOUNT}).isGreaterThan(quantity('0')))"
)
# CUDA reads up to the first entry that names no device, so a bad first one hides them all.
_IS_BLANKED = _last(
    rule.CUDA_VISIBLE,
    f"!v.contains({quote(rule.REFERENCE)}) && !v.split(',')[0].trim().matches({quote(f'^({CUDA_DEVICE})$')})",
)
_ASKS = f"t.?spec.?containers.orValue([]).exists(c,\n    !{_IS_BLANKED} &&\n    ({_CLAIMS_GPU}))"
_IS_OF_DAEMONSET = (
    "t.?metadata.?ownerReferences.orValue([]).exists(o, "
    "o.?kind.orValue('') == 'DaemonSet' && o.?controller.orValue(false))"
)
_IS_CPU_ONLY = f"t.?metadata.?annotations[?{quote(labels.CPU_ONLY_ANNOTATION)}].orValue('').trim() != ''"
_NOT_VOID = (
    "(t.?spec.?initContainers.orValue([]) + t.?spec.?containers.orValue([]))"
    f".filter(c, !({_last(rule.NVIDIA_VISIBLE, f'v == {quote(VOID)}')}))"
)
