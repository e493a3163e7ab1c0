"""Measurements of speed and size, each beside a peer in the same run: on a shared machine only ratios count."""
