"""Finds groups of nodes that compute alike, and how they lie as arrays."""
