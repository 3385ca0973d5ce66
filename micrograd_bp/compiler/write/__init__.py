"""Writes programs as Python: from the array language for NumPy and for `xp`, or a statement for each node."""
