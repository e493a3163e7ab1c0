"""Kubernetes on loopback: a real control plane, fake kubelets, and a stand-in for where no binaries are.

with open_cluster() as cluster, FakeNodes(cluster) as nodes:    # by KUBEBUILDER_ASSETS or AIGPU_TEST_KUBECONFIG
    nodes.add(FakeNode("gpu-0", gpus=8))
    Client(cluster.as_service_account("aigpu-system", "aigpu-agent", pod="agent-x")).patch(...)

with StandIn() as server:                                       # what tests/cluster/api_contract/ holds
    server.faults.add(Fault(status=429, retry_after_s=1, times=2))
"""

from __future__ import annotations

from testbeds.cluster.access import Access
from testbeds.cluster.assets import NoClusterError
from testbeds.cluster.bare_node import add_bare_node
from testbeds.cluster.client import Client, RefusedError
from testbeds.cluster.cluster import Cluster, wait_until
from testbeds.cluster.fake_nodes import FakeNodes
from testbeds.cluster.node_body import FakeNode
from testbeds.cluster.pod_phases import Ends
from testbeds.cluster.real import LocalCluster, open_cluster
from testbeds.cluster.standin import Drop, Fault, StandIn

__all__ = [
    "Access",
    "Client",
    "Cluster",
    "Drop",
    "Ends",
    "FakeNode",
    "FakeNodes",
    "Fault",
    "LocalCluster",
    "NoClusterError",
    "RefusedError",
    "StandIn",
    "add_bare_node",
    "open_cluster",
    "wait_until",
]
