"""Help of `az aigpu sku`."""

from __future__ import annotations

from knack.help_files import helps

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


    Exit codes: 0 done; 2 bad usage, no such region, or GPUs that no size has.
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
short-summary: Show one VM size with its GPUs.
long-summary: >
    With a region, also whether the region offers the size to your subscription, the nodes that your quota still holds,
    and the price.


    Exit codes: 0 done; 2 bad usage, or no such region; 3 the catalogue has no such size.
examples:
  - name: What the catalogue knows of a size.
    text: az aigpu sku show --size Standard_NC24ads_A100_v4
  - name: The same, with availability, quota and price in a region.
    text: az aigpu sku show --size Standard_NC24ads_A100_v4 --location eastus -o table
"""

helps["aigpu sku find"] = """
type: command
short-summary: Find where a GPU can be had - every size that has it, over regions, by price.
long-summary: >
    Each row is a size in a region that offers it: restrictions, zones, how many more nodes the vCPU quota holds, the
    price of a node and of one GPU an hour, lifecycle, and the driver line. Regions are read in parallel and kept for an
    hour in the configuration folder of az; each row tells its age. A region that cannot be read is a row that says so.
    No API tells free capacity: a create may fail where every row says yes.


    Exit codes: 0 done; 2 bad usage, or no such region; 5 no region is known to have the GPU, and one could not be
    read.
examples:
  - name: Eight H100 in one node, in three regions, as a table.
    text: az aigpu sku find --gpu-model h100 --gpu-count 8 -l eastus westeurope swedencentral -o table
  - name: The cheapest A100 on spot in any region that has quota for it.
    text: az aigpu sku find --gpu-model a100 --spot --query "[?quotaNodes].[region, size, priceGpuHour] | [0]" -o tsv
"""
