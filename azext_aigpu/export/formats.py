"""The names of the documents that `nodepool export` and `nodepool adopt` write, for the command line."""

from __future__ import annotations

SPEC, TERRAFORM, BICEP, KARPENTER = "spec", "terraform", "bicep", "karpenter"
EXPORTS = (SPEC, TERRAFORM, BICEP, KARPENTER)

CONFIGMAP = "configmap"
ADOPTIONS = (CONFIGMAP, TERRAFORM, BICEP)
