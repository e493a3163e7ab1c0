"""Writes a node pool that exists as a document: a spec, Terraform, Bicep, Karpenter. Pure.

Every writer takes an `Export` and says what its form cannot hold; nothing is left out without a word.
"""
