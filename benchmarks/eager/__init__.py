"""Eager graphs of scalars: this package beside others that record a graph while Python computes."""
