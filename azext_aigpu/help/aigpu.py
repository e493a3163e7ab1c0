"""Help of `az aigpu` itself."""

from __future__ import annotations

from knack.help_files import helps

helps["aigpu"] = """
type: group
short-summary: AKS GPU node pools that are what was asked for.
long-summary: >
    A node pool that was meant to have GPUs and has none does not fail: the job falls back to the CPU and runs for
    days. `az aigpu` refuses such a pool before anything is sent to Azure, shows what a pool will cost, writes down on
    the pool which GPUs its nodes must have, and compares what Azure made with what was asked for.


    Options have the names they have in `az aks nodepool`. Defaults of your own: `az config set aigpu.KEY=VALUE` with
    the keys required_tags, max_hourly_cost, allowed_models, min_driver, taint, agent_image, prices_url,
    plan_hours, kubectl.


    A verdict is PASS, WARN, UNKNOWN or FAIL. UNKNOWN says that something could not be looked at or judged; it is never
    taken for a pass.


    Exit codes: 0 done; 1 refused, or an error; 2 bad usage; 3 not found; 4 a check found something; 5 it could not
    judge.
"""
