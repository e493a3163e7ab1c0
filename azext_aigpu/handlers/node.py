"""`az aigpu node` list and show: what the agents proved, and what of it may still be believed."""

from __future__ import annotations

from typing import Any

from aigpu_contract.rendering import count, render_findings
from azext_aigpu.cluster import node_rows
from azext_aigpu.cluster.fleet import Fleet, read_fleet, read_one
from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from azext_aigpu.cluster.node_verdict import is_gpu_node
from azext_aigpu.cluster.pool_costs import cost_pools, render_pool_costs
from azext_aigpu.exit_code import end_with
from azext_aigpu.handlers.reaching import Place, reach, read_azure_pools
from azext_aigpu.handlers.session import Session, open_session

NODES_THERE = "See what there is: az aigpu node list --all   for the same cluster."


def list_nodes(
    cmd: Any,
    kubeconfig: str | None = None,
    context: str | None = None,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    gpu_pools: frozenset[str] | None = None,
    show_all: bool = False,
    check: bool = False,
) -> list[dict[str, Any]]:
    """Return a row for every GPU node of the cluster."""
    session = open_session(cmd)
    place = Place(kubeconfig, context, resource_group_name, cluster_name)
    in_azure = read_azure_pools(session, place)
    with reach(session, place) as kubectl:
        fleet = read_fleet(kubectl, session.limits.taint.key, gpu_pools or frozenset())
    rows = node_rows.build_rows(fleet.nodes, fleet.around, show_all)
    _tell(session, fleet, rows)
    costs = cost_pools([node for node in fleet.nodes if is_gpu_node(node, fleet.around)], fleet.around, in_azure)
    if costs:
        session.say(render_pool_costs(costs, in_azure))
    if check:
        end_with(cmd.cli_ctx, node_rows.exit_code_of_check(rows, fleet.around))
    return rows


def show_node(
    cmd: Any,
    node_name: str,
    kubeconfig: str | None = None,
    context: str | None = None,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    check: bool = False,
) -> dict[str, Any]:
    """Return one node, whether or not it is meant to have GPUs."""
    session = open_session(cmd)
    with reach(session, Place(kubeconfig, context, resource_group_name, cluster_name)) as kubectl:
        fleet = _read_one(kubectl, node_name, session.limits.taint.key)
    row = node_rows.build_row(fleet.nodes[0], fleet.around)
    for warning in fleet.warnings:
        session.say(warning)
    if check:
        end_with(cmd.cli_ctx, node_rows.exit_code_of_check([row], fleet.around))
    return row


def _read_one(kubectl: Kubectl, name: str, taint_key: str) -> Fleet:
    try:
        return read_one(kubectl, name, taint_key)
    except KubectlError as error:
        if error.kind == "not-found":
            raise KubectlError(error.kind, error.text, NODES_THERE, error.reason) from error
        raise


def _tell(session: Session, fleet: Fleet, rows: list[dict[str, Any]]) -> None:
    for warning in fleet.warnings:
        session.say(warning)
    findings = render_findings(node_rows.find_driver_skew(rows))
    if findings:
        session.say(findings)
    if any(row["ready"] is not None for row in rows):
        session.say(node_rows.summarize(rows))
    else:
        session.say(
            f"Of {count(len(fleet.nodes), 'node')} none is meant to have GPUs or has any. --gpu-pools NAME names pools "
            "whose nodes are meant to, --all shows every node."
        )
