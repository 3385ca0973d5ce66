"""A graph of scalars becomes a program of matrices: the one that somebody would have written by hand.

`compile` finds the matrices again, writes the program as Python that can be read and stepped through, and runs it on
whole batches.
"""

from micrograd_bp.compiler.compiling import compile
from micrograd_bp.compiler.run.program import Program
from micrograd_bp.compiler.write.source_text import Place

__all__ = ["Place", "Program", "compile"]
