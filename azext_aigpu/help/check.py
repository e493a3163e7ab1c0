"""Help of `az aigpu check`."""

from __future__ import annotations

from knack.help_files import helps

helps["aigpu check"] = """
type: command
short-summary: Judge the GPU pools in Terraform plans, ARM templates and what-if results, before they are made.
long-summary: >
    Every AKS node pool, virtual machine and scale set in the documents is held to the rules of
    `az aigpu nodepool add`. No login is needed, and nothing is asked, unless --online is given. What a pool is meant
    to be is told by its labels, by its taint, or by --gpu-pools. A GPU size that says nothing of this is UNKNOWN; a
    pool with neither is counted as not reviewed. A value that is known only after it is applied makes the rules that
    need it UNKNOWN, never passed.


    Exit codes: 0 nothing found; 4 a rule failed; 5 something could not be judged; 2 bad usage, or a document that
    cannot be read.
examples:
  - name: Judge a Terraform plan, and show the outcome as a table.
    text: az aigpu check --tfplan plan.json -o table
  - name: Judge compiled Bicep with its parameters, and write SARIF for the pull request.
    text: az aigpu check --template main.json --template-parameters main.parameters.json --sarif aigpu.sarif
  - name: Judge what a deployment would change, with quota and availability.
    text: az aigpu check --what-if what-if.json --online --location eastus
  - name: Say which pool is meant to have GPUs, where the plan does not.
    text: az aigpu check --tfplan plan.json --gpu-pools gpu
"""
