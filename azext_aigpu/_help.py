"""What `az aigpu ... --help` says. azure-cli reads it out of `helps` when this module is imported.

The examples run as they stand against the local Azure (`python -m testbeds.local_azure`), and a test runs them.
"""

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
    the keys required_tags, max_hourly_cost, allowed_models, min_driver, taint, agent_image, prices_url.


    Exit codes: 0 done; 1 refused, or an error; 2 bad usage; 3 not found.
"""

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
    nodes must have, and an OS disk of 256 GB.


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
    look at a changed field are asked.
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
examples:
  - name: One pool with all its properties.
    text: az aigpu nodepool show -g rg-train --cluster-name aks-train -n gpu
  - name: Only what this tool adds - GPUs, cost, findings.
    text: az aigpu nodepool show -g rg-train --cluster-name aks-train -n gpu --query aigpu
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

helps["aigpu sku"] = """
type: group
short-summary: Look up VM sizes with GPUs - what they have, where they can be had, what they cost.
"""

helps["aigpu sku list"] = """
type: command
short-summary: List VM sizes with NVIDIA GPUs.
long-summary: >
    With a region, the catalogue is joined with what the region offers your subscription, the nodes that your quota
    still holds, and the price. That a size is available says nothing on free capacity: no API of Azure tells that.
examples:
  - name: All sizes with A100 GPUs, from the catalogue alone.
    text: az aigpu sku list --gpu-model a100 -o table
  - name: Sizes with one GPU that can be had in a region, with quota and price.
    text: az aigpu sku list --location eastus --gpu-count 1 -o table
  - name: Every row of the catalogue, sizes without CUDA and retired ones too.
    text: az aigpu sku list --all -o table
"""

helps["aigpu sku show"] = """
type: command
short-summary: Show one VM size.
examples:
  - name: What the catalogue knows of a size.
    text: az aigpu sku show --size Standard_NC24ads_A100_v4
  - name: The same, with availability, quota and price in a region.
    text: az aigpu sku show --size Standard_NC24ads_A100_v4 --location eastus -o table
"""
