"""`az aigpu scan`: a kubeconfig, nothing installed, and what of a cluster's GPU money runs on CPUs."""

from __future__ import annotations

from typing import Any

from azext_aigpu.cluster import scan_report
from azext_aigpu.cluster.pool_costs import cost_pools, render_pool_costs
from azext_aigpu.cluster.scanning import scan_cluster
from azext_aigpu.exit_code import end_with
from azext_aigpu.handlers.reaching import Place, names_of, reach, read_azure_pools
from azext_aigpu.handlers.session import open_session


def scan(
    cmd: Any,
    kubeconfig: str | None = None,
    context: str | None = None,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    gpu_pools: frozenset[str] | None = None,
) -> dict[str, Any]:
    """Return what was found; ends with 4 for findings, 5 where something could not be judged."""
    session = open_session(cmd)
    place = Place(kubeconfig, context, resource_group_name, cluster_name)
    in_azure = read_azure_pools(session, place)
    names = names_of(session, in_azure)
    with reach(session, place) as kubectl:
        found = scan_cluster(kubectl, session.limits.taint.key, gpu_pools or frozenset(), empty_pools=names)
    pools = cost_pools(found.pool_nodes, found.state.around, in_azure)
    for warning in found.warnings:
        session.say(warning)
    session.say(scan_report.render_report(found))
    costs = render_pool_costs(pools, in_azure)
    if costs:
        session.say(costs)
    end_with(cmd.cli_ctx, scan_report.exit_code_of(found))
    return scan_report.build_report(found, pools)
