"""Straight-line code: a statement for each node, for graphs in which there are no matrices to find."""

from micrograd_bp.compiler.straight_line.program import Place, StraightLine, straight_line

__all__ = ["Place", "StraightLine", "straight_line"]
