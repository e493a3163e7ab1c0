"""Help of `az aigpu nodepool`."""

from __future__ import annotations

from knack.help_files import helps

helps["aigpu nodepool"] = """
type: group
short-summary: Make, look at, change and delete GPU node pools of AKS clusters.
"""

helps["aigpu nodepool add"] = """
type: command
short-summary: Create one GPU node pool, or refuse it and say why.
long-summary: >
    There is no default VM size: name one, or name the GPUs and let the size be found. With neither a count nor bounds
    the pool scales between 0 and 5 nodes. It gets a taint that keeps other work away, labels that say which GPUs its
    nodes must have, and an OS disk of 256 GB. Whatever else is left out is left to AKS and its own defaults.


    Before anything is sent, rules look at the size, the region, the quota, the cost and the tags. Nothing is sent when
    one of them fails; some of them can be waived with a reason. The cost is always shown.
examples:
  - name: Up to two nodes with one A100 each, none while nothing runs on them.
    text: >
        az aigpu nodepool add -g rg-train --cluster-name aks-west -n a100
        --node-vm-size Standard_NC24ads_A100_v4 --max-count 2
  - name: Name the GPUs, and let the size be found.
    text: >
        az aigpu nodepool add -g rg-train --cluster-name aks-west -n onea100
        --gpu-model a100 --gpu-count 1 --node-count 1
  - name: Only show the plan and what it would cost.
    text: >
        az aigpu nodepool add -g rg-train --cluster-name aks-west -n plan
        --node-vm-size Standard_NC24ads_A100_v4 --dry-run
  - name: Go from zone to zone, and then to a second size, until there is room; at most 20 dollars an hour.
    text: >
        az aigpu nodepool add -g rg-train --cluster-name aks-west -n anyroom --node-vm-size Standard_NC24ads_A100_v4
        --node-count 1 --try-zones 1 2 3 --try-sizes Standard_NC48ads_A100_v4 --max-hourly-cost 20
  - name: A part of a GPU on purpose, with the reason kept as a tag of the pool.
    text: >
        az aigpu nodepool add -g rg-train --cluster-name aks-train -n notebooks --node-vm-size Standard_NV6ads_A10_v5
        --node-count 1 --waive "fractional-gpu=notebooks need little"
"""

helps["aigpu nodepool update"] = """
type: command
short-summary: Change what is named of one GPU node pool, and nothing else.
long-summary: >
    The pool is read, the named fields are changed, and the whole is written back, only while nobody else changed it.
    Given labels, taints or tags replace your own ones; those that make the pool a GPU pool stay. Only the rules that
    look at a changed field are asked. Without an option to change anything the pool is sent as it is, which has Azure
    bring it to its goal state, as az aks nodepool update does; where all that is named is so already nothing is sent.
examples:
  - name: Let the autoscaler make up to three nodes.
    text: az aigpu nodepool update -g rg-train --cluster-name aks-train -n gpu -e --min-count 0 --max-count 3
  - name: Give long jobs two hours before an upgrade takes their node.
    text: az aigpu nodepool update -g rg-train --cluster-name aks-train -n gpu --drain-timeout 120
  - name: Only show what a change of labels would do.
    text: az aigpu nodepool update -g rg-train --cluster-name aks-train -n gpu --labels team=vision --dry-run
"""

helps["aigpu nodepool list"] = """
type: command
short-summary: List the GPU node pools of a cluster, whoever made them.
long-summary: >
    A pool is listed when its labels or its taint say that it is meant to have GPUs, or when its size has them. A pool
    that is meant to have them and has none is listed with the verdict FAIL.
examples:
  - name: All GPU pools of a cluster as a table.
    text: az aigpu nodepool list -g rg-train --cluster-name aks-train -o table
  - name: The names of the pools that the rules find fault with.
    text: az aigpu nodepool list -g rg-train --cluster-name aks-train --query "[?verdict=='FAIL'].name" -o tsv
"""

helps["aigpu nodepool show"] = """
type: command
short-summary: Show one node pool, and what the rules say about it.
long-summary: Exits 3 where there is no such pool. What the rules say does not change the exit code; check does that.
examples:
  - name: One pool with all its properties.
    text: az aigpu nodepool show -g rg-train --cluster-name aks-train -n gpu
  - name: Only what this tool adds - GPUs, cost, findings.
    text: az aigpu nodepool show -g rg-train --cluster-name aks-train -n gpu --query aigpu
"""

helps["aigpu nodepool check"] = """
type: command
short-summary: Judge the GPU pools that run, whoever made them, in a cluster or in all subscriptions.
long-summary: >
    Without a cluster, one question to Azure Resource Graph covers the subscription in use, all of them
    (--all-subscriptions) or a management group; it lags behind Azure by a minute or so. A scope that cannot be read is
    listed and UNKNOWN.


    With --spec the pools are held against specs too, read from AKS itself: each property that differs, and each pool
    that is not there, is a finding. Pools that no spec names are counted and named. The next step is
    az aigpu nodepool plan over the same files.


    Exit codes: 0 nothing found; 4 a rule failed or a pool drifted; 5 something could not be judged; 3 no such
    cluster.
examples:
  - name: The pools of one cluster as a table.
    text: az aigpu nodepool check -g rg-train --cluster-name aks-train -o table
  - name: Every subscription, with SARIF for a dashboard.
    text: az aigpu nodepool check --all-subscriptions --sarif aigpu.sarif
  - name: A management group; a part of a GPU is fine there.
    text: az aigpu nodepool check --management-group ml --waive "fractional-gpu=notebooks need little"
  - name: Whether the pools still are what their specs ask for.
    text: az aigpu nodepool check --spec examples/pools.yaml --overlay examples/prod.yaml -o table
"""

