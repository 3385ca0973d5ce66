"""Backpropagation by hand, with matrices: the mathematics of dense layers and nothing else.

Rows are samples, columns are features: a batch of N samples with three features has shape (N, 3).
For one layer, with d_output = dL/d(output) and f' the derivative of its activation f:

    forward     z         = inputs · weights + biases      output = f(z)
    backward    dL/dz     = d_output * f'(z)               (element by element)
                d_weights = inputsᵀ · dL/dz
                d_biases  = the column sums of dL/dz
                d_inputs  = dL/dz · weightsᵀ               (the d_output of the layer before)

Read in this order: `activations`, `dense_layer`, `losses`, `mlp`, `training`. (`checked` only
refuses bad input.) Nothing here knows any other part of the package, so that its gradients are an
independent witness for those of the computation graph.
"""

from micrograd_bp.matrix.activations import (
    ACTIVATIONS,
    leaky_relu,
    leaky_relu_derivative,
    linear,
    linear_derivative,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    softplus,
    softplus_derivative,
    tanh,
    tanh_derivative,
)
from micrograd_bp.matrix.dense_layer import DenseLayer
from micrograd_bp.matrix.losses import (
    LOSSES,
    mse,
    mse_gradient,
    softmax_cross_entropy,
    softmax_cross_entropy_gradient,
)
from micrograd_bp.matrix.mlp import MLP
from micrograd_bp.matrix.training import train

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "MLP",
    "DenseLayer",
    "leaky_relu",
    "leaky_relu_derivative",
    "linear",
    "linear_derivative",
    "mse",
    "mse_gradient",
    "relu",
    "relu_derivative",
    "sigmoid",
    "sigmoid_derivative",
    "softmax_cross_entropy",
    "softmax_cross_entropy_gradient",
    "softplus",
    "softplus_derivative",
    "tanh",
    "tanh_derivative",
    "train",
]
