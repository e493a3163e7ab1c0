"""Reads what other tools are about to make, or have made: Terraform plans, ARM templates, what-if results. Pure.

Each reader turns one parsed document into a `ForeignPlan` of pools and machines under Azure's own names; what the
document does not tell is a gap with its reason, never a default. Judging them is `azext_aigpu.audit`'s.
"""
