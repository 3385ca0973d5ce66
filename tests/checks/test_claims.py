"""A claim: forward again with changed arrays, and on Values, also in code written with loops."""

import numpy as np
import pytest

from micrograd_bp.checks.claims import Claim
from micrograd_bp.checks.value_arrays import ValueArray, numpy_on_values, to_values
from micrograd_bp.engine import Value, backward

X, W = np.array([[0.5, -1.0, 2.0]]), np.array([[1.0, 2.0], [0.3, -0.4], [-0.5, 0.7]])


def forward(x, w):
    out = np.zeros((len(x), w.shape[1]))
    for i in range(len(x)):
        for j in range(w.shape[1]):
            out[i, j] = np.sum(x[i] * w[:, j])
    return np.exp(np.maximum(0, out)) / 3


def claim():
    arrays = {"x": X, "w": W}
    return Claim("f", arrays, lambda changed: (forward(**{**arrays, **changed}),), (np.ones((1, 2)),), {}, {})


def test_forward_again():
    assert claim().number() == pytest.approx(forward(X, W).sum())
    assert claim().number({"x": 2 * X}) == pytest.approx(forward(2 * X, W).sum())


def test_on_values_with_loops_and_lines():
    leaves, (output,) = claim().on_values()
    assert [value.data for value in output.flat] == pytest.approx(forward(X, W).ravel().tolist())
    assert output.flat[0].origin.line == forward.__code__.co_firstlineno + 5
    backward([*output.flat], [1.0, 1.0])
    step = 1e-6
    moved = W.copy()
    moved[2, 1] += step
    slope = (claim().number({"w": moved}) - claim().number()) / step
    assert leaves["w"][2, 1].grad == pytest.approx(slope, rel=1e-4)
    assert leaves["w"][2, 1].label == "w[2, 1]"


@pytest.mark.parametrize(
    "function",
    [
        lambda a: np.exp(a - a.max(axis=1, keepdims=True)),
        lambda a: np.log(np.maximum(a, 0.1)),
        lambda a: np.sqrt(np.where(a > 0, a, 2.0)),
        lambda a: (a > 0).astype(float) * a,
        lambda a: np.einsum("ij,kj->ik", a, np.ones((2, 3))),
        lambda a: np.concatenate([a, np.zeros((1, 3))]).sum(axis=0),
        lambda a: np.pad(a, 1).reshape(-1)[::2],
        lambda a: a.astype(float).T @ a,
        lambda a: a.var(axis=0) + a.mean(),
        lambda a: np.stack([np.tanh(row) for row in a]),
        lambda a: np.clip(a, -0.3, 0.3),
        lambda a: a * np.max(a),
        lambda a: a.max(axis=(0, 1), keepdims=True) - a.min(axis=0),
        lambda a: a.reshape(1, 2, 3, 1).max(axis=(0, 2)),
    ],
)
def test_what_numpy_does_on_values(function):
    numbers = np.array([[0.5, -0.2, 1.0], [0.25, 2.0, -3.0]])
    with numpy_on_values():
        made = function(to_values(numbers))
    data = np.array([value.data if isinstance(value, Value) else value for value in np.asarray(made).flat], dtype=float)
    assert data == pytest.approx(np.asarray(function(numbers)).ravel())
    assert any(isinstance(value, Value) for value in np.asarray(made).flat)


def test_numpy_is_itself_again():
    with numpy_on_values():
        empty = np.empty(2)
        assert isinstance(empty, ValueArray)
        assert np.zeros(2, dtype=int).dtype == int
        assert np.random.default_rng(0).normal(size=2).dtype == np.random.uniform(size=2).dtype == float
    assert type(np.zeros(2)) is np.ndarray
    with pytest.raises(TypeError, match="does not turn into a float"):
        float(Value(1.0))


def test_a_number_at_the_end_is_traced_back():
    def of(function):
        return Claim("f", {"x": X}, lambda changed: (function(changed.get("x", X)),), (np.array(1.0),), {}, {})

    (output,) = of(lambda x: float((x * x).sum())).on_values().outputs
    backward([output.item()])
    assert output.item().operands
    with pytest.raises(TypeError, match="left the graph"):
        of(lambda x: float((x * x).sum()) * x[0, 0]).on_values()
