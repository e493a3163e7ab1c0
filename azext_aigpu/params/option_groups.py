"""The names under which `--help` shows options together."""

from __future__ import annotations

GPU = "GPU"
SCALE = "Scale"
SCHEDULING = "Scheduling"
NODE = "Node"
PLACEMENT = "Placement"
NETWORK = "Network"
UPGRADE = "Upgrade"
SECURITY = "Security"
RULES = "Rules"
DOCUMENT = "Document"
SCOPE = "Scope"
KUBERNETES = "Kubernetes"
