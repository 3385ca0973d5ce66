"""Work written by hand, against the graph."""

from micrograd_bp.checks.bridges import (
    LayerGradients,
    gradients_as_matrices,
    largest_difference,
    matrix_to_values,
    values_to_matrix,
)
from micrograd_bp.checks.checking import check, check_layer, check_loss, check_network
from micrograd_bp.checks.report.report import Report
from micrograd_bp.checks.world import CannotCheck

__all__ = [
    "CannotCheck",
    "LayerGradients",
    "Report",
    "check",
    "check_layer",
    "check_loss",
    "check_network",
    "gradients_as_matrices",
    "largest_difference",
    "matrix_to_values",
    "values_to_matrix",
]
