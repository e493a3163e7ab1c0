"""`az aigpu scan`: a kubeconfig, nothing installed, and what of a cluster's GPU money runs on CPUs."""

from __future__ import annotations

from typing import Any

from azext_aigpu.cluster import scan_report
from azext_aigpu.cluster.scanning import scan_cluster
from azext_aigpu.exit_code import end_with
from azext_aigpu.handlers.reaching import Place, reach, read_gpu_pools
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
    in_azure = read_gpu_pools(session, place)
    with reach(session, place) as kubectl:
        found = scan_cluster(kubectl, session.limits.taint.key, gpu_pools or frozenset(), empty_pools=in_azure)
    for warning in found.warnings:
        session.say(warning)
    session.say(scan_report.render_report(found))
    end_with(cmd.cli_ctx, scan_report.exit_code_of(found))
    return scan_report.build_report(found)
