"""Help of `az aigpu scan`."""

from __future__ import annotations

from knack.help_files import helps

helps["aigpu scan"] = """
type: command
short-summary: Find GPU money that runs on CPUs - with a kubeconfig alone, nothing installed.
long-summary: >
    Reads nodes, pods and workloads with kubectl and changes nothing. Found are pods on GPU pools that ask for no GPU,
    pools that are declared to have GPUs and whose nodes offer none, workloads that the admission policy would refuse
    once it is enforced, and GPUs that nobody asks for; each with what the nodes cost an hour and have cost so far, by
    the label aigpu.io/price-hour or else by dated list prices. Each finding says how to repair it, and how to exempt
    what is meant. What each GPU pool costs now and at most is told too; how far it may grow is known with -g and
    --cluster-name alone.


    Exit codes: 0 nothing wrong; 4 something is wrong; 5 something could not be read or told - it is listed, and never
    counted as clean.
examples:
  - name: A cluster as a table, by the kubeconfig that kubectl takes.
    text: az aigpu scan -o table
  - name: The pools named gpu and a100 are GPU pools, whatever their labels say.
    text: az aigpu scan --gpu-pools gpu,a100 -o table
  - name: What enforcing would refuse, and the namespace it is in.
    text: az aigpu scan --query "findings[?enforcingRefuses].[what, seen]" -o tsv
"""
