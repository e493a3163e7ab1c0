"""The Kubernetes objects of the agent, as plain data. Pure: the same settings give the same objects."""
