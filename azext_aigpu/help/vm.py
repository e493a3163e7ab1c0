"""Help of `az aigpu vm`."""

from __future__ import annotations

from knack.help_files import helps

helps["aigpu vm"] = """
type: group
short-summary: One GPU virtual machine outside of AKS.
"""

helps["aigpu vm create"] = """
type: command
short-summary: Create one GPU virtual machine with NVIDIA's driver, or refuse it and say why.
long-summary: >
    The rules of nodepool add that fit a machine are held, and the cost is shown. The machine gets Ubuntu 22.04, a
    Premium disk that goes with it, an SSH key and no password, no public IP unless --ssh-source names who may use it, a
    network of its own unless --subnet-id names one, and the extension NvidiaGpuDriverLinux, which installs the driver
    line that fits the size. Azure validates the deployment before it starts. What was made is read back and compared;
    that its GPUs compute is proven on the machine, by the command that is printed. Ends with 1 where anything is not
    as it was asked for or is not known; the message then says what may be there and cost money, and how to delete it.
examples:
  - name: Show the template and the cost of a T4 machine, and send nothing.
    text: >
        az aigpu vm create -g rg-train -n gpu1 --gpu-model t4 --gpu-count 1 --size Standard_NC4as_T4_v3
        --ssh-key-values id_ed25519.pub --dry-run
  - name: One A100, reached over SSH from one address alone.
    text: >
        az aigpu vm create -g rg-train -n gpu2 --gpu-model a100 --gpu-count 1 --location westeurope
        --ssh-key-values id_ed25519.pub --ssh-source 203.0.113.7/32 --tags cost-center=ml
"""
