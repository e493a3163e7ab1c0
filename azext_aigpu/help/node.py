"""Help of `az aigpu node`."""

from __future__ import annotations

from knack.help_files import helps

helps["aigpu node"] = """
type: group
short-summary: See what the agents proved of the GPU nodes, and what of it may still be believed.
"""

helps["aigpu node list"] = """
type: command
short-summary: List the GPU nodes of a cluster with their verdict, proof and counts of GPUs.
long-summary: >
    Reads nodes, the agents' Leases and the ConfigMap aigpu-intent with kubectl, page by page, and installs nothing. A
    node is True only while its agent is heard and nothing contradicts it: a True whose Lease is older than it holds is
    Unknown, and so is a node without an agent or without a declared intent. Three counts stand side by side: GPUs by
    intent, by NVML, and what the kubelet offers. Drivers that differ within one node image version are told, and what
    each pool costs now and at most; how far a pool may grow is known with -g and --cluster-name alone.


    Exit codes with --check: 0 every GPU node is True; 4 one is not; 5 that could not be judged, as when the Leases
    cannot be read or there is no GPU node. Ages count from the API server's clock.
examples:
  - name: The fleet as a table, by the kubeconfig that kubectl takes.
    text: az aigpu node list -o table
  - name: In a pipeline - go on only when every GPU node is proven.
    text: az aigpu node list --check --query "[?ready!='True'].[name, reason, message]" -o tsv
  - name: Count the pool named train too, whatever its labels say.
    text: az aigpu node list --gpu-pools train -o table
"""

helps["aigpu node show"] = """
type: command
short-summary: Show one node, what its agent proved, and why it is believed or not.
long-summary: Exits 3 where there is no such node.
examples:
  - name: One node as facts, a line each.
    text: az aigpu node show -n aks-gpu-0 -o table
  - name: Only the verdict, and exit code 4 unless it is True.
    text: az aigpu node show -n aks-gpu-0 --check --query "[ready, reason, message]" -o tsv
"""
