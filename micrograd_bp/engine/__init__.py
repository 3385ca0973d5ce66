"""The engine: numbers that remember how they were made."""

import micrograd_bp.engine.pickling  # noqa: F401  # teaches pickle about Values
from micrograd_bp.engine.definition import operation
from micrograd_bp.engine.derivative_functions import (
    derivative,
    gradient,
    hessian,
    hessian_vector_product,
    jacobian,
    jvp,
    value_and_gradient,
    vjp,
)
from micrograd_bp.engine.derivatives import gradients
from micrograd_bp.engine.external_functions import external
from micrograd_bp.engine.gradcheck import GradientError, gradcheck
from micrograd_bp.engine.graph import leaves, size, topological_order
from micrograd_bp.engine.operation import Operation
from micrograd_bp.engine.origin import Origin, no_graph
from micrograd_bp.engine.reevaluation import evaluate_again
from micrograd_bp.engine.table import OPERATIONS
from micrograd_bp.engine.value import Value, backward

__all__ = [
    "OPERATIONS",
    "GradientError",
    "Operation",
    "Origin",
    "Value",
    "backward",
    "derivative",
    "evaluate_again",
    "external",
    "gradcheck",
    "gradient",
    "gradients",
    "hessian",
    "hessian_vector_product",
    "jacobian",
    "jvp",
    "leaves",
    "no_graph",
    "operation",
    "size",
    "topological_order",
    "value_and_gradient",
    "vjp",
]
