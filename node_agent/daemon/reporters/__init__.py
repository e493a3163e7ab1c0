"""What becomes of a verdict: the node's condition and taints, the Lease, events, metrics, the log."""
