"""One training loop, for anything with parameters and `value_and_gradient`.

`ModelObjective` gives a model of Values that form. A run can be interrupted, saved and resumed bit for bit.
"""

import math
import os
import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from micrograd_bp.engine.value import Value, number_of
from micrograd_bp.files import read_json, write_json
from micrograd_bp.optimizers import Optimizer, from_plain, to_plain


class Samples(Protocol):
    """One entry for each sample: a list, or an array with samples as rows."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, place: Any, /) -> Any:
        """One of them."""


class Objective(Protocol):
    """What is minimized: a loss of batches, as a function of parameters."""

    parameters: Any
    """A sequence of floats and arrays, or one array, to be read and set as a whole."""

    def value_and_gradient(self, inputs: Any, targets: Any) -> tuple[float, Sequence[Any]]:
        """The loss on a batch, and its gradient with respect to `parameters`."""


class Model(Protocol):
    """What is trained: a `Module`, or anything like one."""

    def __call__(self, *inputs: Any) -> Any:
        """The prediction for one sample."""

    def parameters(self) -> list[Value]:
        """The leaves that training changes."""


class ModelObjective:
    """The loss of a model of Values, as a function of its parameters."""

    def __init__(self, model: Model, loss: Callable[[list[Any], Any], Value]) -> None:
        """Joins a model and a loss.

        Args:
            model: called with one sample, gives its prediction.
            loss: gives a Value from the list of predictions of a batch, and the targets.
        """
        self.model = model
        self.loss = loss
        self._values = model.parameters()

    @property
    def parameters(self) -> list[float]:
        """The numbers of the model's parameters."""
        return [number_of(value) for value in self._values]

    @parameters.setter
    def parameters(self, numbers: Sequence[float]) -> None:
        for value, number in zip(self._values, numbers, strict=True):
            value.data = float(number)

    def value_and_gradient(self, inputs: Any, targets: Any) -> tuple[float, list[float]]:
        """The loss on a batch, and its gradient; the parameters' `grad` hold the gradient too."""
        for value in self._values:
            value.grad = 0.0
        loss = self.loss([self.model(sample) for sample in inputs], targets)
        loss.backward()
        return loss.data, [value.grad for value in self._values]


