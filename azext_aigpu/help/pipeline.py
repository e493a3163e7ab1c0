"""Help of `az aigpu pipeline`."""

from __future__ import annotations

from knack.help_files import helps

helps["aigpu pipeline"] = """
type: group
short-summary: Plan, approve and apply GPU node pools by pull request.
"""

helps["aigpu pipeline show"] = """
type: command
short-summary: Write the script of a pipeline, or the wrapper that runs it on a code host.
long-summary: >
    On a pull request the script plans, keeps the plan as an artifact and writes its digest and the difference as a
    comment. Once somebody has approved, it applies that plan, and no other. The wrappers sign in by OpenID Connect,
    without a password, with one identity that may read to plan, and another that may write to apply.
examples:
  - name: The script.
    text: az aigpu pipeline show --format script --file aigpu-gate.sh
  - name: What runs it as a workflow of GitHub Actions.
    text: az aigpu pipeline show --format github
  - name: What runs it in Azure Pipelines.
    text: az aigpu pipeline show --format azure-pipelines
"""
