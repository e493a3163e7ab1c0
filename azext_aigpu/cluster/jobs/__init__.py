"""Workload manifests: read, judged (`job check`) and guarded (`job inject`). Pure, text in and text out."""
