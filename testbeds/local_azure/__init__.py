"""An Azure on loopback that the unmodified `az` signs in to: ARM, managed identity, compute, AKS, retail prices.

with LocalAzure() as azure:
    subprocess.run(["az", "aks", "list"], env=azure.environment(directory))
"""

from __future__ import annotations

from testbeds.local_azure.server import LocalAzure, Recorded
from testbeds.local_azure.world import World

__all__ = ["LocalAzure", "Recorded", "World"]
