"""SGD and Adam against their formulas, written out here with NumPy over whole vectors."""

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from micrograd_bp import SGD, Adam, Value
from micrograd_bp.optimizers import Optimizer

N, STEPS = 5, 200
START = np.random.default_rng(0).normal(size=N)
GRADIENTS = np.random.default_rng(1).normal(size=(STEPS, N))
"""One gradient for each step, whatever the parameters are, so that every step is tested by itself."""


def sgd_by_formula(lr: float, momentum: float, decay: float) -> np.ndarray[Any, Any]:
    p, v = START.copy(), np.zeros(N)
    for g in GRADIENTS:
        v = momentum * v + (g + decay * p)
        p = p - lr * v
    return p


def adam_by_formula(lr: float, beta1: float, beta2: float, epsilon: float, decay: float) -> np.ndarray[Any, Any]:
    p, m, v = START.copy(), np.zeros(N), np.zeros(N)
    for t in range(1, STEPS + 1):
        g = GRADIENTS[t - 1] + decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        p = p - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
    return p


def run(optimizer: Optimizer, gradients: Any = GRADIENTS, start: Any = START) -> list[float]:
    parameters: list[float] = start.tolist()
    for gradient in gradients:
        parameters = optimizer.update(parameters, gradient.tolist())
    return parameters


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_sgd(momentum: float, decay: float) -> None:
    moved = run(SGD(0.05, momentum=momentum, weight_decay=decay))
    assert moved == pytest.approx(sgd_by_formula(0.05, momentum, decay), rel=1e-12)


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize(("beta1", "beta2", "epsilon"), [(0.9, 0.999, 1e-8), (0.5, 0.9, 0.1), (0.0, 0.0, 1e-3)])
def test_adam(beta1: float, beta2: float, epsilon: float, decay: float) -> None:
    moved = run(Adam(0.05, beta1, beta2, epsilon, weight_decay=decay))
    assert moved == pytest.approx(adam_by_formula(0.05, beta1, beta2, epsilon, decay), rel=1e-12)


def test_the_defaults_of_adam_are_those_of_the_paper() -> None:
    assert run(Adam()) == run(Adam(0.001, 0.9, 0.999, 1e-8, 0.0))


def test_one_step_by_hand() -> None:
    assert SGD(0.5).update([1.0, 2.0], [4.0, -2.0]) == [-1.0, 3.0]
    assert SGD(0.5, weight_decay=0.25).update([4.0], [1.0]) == [3.0]
    assert Adam(0.5, epsilon=1e-300).update([1.0, 1.0], [4.0, -0.001]) == pytest.approx([0.5, 1.5])  # lr·sign(g)


OPTIMIZERS: list[Callable[[], Optimizer]] = [
    lambda: SGD(0.05),
    lambda: SGD(0.05, momentum=0.9, weight_decay=0.1),
    lambda: Adam(0.05, weight_decay=0.1),
]
each_optimizer = pytest.mark.parametrize("make", OPTIMIZERS, ids=["SGD", "momentum", "Adam"])


def run_arrays(optimizer: Optimizer, gradients: Any, parameters: list[Any]) -> list[Any]:
    """The same run with a vector of three and a column of two as parameters."""
    for gradient in gradients:
        parameters = optimizer.update(parameters, [gradient[:3], gradient[3:].reshape(2, 1)])
    return parameters


def as_arrays(numbers: Any) -> list[Any]:
    return [numbers[:3].copy(), numbers[3:].reshape(2, 1).copy()]


@each_optimizer
def test_floats_and_arrays_give_the_same_numbers(make: Callable[[], Optimizer]) -> None:
    start = as_arrays(START)
    vector, column = run_arrays(make(), GRADIENTS, start)
    assert (vector.shape, column.shape) == ((3,), (2, 1))
    assert [*vector, *column.ravel()] == pytest.approx(run(make()), rel=1e-13)
    assert np.array_equal(np.concatenate([each.ravel() for each in start]), START)  # nothing is changed in place


@each_optimizer
def test_floats_stay_floats(make: Callable[[], Optimizer]) -> None:
    assert {type(p) for p in run(make())} == {float}


