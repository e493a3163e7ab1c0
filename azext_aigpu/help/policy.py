"""Help of `az aigpu policy`."""

from __future__ import annotations

from knack.help_files import helps

helps["aigpu policy"] = """
type: group
short-summary: Azure Policy for GPU sizes and tags, out of the catalogue.
"""

helps["aigpu policy show"] = """
type: command
short-summary: Show the policy definitions as they would be written today.
long-summary: >
    Four definitions: sizes of AKS node pools; sizes, retired sizes and a required tag of virtual machines and scale
    sets. Nothing is asked; nobody has to be signed in.
examples:
  - name: The definitions as a table.
    text: az aigpu policy show -o table
  - name: The rule of one of them.
    text: az aigpu policy show -n aigpu-aks-pool-sizes --query "[0].policyRule"
"""

helps["aigpu policy create"] = """
type: command
short-summary: Write and assign the policies, where they are not there already.
long-summary: >
    Names stay, and only what differs is written: run the same command again when the catalogue has grown. Options that
    are left out the second time are taken back, and each change is told. Definitions live at the
    subscription or management group, assignments at a resource group too. The default effect reports and refuses
    nothing. With Deny, the existing node pools, machines and scale sets that it would break are listed first, and it
    asks; where they cannot be read, nothing is written. What each policy sees and misses is in
    docs/how-to/govern-a-subscription.md.


    Exit codes: 0 done; 1 refused; 5 it is not known what a Deny would break.
examples:
  - name: Report what does not fit, in the whole subscription.
    text: az aigpu policy create --required-tags cost-center -o table
  - name: See what would be written and what a Deny would break, and write nothing.
    text: az aigpu policy create --effect Deny --gpu-pool-names 'gpu*' --dry-run -o table
  - name: Allow two models, and refuse the rest, in a management group.
    text: az aigpu policy create --management-group ml --allowed-models a100 h100 --effect Deny --yes -o table
"""

helps["aigpu policy list"] = """
type: command
short-summary: List the policies of this tool at a scope, and whether they are those of today.
examples:
  - name: The subscription in use, as a table.
    text: az aigpu policy list -o table
  - name: What is assigned at a resource group, with its parameters.
    text: az aigpu policy list -g rg-train --query "[?kind=='assignment']"
"""

helps["aigpu policy delete"] = """
type: command
short-summary: Delete the assignments of this tool at a scope, and definitions that nothing else uses.
examples:
  - name: Without being asked.
    text: az aigpu policy delete --yes
  - name: Only what is assigned at a resource group.
    text: az aigpu policy delete -g rg-train --yes -o table
"""
