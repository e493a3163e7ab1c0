"""The agent that runs on: rounds of probes, and what the cluster is told of them. Nothing else talks to Kubernetes."""
