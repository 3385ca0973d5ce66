"""Update rules: how parameters move, given their gradient.

They are plain arithmetic, so that a parameter may be a float or an array of them. They know nothing of models: numbers
come in, numbers go out. An update sets the optimizer's state last, and in one assignment, so that an interrupted one
leaves it as it was.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

Number = TypeVar("Number", float, Any)


class Optimizer:
    """The base of update rules.

    Attributes:
        lr: the learning rate, by which a step is scaled.
        weight_decay: this times the parameter is added to its gradient.
        state: what the rule remembers from step to step; None before the first.
    """

    def __init__(self, lr: float, weight_decay: float = 0.0) -> None:
        _check("lr", lr, lr > 0.0, "above 0")
        _check("weight_decay", weight_decay, weight_decay >= 0.0, "from 0 up")
        self.lr = lr
        self.weight_decay = weight_decay
        self.state: dict[str, Any] | None = None

    def update(self, parameters: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
        """The parameters after one step.

        Raises:
            ValueError: not as many gradients as parameters, or other parameters than in the last step.
        """
        if len(parameters) != len(gradients):
            raise ValueError(f"{len(parameters)} parameters and {len(gradients)} gradients")
        known = self.state and next(value for value in self.state.values() if isinstance(value, list))
        if known and len(known) != len(parameters):
            raise ValueError(f"this optimizer has moved {len(known)} parameters so far, got {len(parameters)}")
        decayed = [g + self.weight_decay * p for p, g in zip(parameters, gradients, strict=True)]
        return self._step(parameters, decayed if self.weight_decay else gradients)

    def _step(self, parameters: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any] | None:
        """The state as plain numbers and lists, fit for JSON."""
        return None if self.state is None else {name: _plain(value) for name, value in self.state.items()}

    def load_state_dict(self, state: dict[str, Any] | None) -> None:
        """Takes over a state from `state_dict`."""
        self.state = None if state is None else {name: _restored(value) for name, value in state.items()}


class SGD(Optimizer):
    """Gradient descent, with momentum as in PyTorch: v ← momentum·v + g, p ← p - lr·v.

    B. T. Polyak, "Some methods of speeding up the convergence of iteration methods" (1964).
    """

    def __init__(self, lr: float, momentum: float = 0.0, weight_decay: float = 0.0) -> None:
        """Without momentum, the plain step p ← p - lr·g.

        Raises:
            ValueError: a number outside its range.
        """
        super().__init__(lr, weight_decay)
        _check("momentum", momentum, 0.0 <= momentum < 1.0, "from 0 to below 1")
        self.momentum = momentum

    def _step(self, parameters: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
        if self.momentum == 0.0:
            return [p - self.lr * g for p, g in zip(parameters, gradients, strict=True)]
        before = self.state["velocity"] if self.state else [0.0] * len(parameters)
        velocity = [self.momentum * v + g for v, g in zip(before, gradients, strict=True)]
        moved = [p - self.lr * v for p, v in zip(parameters, velocity, strict=True)]
        self.state = {"velocity": velocity}
        return moved


class Adam(Optimizer):
    """Steps scaled by running means of the gradient and of its square.

    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1.
    """

    def __init__(
        self,
        lr: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        """The defaults are the paper's.

        Raises:
            ValueError: a number outside its range.
        """
        super().__init__(lr, weight_decay)
        _check("beta1", beta1, 0.0 <= beta1 < 1.0, "from 0 to below 1")
        _check("beta2", beta2, 0.0 <= beta2 < 1.0, "from 0 to below 1")
        _check("epsilon", epsilon, epsilon > 0.0, "above 0")
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    def _step(self, parameters: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
        zeros = [0.0] * len(parameters)
        before = self.state or {"steps": 0, "mean": zeros, "square": zeros}
        steps = before["steps"] + 1
        mean = [self.beta1 * m + (1.0 - self.beta1) * g for m, g in zip(before["mean"], gradients, strict=True)]
        square = [self.beta2 * s + (1.0 - self.beta2) * g * g for s, g in zip(before["square"], gradients, strict=True)]
        # The running means start from 0; dividing by these takes the bias out.
        mean_weight = 1.0 - self.beta1**steps
        square_weight = 1.0 - self.beta2**steps
        moved = [
            p - self.lr * (m / mean_weight) / ((s / square_weight) ** 0.5 + self.epsilon)
            for p, m, s in zip(parameters, mean, square, strict=True)
        ]
        self.state = {"steps": steps, "mean": mean, "square": square}
        return moved


def _check(name: str, value: float, holds: bool, range_in_words: str) -> None:
    if not holds:
        raise ValueError(f"{name} is a number {range_in_words}, got {value!r}")


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _restored(value: Any) -> Any:
    """A list of numbers as it is; a list of lists as a list of arrays."""
    if isinstance(value, list) and any(isinstance(each, list) for each in value):
        import numpy

        return [numpy.asarray(each, dtype=float) for each in value]
    return value
