from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass
class Softplus:
    """Dense layer with the smooth rectifier log(1 + exp(z)).

    Rows of ``x`` are samples. After ``backward`` the gradients of the
    parameters are in ``grad_W`` and ``grad_b``.
    """

    n_in: int = 3
    n_out: int = 3
    seed: int = 0
    W: Array = field(init=False, repr=False)
    b: Array = field(init=False, repr=False)
    grad_W: Array | None = field(default=None, init=False, repr=False)
    grad_b: Array | None = field(default=None, init=False, repr=False)
    _x: Array | None = field(default=None, init=False, repr=False)
    _z: Array | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self.W = rng.normal(size=(self.n_in, self.n_out)) / np.sqrt(self.n_in)
        self.b = np.zeros(self.n_out)

    def forward(self, x: Array) -> Array:
        self._x = x
        self._z = x @ self.W + self.b
        return np.logaddexp(0.0, self._z)

    def backward(self, grad_out: Array) -> Array:
        if self._x is None or self._z is None:
            raise RuntimeError("backward() called before forward()")
        grad_z = grad_out / (1.0 + np.exp(-self._z))
        self.grad_W = self._x.T @ grad_z
        self.grad_b = grad_z.sum(axis=0)
        return grad_z @ self.W.T
