"""A graph of scalars becomes a program of matrices: the one that somebody would have written by hand.

`compile` finds the matrices again, writes the program as Python that can be read and stepped through, and runs it on
whole batches.
"""

from micrograd_bp.compiler.compiling import compile
from micrograd_bp.compiler.run.place import Place
from micrograd_bp.compiler.run.program import Program

__all__ = ["Place", "Program", "compile"]
