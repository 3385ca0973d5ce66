"""Work written by hand, against the graph."""

from micrograd_bp.checks.bridges import (
    LayerGradients,
    gradients_as_matrices,
    largest_difference,
    matrix_to_values,
    values_to_matrix,
)

__all__ = [
    "LayerGradients",
    "gradients_as_matrices",
    "largest_difference",
    "matrix_to_values",
    "values_to_matrix",
]
