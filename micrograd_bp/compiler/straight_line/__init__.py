"""Straight-line code: a statement for each node, for graphs in which there are no matrices to find."""

from micrograd_bp.compiler.straight_line.program import StraightLine, straight_line

__all__ = ["StraightLine", "straight_line"]
