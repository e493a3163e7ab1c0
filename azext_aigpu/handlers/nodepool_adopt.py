"""`az aigpu nodepool adopt`: writes down what a pool that another tool owns is meant to be; the pool stays as it is."""

from __future__ import annotations

from typing import Any

from aigpu_contract.labels import INTENT_CONFIGMAP, NAMESPACE
from aigpu_contract.rendering import render_findings
from azext_aigpu import adoption, inventory
from azext_aigpu._errors import refuse
from azext_aigpu.adoption import FIELD_MANAGER, Intent
from azext_aigpu.cloud.facts import Pool
from azext_aigpu.cloud.pools import read_pool
from azext_aigpu.cluster.intents import apply_intent
from azext_aigpu.cluster.manifests.objects import render_yaml
from azext_aigpu.export import bicep, terraform
from azext_aigpu.export.formats import CONFIGMAP, TERRAFORM
from azext_aigpu.handlers.reaching import Place, reach
from azext_aigpu.handlers.session import Session, known, open_session
from azext_aigpu.spec import PoolSpec
from azext_aigpu.text_files import print_text
from azext_aigpu.usage import UsageError


def adopt_nodepool(
    cmd: Any,
    resource_group_name: str,
    cluster_name: str,
    nodepool_name: str,
    gpu_model: str | None = None,
    gpu_count: int | None = None,
    expect_size: str | None = None,
    format: str = CONFIGMAP,  # noqa: A002  the option's name
    apply: bool = False,
    kubeconfig: str | None = None,
    context: str | None = None,
    via: str | None = None,
) -> None:
    """Write the ConfigMap, or the lines for the owner's source, to stdout; with `apply` also to the cluster."""
    intent = Intent(gpu_model, gpu_count, expect_size)
    where = Place(kubeconfig, context, via=via)
    _check_options(intent, format, apply, where)
    session = open_session(cmd)
    pool = known(read_pool(session.connect(), resource_group_name, cluster_name, nodepool_name))
    adopted = _judge(session, pool, intent, resource_group_name, cluster_name)
    contract = adoption.build_contract(adopted)
    if adoption.declares_itself(adopted):
        session.say("The pool's own labels declare its GPUs already; the agent takes those, and not the ConfigMap.")
    if apply:
        named = Place(None, None, resource_group_name, cluster_name, via)
        with reach(session, where if kubeconfig or context else named) as kubectl:
            apply_intent(kubectl, pool.name, contract)
        session.say(f"Applied to {NAMESPACE}/{INTENT_CONFIGMAP}, key {pool.name}. The pool itself was not changed.")
    _print(session, adopted, contract, format)


def _check_options(intent: Intent, form: str, apply: bool, where: Place) -> None:
    if not intent.size and not (intent.gpu_model and intent.gpu_count):
        raise UsageError(
            "What the pool is meant to be was not said, and it is not taken from the pool itself.",
            "Give the size: --expect-size Standard_NC24ads_A100_v4   or a node's GPUs: --gpu-model a100 --gpu-count 1",
        )
    if apply and form != CONFIGMAP:
        raise UsageError(
            f"--apply writes the ConfigMap, and --format {form} is for the source of the pool's owner.",
            "Leave one of them out.",
        )
    if where.options and not apply:
        raise UsageError(f"{where.options.strip()} says where to apply, and nothing is applied.", "Add --apply.")
    if where.via and (where.kubeconfig or where.context):
        raise UsageError(f"--via {where.via} goes through Azure, and a kubeconfig was given.", "Leave one of them out.")


def _judge(session: Session, pool: Pool, intent: Intent, group: str, cluster: str) -> PoolSpec:
    """Return the pool by the user's words; exits 1 where it cannot be what they say."""
    spec = known(inventory.spec_of(pool, group, cluster, session.limits))
    adopted = adoption.build_adopted(spec, intent)
    stops = adoption.review_adopted(adopted)
    wrong = list(adoption.list_contradictions(spec, intent, adoption.build_contract(adopted)))
    told = [*(f"  {text}" for text in wrong), *([render_findings(stops)] if stops else [])]
    if told or not adoption.build_contract(adopted):
        head = f"Node pool '{pool.name}' is not what was said about it; nothing was written."
        refuse(
            "\n".join(
                [head, *told, "Put it right in the source of the tool that owns it, or say what it is meant to be."]
            )
        )
    return adopted


def _print(session: Session, adopted: PoolSpec, contract: dict[str, str], form: str) -> None:
    name = adopted.name
    if form == CONFIGMAP:
        print_text(render_yaml(adoption.build_configmap(name, contract)))
        session.say(
            f"Apply it: kubectl apply --server-side --field-manager={FIELD_MANAGER}{name} -f FILE   or let it be done: "
            "--apply\nBetter still, the pool says it itself; the lines for its source: --format terraform | bicep"
        )
        return
    lines = adoption.build_lines(adopted, contract)
    write = terraform.write_lines if form == TERRAFORM else bicep.write_lines
    print_text(write(lines.labels, lines.taints))
    session.say(
        "Put these lines into the pool's own source; what it has already is among them. Pods that do not tolerate "
        f"{adopted.limits.taint} are not scheduled onto it any more."
    )
