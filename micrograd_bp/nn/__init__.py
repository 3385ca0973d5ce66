"""Networks made of Values."""

from micrograd_bp.nn.losses import binary_cross_entropy, cross_entropy, hinge, l2, mse
from micrograd_bp.nn.mlp import MLP
from micrograd_bp.nn.module import Module
from micrograd_bp.nn.networks import Layer, Neuron

__all__ = [
    "MLP",
    "Layer",
    "Module",
    "Neuron",
    "binary_cross_entropy",
    "cross_entropy",
    "hinge",
    "l2",
    "mse",
]
