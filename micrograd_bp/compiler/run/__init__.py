"""Runs programs: on NumPy, on floats, on a tape, and on the arrays of any library."""
