"""The agent on a cluster: what stands in its way, what is put there and taken away, and what has become of it."""
