"""Update rules: how parameters move, given their gradient.

They are plain arithmetic, so that a parameter may be a float or an array of them. They know nothing of models: numbers
come in, numbers go out. An update sets the optimizer's state last, and in one assignment, so that an interrupted one
leaves it as it was.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self


class Optimizer:
    """The base of update rules.

    Attributes:
        lr: the learning rate, by which a step is scaled.
        weight_decay: this times the parameter is added to its gradient.
        state: the number of steps, and what the rule remembers of each parameter; None before the first step.
    """

    @property
    def remembers(self) -> tuple[str, ...]:
        """What the rule remembers of each parameter."""
        return ()

    def __new__(cls, *arguments: Any, **settings: Any) -> Self:
        """Refuses parameters in the place of the learning rate, as other libraries want them there.

        Raises:
            TypeError: something with members, or a model, is given.
        """
        first = arguments[0] if arguments else None
        if isinstance(first, Iterable) or hasattr(first, "parameters") or "params" in settings:
            raise TypeError(
                f"{cls.__name__} takes numbers, such as {cls.__name__}(lr=0.1), and no parameters: those are the "
                f"objective's, in Training(ModelObjective(model, loss), {cls.__name__}(lr=0.1), inputs, targets)"
            )
        return super().__new__(cls)

    def __init__(self, lr: float, weight_decay: float = 0.0) -> None:
        _check("lr", lr, lambda x: x > 0.0, "above 0")
        _check("weight_decay", weight_decay, lambda x: x >= 0.0, "from 0 up")
        self.lr = float(lr)
        self.weight_decay = float(weight_decay)
        self.state: dict[str, Any] | None = None

    def update(self, parameters: Any, gradients: Any) -> Any:
        """The parameters after one step.

        Args:
            parameters: a sequence of floats and arrays, or one array.
            gradients: likewise.

        Raises:
            ValueError: not as many gradients as parameters, or other parameters than in the last step.
        """
        if len(parameters) != len(gradients):
            raise ValueError(f"{len(parameters)} parameters and {len(gradients)} gradients")
        if hasattr(parameters, "shape"):
            return self.update([parameters], [gradients])[0]
        if self.state and self.remembers and len(self.state[self.remembers[0]]) != len(parameters):
            known = len(self.state[self.remembers[0]])
            raise ValueError(f"this optimizer has moved {known} parameters so far, got {len(parameters)}")
        if self.weight_decay:
            gradients = [g + self.weight_decay * p for p, g in zip(parameters, gradients, strict=True)]
        return self._step(parameters, gradients)

    def _step(self, parameters: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
        raise NotImplementedError

    def settings(self) -> dict[str, float]:
        """The numbers that the rule was set up with, such as `lr`."""
        return {name: value for name, value in vars(self).items() if isinstance(value, (int, float))}

    def state_dict(self) -> dict[str, Any] | None:
        """The state as plain numbers and lists, fit for JSON."""
        if self.state is None:
            return None
        return {"steps": self.state["steps"]} | {name: to_plain(self.state[name]) for name in self.remembers}

    def load_state_dict(self, state: dict[str, Any] | None) -> None:
        """Takes over a state from `state_dict`.

        Raises:
            ValueError: it is not the state of such an optimizer; nothing is changed then.
        """
        if state is None:
            self.state = None
            return
        if not isinstance(state, dict) or set(state) != {"steps", *self.remembers}:
            raise ValueError(f"{type(self).__name__} remembers steps, {', '.join(self.remembers)}")
        if not isinstance(state["steps"], int) or state["steps"] < 0:
            raise ValueError(f"steps is a whole number, got {state['steps']!r:.80}")
        memories = {name: from_plain(state[name]) for name in self.remembers}
        if len({len(memory) for memory in memories.values()}) > 1:
            raise ValueError("it remembers different numbers of parameters")
        self.state = {"steps": state["steps"], **memories}


def to_plain(numbers: Sequence[Any]) -> list[Any]:
    """A list of floats and arrays as a list of floats and lists."""
    return [each.tolist() if hasattr(each, "tolist") else each for each in numbers]


def from_plain(plain: Any) -> list[Any]:
    """The opposite of `to_plain`.

    Raises:
        ValueError: something else than a list of numbers and lists of numbers.
    """
    if not isinstance(plain, list):
        raise ValueError(f"expected a list of numbers, got {plain!r:.80}")
    return [_array(each) if isinstance(each, list) else _float(each) for each in plain]


def _float(number: Any) -> float:
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise ValueError(f"expected a number, got {number!r:.80}")
    return float(number)


def _array(numbers: list[Any]) -> Any:
    import numpy

    array = numpy.asarray(numbers)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"expected numbers, got {numbers!r:.80}")
    return array.astype(float)


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
        _check("momentum", momentum, lambda x: 0.0 <= x < 1.0, "from 0 to below 1")
        self.momentum = float(momentum)

    @property
    def remembers(self) -> tuple[str, ...]:
        """The velocity, where there is momentum."""
        return ("velocity",) if self.momentum else ()

    def _step(self, parameters: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
        if self.momentum == 0.0:
            return [p - self.lr * g for p, g in zip(parameters, gradients, strict=True)]
        before, steps = (self.state["velocity"], self.state["steps"]) if self.state else ([0.0] * len(parameters), 0)
        velocity = [self.momentum * v + g for v, g in zip(before, gradients, strict=True)]
        moved = [p - self.lr * v for p, v in zip(parameters, velocity, strict=True)]
        self.state = {"steps": steps + 1, "velocity": velocity}
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
        _check("beta1", beta1, lambda x: 0.0 <= x < 1.0, "from 0 to below 1")
        _check("beta2", beta2, lambda x: 0.0 <= x < 1.0, "from 0 to below 1")
        _check("epsilon", epsilon, lambda x: x > 0.0, "above 0")
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    @property
    def remembers(self) -> tuple[str, ...]:
        """The running means."""
        return ("mean", "square")

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


def _check(name: str, value: Any, holds: Callable[[float], bool], range_in_words: str) -> None:
    if not isinstance(value, (int, float)) or not holds(value):
        raise ValueError(f"{name} is a number {range_in_words}, got {value!r}")
