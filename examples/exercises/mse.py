"""Exercise 2: the gradient of the mean squared error. Fill it in, then run the check.

micrograd-bp check examples/exercises/mse.py:MSE
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class MSE:
    """The squared errors, summed over the outputs and divided by the number of samples."""

    def forward(self, prediction: Array, target: Array) -> float:
        """The loss, one number; what the backward pass will need is stored."""
        self.prediction, self.target = prediction, target
        loss: float = np.sum((prediction - target) ** 2) / len(prediction)
        return loss

    def backward(self) -> Array:
        """Returns dL/d(prediction), of the prediction's shape."""
        raise NotImplementedError("write the gradient here")
