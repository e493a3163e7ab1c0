"""The Kubernetes side: manifests of the agent and of admission, workload manifests, nodes.

Only `kubectl.py` starts a process.
"""