class Training:
    """A run of mini-batch training.

    Attributes:
        history: the mean loss of each finished epoch.
    """

    def __init__(
        self,
        objective: Objective,
        optimizer: Optimizer,
        inputs: Samples,
        targets: Samples,
        *,
        batch_size: int | None = None,
        seed: int = 0,
    ) -> None:
        """Sets a run up.

        Args:
            objective: what is minimized.
            optimizer: how parameters move.
            inputs: one entry for each sample: a list, or an array with samples as rows.
            targets: likewise.
            batch_size: samples in a step; all of them if not given.
            seed: for the order of the samples, which is drawn anew for each epoch.

        Raises:
            TypeError: the objective is none: a model without a loss, say.
            ValueError: inputs and targets differ in number, there are none, or a batch size below 1.
        """
        is_whole = hasattr(objective, "parameters") and hasattr(objective, "value_and_gradient")
        if not is_whole or callable(objective.parameters):
            raise TypeError(
                f"an objective has `value_and_gradient`, and `parameters` that are a sequence or an array, "
                f"got {type(objective).__name__}; a model becomes one by ModelObjective(model, loss)"
            )
        if len(inputs) != len(targets) or not len(inputs):
            raise ValueError(f"training needs as many inputs as targets, got {len(inputs)} and {len(targets)}")
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"a batch has at least one sample, got batch_size={batch_size}")
        self.objective = objective
        self.optimizer = optimizer
        self.inputs = inputs
        self.targets = targets
        self.batch_size = batch_size or len(inputs)
        self.history: list[float] = []
        self._rng = random.Random(seed)
        self._order: list[int] = []  # the samples of this epoch that are still to come
        self._loss_sum = 0.0  # over the samples of this epoch that have been seen

    def step(self) -> float:
        """Trains on the next batch and returns its loss. A step that is interrupted or fails has not happened.

        Raises:
            FloatingPointError: the loss, or a parameter after the step, would be nan or inf.
        """
        before = self._state()
        try:
            return self._step()
        except BaseException:
            self._set_state(before)
            raise

    def _step(self) -> float:
        order = self._order or self._rng.sample(range(len(self.inputs)), len(self.inputs))
        batch, rest = order[: self.batch_size], order[self.batch_size :]
        loss, gradient = self.objective.value_and_gradient(_take(self.inputs, batch), _take(self.targets, batch))
        if not _is_finite(loss):
            raise self._diverged(f"the loss is {loss:.4g}")
        parameters = self.optimizer.update(self.objective.parameters, gradient)
        if not all(map(_is_finite, _as_list(parameters))):
            raise self._diverged(f"parameters would become nan or inf, from a loss of {loss:.4g},")
        self.objective.parameters = parameters
        self._order = rest
        self._loss_sum += loss * len(batch)
        if not rest:
            self.history = [*self.history, self._loss_sum / len(self.inputs)]
            self._loss_sum = 0.0
        return loss

    def _diverged(self, what: str) -> FloatingPointError:
        step = (len(self.inputs) - len(self._order or self.inputs)) // self.batch_size + 1
        return FloatingPointError(
            f"{what} in step {step} of epoch {len(self.history) + 1}, and the parameters stay as before it: "
            f"a smaller lr than {self.optimizer.lr:g} may help, and gradient_report(loss) shows where it begins"
        )

    def run(
        self,
        epochs: int | None = None,
        after_epoch: Callable[[int, float], None] | None = None,
        *,
        until: int | None = None,
    ) -> list[float]:
        """Trains for `epochs` more epochs, or `until` so many are finished; gives the mean loss of each so far.

        Args:
            epochs: how many more passes over the samples; one that was interrupted is finished, and counts as one.
            after_epoch: called with the number of finished epochs and the mean loss of the last.
            until: how many passes in all, in place of `epochs`.

        Raises:
            TypeError, ValueError: not one of `epochs` and `until`, or no whole number from 0 up.
            FloatingPointError: as for `step`; the steps before it have happened.
        """
        if (epochs is None) == (until is None):
            raise TypeError("run takes either epochs, how many more there are to be, or until=, how many in all")
        number: Any = until if epochs is None else epochs
        if not hasattr(number, "__index__") or number < 0:
            raise ValueError(f"a number of epochs is a whole number from 0 up, got {number!r:.80}")
        last = number + (len(self.history) if until is None else 0)
        while len(self.history) < last:
            self.step()
            if after_epoch is not None and not self._order:
                after_epoch(len(self.history), self.history[-1])
        return self.history

    def _state(self) -> dict[str, Any]:
        return {
            "parameters": _as_list(self.objective.parameters),
            "optimizer": self.optimizer.state,
            "rng": self._rng.getstate(),
            "order": self._order,
            "loss_sum": self._loss_sum,
            "history": self.history,
        }

    def _set_state(self, state: dict[str, Any]) -> None:
        is_array = hasattr(self.objective.parameters, "shape")
        self.objective.parameters = state["parameters"][0] if is_array else state["parameters"]
        self.optimizer.state = state["optimizer"]
        self._rng.setstate(state["rng"])
        self._order = state["order"]
        self._loss_sum = state["loss_sum"]
        self.history = state["history"]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes all that the rest of the run depends on, but for the data, to a JSON file.

        Raises:
            OSError: the file cannot be written; an old one is then as it was.
        """
        state = self._state() | {
            "samples": len(self.inputs),
            "parameters": to_plain(_as_list(self.objective.parameters)),
            "optimizer": self.optimizer.state_dict(),
            "settings": {"batch_size": self.batch_size, **self.optimizer.settings()},
        }
        write_json(path, "training run", state)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Goes back to where a saved run was, with its batch size and the optimizer's settings.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is not the file of a run with as many samples and parameters, and this optimizer; nothing
                is changed then.
        """
        saved = read_json(path, "training run")
        before = self._state()
        try:
            self._load(saved)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            self._set_state(before)
            raise ValueError(f"{path} does not fit this training run: {error}") from None

    def _load(self, saved: dict[str, Any]) -> None:
        parameters, present = from_plain(saved["parameters"]), _as_list(self.objective.parameters)
        count, present_count = (sum(getattr(each, "size", 1) for each in some) for some in (parameters, present))
        if saved["samples"] != len(self.inputs) or count != present_count:
            raise ValueError(
                f"it is of {saved['samples']} samples and {count} parameters, "
                f"this run of {len(self.inputs)} and {present_count}"
            )
        if [_shape(a) for a in parameters] != [_shape(b) for b in present]:
            raise ValueError("its parameters have other shapes")
        settings = saved["settings"]
        if not isinstance(settings, dict) or set(settings) != {"batch_size", *self.optimizer.settings()}:
            raise ValueError(f"its settings are those of another optimizer: {', '.join(map(str, settings))}")
        batch_size = settings.pop("batch_size")
        if type(batch_size) is not int or batch_size < 1:
            raise ValueError(f"a batch has at least one sample, got batch_size={batch_size!r:.80}")
        type(self.optimizer)(**settings)  # refuses what is not a number, or outside its range
        self.optimizer.load_state_dict(saved["optimizer"])
        memories = [self.optimizer.state[name] for name in self.optimizer.remembers] if self.optimizer.state else []
        if any([_shape(a) for a in memory] != [_shape(b) for b in present] for memory in memories):
            raise ValueError("its optimizer remembers other parameters")
        order, history, places = saved["order"], from_plain(saved["history"]), range(len(self.inputs))
        if any(type(place) is not int or place not in places for place in order) or len(set(order)) < len(order):
            raise ValueError("its order names samples that there are not")
        if any(not isinstance(loss, float) for loss in history):
            raise ValueError("its history is not one of numbers")
        version, internal, gauss = saved["rng"]
        found = {"parameters": parameters, "optimizer": self.optimizer.state, "order": order, "history": history}
        found |= {"rng": (version, tuple(internal), gauss), "loss_sum": from_plain([saved["loss_sum"]])[0]}
        self._set_state(found)
        self.batch_size = batch_size
        vars(self.optimizer).update(settings)


def _as_list(parameters: Any) -> list[Any]:
    """The parameters as a list, of one array where they are one."""
    return [parameters] if hasattr(parameters, "shape") else list(parameters)


def _is_finite(number: Any) -> bool:
    within = abs(number) < math.inf  # without a word from NumPy about nan; an array answers for each number
    return bool(within.all() if hasattr(within, "shape") else within)


def _shape(number: Any) -> tuple[int, ...]:
    """The shape of an array; () for a float."""
    return tuple(getattr(number, "shape", ()))


def _take(samples: Any, places: list[int]) -> Any:
    """Some of the samples: rows of an array, or entries of a list."""
    return samples[places] if hasattr(samples, "__array__") else [samples[place] for place in places]