@each_optimizer
def test_a_saved_state_goes_on_bit_for_bit(make: Callable[[], Optimizer]) -> None:
    first, second = make(), make()
    half = run(first, GRADIENTS[:100])
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert second.state_dict() == first.state_dict()
    assert run(second, GRADIENTS[100:], np.array(half)) == run(make())


@each_optimizer
def test_a_saved_state_of_arrays_goes_on_bit_for_bit(make: Callable[[], Optimizer]) -> None:
    first, second = make(), make()
    half = run_arrays(first, GRADIENTS[:100], as_arrays(START))
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    resumed = run_arrays(second, GRADIENTS[100:], half)
    for a, b in zip(resumed, run_arrays(make(), GRADIENTS, as_arrays(START)), strict=True):
        assert np.array_equal(a, b)


@each_optimizer
def test_a_state_dict_is_a_copy(make: Callable[[], Optimizer]) -> None:
    optimizer = make()
    run(optimizer, GRADIENTS[:3])
    saved = json.dumps(optimizer.state_dict())
    kept = optimizer.state_dict()
    run(optimizer, GRADIENTS[3:6])
    assert json.dumps(kept) == saved


def test_there_is_no_state_before_the_first_step() -> None:
    assert Adam().state_dict() is None
    optimizer = SGD(0.1, momentum=0.9)
    optimizer.update([1.0], [1.0])
    optimizer.load_state_dict(None)
    assert optimizer.update([1.0, 1.0], [1.0, 1.0]) == [0.9, 0.9]  # two parameters are fine again


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda bad: SGD(bad), "lr is a number above 0, got"),
        (lambda bad: Adam(bad), "lr is a number above 0, got"),
        (lambda bad: SGD(0.1, momentum=bad - 1), "momentum is a number from 0 to below 1, got"),
        (lambda bad: SGD(0.1, weight_decay=bad - 1), "weight_decay is a number from 0 up, got"),
        (lambda bad: Adam(beta1=bad - 1), "beta1 is a number from 0 to below 1, got"),
        (lambda bad: Adam(beta2=1 - bad), "beta2 is a number from 0 to below 1, got"),
        (lambda bad: Adam(epsilon=bad), "epsilon is a number above 0, got"),
    ],
)
@pytest.mark.parametrize("bad", [0.0, -0.5, math.nan])
def test_arguments_out_of_range_are_refused(make: Callable[[float], Optimizer], message: str, bad: float) -> None:
    with pytest.raises(ValueError, match=message):
        make(bad)


@each_optimizer
def test_parameters_and_gradients_are_equally_many(make: Callable[[], Optimizer]) -> None:
    with pytest.raises(ValueError, match=r"^2 parameters and 1 gradients$"):
        make().update([1.0, 2.0], [1.0])


@pytest.mark.parametrize("make", OPTIMIZERS[1:], ids=["momentum", "Adam"])
def test_another_number_of_parameters_than_before_is_refused(make: Callable[[], Optimizer]) -> None:
    optimizer = make()
    optimizer.update([1.0, 2.0], [0.1, 0.1])
    state = optimizer.state_dict()
    with pytest.raises(ValueError, match="has moved 2 parameters so far, got 3"):
        optimizer.update([1.0] * 3, [0.1] * 3)
    assert optimizer.state_dict() == state


@pytest.mark.parametrize(
    "make",
    [
        lambda kind, parameters: kind(parameters, lr=0.1),
        lambda kind, parameters: kind(parameters),
        lambda kind, parameters: kind(iter(parameters), 0.1),
        lambda kind, parameters: kind(params=parameters, lr=0.1),
        lambda kind, parameters: kind(np.array([each.data for each in parameters])),
    ],
)
@pytest.mark.parametrize("kind", [SGD, Adam])
def test_parameters_belong_to_the_objective(kind: Any, make: Any) -> None:
    words = rf"{kind.__name__} takes numbers, .*no parameters: .*ModelObjective\(model, loss\)"
    with pytest.raises(TypeError, match=words):
        make(kind, [Value(1.0), Value(2.0)])
