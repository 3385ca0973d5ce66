"""The array language: groups of scalars as arrays, their gradient, and the order of statements."""