helps["aigpu nodepool plan"] = """
type: command
short-summary: Show what specs would make of their clusters, with findings and cost, and change nothing.
long-summary: >
    A spec is a YAML document of kind GpuNodePool: see docs/reference/spec.md and the folder examples. Shown are pools
    to create, to update in place, those that could only be replaced (named, never done), those that are as they should
    be, and the pools of the named clusters that no spec names, which are left alone. Every rule judges what would be
    made or changed.


    With --plan-file the plan is kept, with a digest over all of it: whoever approves the plan approves that digest, and
    apply carries out nothing else. A plan holds for 24 hours (az config set aigpu.plan_hours=24).


    Exit codes: 0 planned; with --exit-code 4 where something would change; 1 refused by a rule; 2 a spec is wrong; 3 no
    such cluster.
examples:
  - name: What one environment's specs would change.
    text: az aigpu nodepool plan --file examples/dev.yaml -o table
  - name: Keep the plan for review, and end with 4 where it changes anything.
    text: >
        az aigpu nodepool plan --file examples/pools.yaml --overlay examples/staging.yaml
        --plan-file gpu-plan.json --exit-code
"""

helps["aigpu nodepool apply"] = """
type: command
short-summary: Carry out the plan that was approved, and nothing else.
long-summary: >
    The digest is the approval: a plan that was edited, that is another one, that has expired, or that was made for
    another cloud is refused. Every pool is read again: where anything that the plan looked at has moved, nothing is
    sent (the number of nodes under the autoscaler apart). Every rule judges again right before each request. Pools of
    one cluster are written one after the other, clusters side by side. What Azure made is read back and compared. A
    pool is never replaced.


    Exit codes: 0 everything is done; 1 refused, or something is not done - the outcome of each pool says which; 2 the
    file is no plan. To go on, make a new plan.
examples:
  - name: Apply the plan whose digest was approved in the pull request.
    text: az aigpu nodepool apply --plan-file gpu-plan.json --digest "$DIGEST"
  - name: In a pipeline that nobody watches, with a table of outcomes.
    text: az aigpu nodepool apply --plan-file gpu-plan.json --digest "$DIGEST" --yes -o table
"""

helps["aigpu nodepool export"] = """
type: command
short-summary: Write a GPU node pool that exists as a spec, as Terraform, as Bicep or for Karpenter.
long-summary: >
    What Azure adds by itself is left out, and so is what the form cannot hold; each is named, in the document too. A
    spec plans to no change. Terraform comes with the block that imports the pool. A pool that the rules would not let
    be made is refused, and so is one of which nobody has said that it is meant to have GPUs.


    With --location it is a pool for a cluster of another region: zones, subnets and groups of the old region are left
    out and named, and availability, quota and price are looked up there. Exit code 5 where they could not be.
examples:
  - name: A spec, for nodepool plan.
    text: az aigpu nodepool export -g rg-train --cluster-name aks-train -n gpu --file gpu.yaml
  - name: Terraform that takes the pool over.
    text: az aigpu nodepool export -g rg-train --cluster-name aks-train -n gpu --format terraform
  - name: The same pool for another region, as Bicep.
    text: az aigpu nodepool export -g rg-train --cluster-name aks-train -n gpu --format bicep --location westeurope
  - name: NodePool and AKSNodeClass for node auto-provisioning.
    text: az aigpu nodepool export -g rg-train --cluster-name aks-train -n gpu --format karpenter
"""

helps["aigpu nodepool adopt"] = """
type: command
short-summary: Write down what a pool that another tool owns is meant to be, without changing the pool.
long-summary: >
    Such a pool carries no labels of aigpu, so the agent cannot tell what its nodes must have, and says UNKNOWN. adopt
    writes the ConfigMap aigpu-intent, which the agent reads, or the lines that the owner's source needs so that the
    pool says it itself. What the pool is meant to be has to be said: it is held against the pool's size, and never
    taken from it. A size without CUDA GPUs, or one that is not what was said, is refused.
examples:
  - name: The ConfigMap, to look at or to put into GitOps.
    text: az aigpu nodepool adopt -g rg-train --cluster-name aks-train -n gpu --gpu-model t4 --gpu-count 1
  - name: The lines for the Terraform source of the pool.
    text: >
        az aigpu nodepool adopt -g rg-train --cluster-name aks-train -n gpu --expect-size Standard_NC4as_T4_v3
        --format terraform
  - name: The same for Bicep.
    text: >
        az aigpu nodepool adopt -g rg-train --cluster-name aks-train -n gpu --expect-size Standard_NC4as_T4_v3
        --format bicep
"""

helps["aigpu nodepool delete"] = """
type: command
short-summary: Delete one GPU node pool and its nodes.
long-summary: A pool that is no GPU pool is left alone; `az aks nodepool delete` is there for it.
examples:
  - name: Delete a pool without being asked.
    text: az aigpu nodepool delete -g rg-train --cluster-name aks-train -n gpu --yes
  - name: Delete a pool, and do not wait for the end of it.
    text: az aigpu nodepool delete -g rg-train --cluster-name aks-train -n gpu --yes --no-wait
"""

helps["aigpu nodepool wait"] = """
type: command
short-summary: Wait until a node pool is created, updated, there or gone.
long-summary: >
    Unlike other wait commands of the Azure CLI, this one ends with an error when the time has run out or the pool has
    Failed: time gone by proves nothing.
examples:
  - name: Wait for a pool that was created with --no-wait, at most half an hour.
    text: az aigpu nodepool wait -g rg-train --cluster-name aks-train -n gpu --created --timeout 1800
  - name: Look every second until a pool is there.
    text: az aigpu nodepool wait -g rg-train --cluster-name aks-train -n gpu --exists --interval 1
"""
