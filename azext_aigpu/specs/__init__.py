"""Specs: GPU node pools as files. YAML text to `PoolSpec`, overlays, the JSON Schema, and back to a document. Pure."""
