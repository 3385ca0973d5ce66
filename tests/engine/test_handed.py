"""Numbers that models are called with: inputs, shared by all that meets them in one call, and in no other."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from micrograd_bp import MLP, Module, Value
from micrograd_bp.engine import topological_order
from micrograd_bp.engine.origin import Leaf


class Plain:
    """The base of a class that has nothing to do with this package."""


def inputs_of(root: Value) -> list[str]:
    """The names of the inputs of a graph, as they were recorded."""
    leaves = [node.origin for node in topological_order(root) if not node.operands]
    return [origin.name for origin in leaves if origin is not None and origin.leaf is Leaf.INPUT]


def layer_of_two(base: type) -> Any:
    """A layer of two neurons with two inputs, as one writes it from memory."""

    class Unit(base):  # type: ignore[misc]  # on purpose
        def __init__(self) -> None:
            self.w = [Value(0.5), Value(-1.0)]
            self.b = Value(0.25)

        def __call__(self, x: Any) -> Value:
            return sum((w * a for w, a in zip(self.w, x, strict=True)), self.b)

    class Row(base):  # type: ignore[misc]  # on purpose
        def __init__(self) -> None:
            self.units = [Unit(), Unit()]

        def __call__(self, x: Any) -> Any:
            first, second = (unit(x) for unit in self.units)
            return first * second

    return Row()


@pytest.fixture(params=[Plain, Module], ids=["plain", "module"])
def layer(request: pytest.FixtureRequest) -> Any:
    return layer_of_two(request.param)


def test_all_neurons_share_the_inputs(layer: Any) -> None:
    assert inputs_of(layer([2.0, 3.0])) == ["x.0", "x.1"]


def test_equal_numbers_are_inputs_of_their_own(layer: Any) -> None:
    y = layer([2.0, 2.0])
    y.backward()
    assert inputs_of(y) == ["x.0", "x.1"]
    left, right = (node for node in topological_order(y) if node.origin is not None and node.origin.leaf is Leaf.INPUT)
    assert (left.grad, right.grad) == (-0.75, 1.5)


def test_another_call_has_inputs_of_its_own(layer: Any) -> None:
    x, other = [2.0, 3.0], [3.0, 2.0]  # the same two number objects
    assert inputs_of(layer(x) + layer(other) + layer(x)) == ["x.0", "x.1"] * 3


def test_a_list_that_was_changed_is_read_again(layer: Any) -> None:
    x = [2.0, 3.0]
    first = layer(x)
    x[1] = 5.0
    assert inputs_of(first + layer(x)) == ["x.0", "x.1"] * 2


@pytest.mark.parametrize("kind", [float, np.float32, np.int64])
def test_rows_of_numpy_are_inputs_too(layer: Any, kind: Any) -> None:
    rows = np.array([[2.0, 3.0], [3.0, 3.0]], dtype=kind)
    assert inputs_of(sum(layer(row) for row in rows)) == ["x.0", "x.1"] * 2
    row = rows[0]
    first = layer(row)
    row[0] = 5.0
    assert inputs_of(first + layer(row)) == ["x.0", "x.1"] * 2


def test_what_is_handed_on_in_another_list_is_the_same_input(layer: Any) -> None:
    class Outer(Plain):
        def __init__(self) -> None:
            self.inner = layer
            self.w = Value(2.0)

        def __call__(self, given: Any) -> Value:
            return self.w * given[0] + self.inner(list(given)) + layer_of_two(Plain)(tuple(given))

    assert inputs_of(Outer()([2.0, 3.0])) == ["given.0", "given.1"]


def test_arguments_have_their_own_names() -> None:
    class Line:
        def __init__(self) -> None:
            self.a, self.b, self.c = Value(1.0), Value(2.0), Value(3.0)

        def height(self, x: float, *more: float) -> Value:
            return self.a * x + self.b * more[0] + 4.0 * self.c

        def __call__(self, x: float) -> Value:
            return self.a * x + self.b * x * x + 1.0 / (1.0 + self.c)

    assert inputs_of(Line().height(0.5, 7.5)) == ["x", "more.0"]
    y = Line()(1.5)
    leaves = Counter(node.origin.leaf for node in topological_order(y) if not node.operands and node.origin is not None)
    assert leaves == {Leaf.PARAMETER: 3, Leaf.INPUT: 1, Leaf.LIFTED: 3}  # only beside a parameter


def test_a_network_inside_takes_the_numbers_of_the_model_around_it() -> None:
    class Pair(Module):
        def __init__(self) -> None:
            self.left, self.right = MLP(2, [1], rng=0), MLP(2, [1], rng=1)

        def forward(self, point: Any) -> Value:
            return self.left(point) * self.right(point)

    assert inputs_of(Pair()([1.0, 2.0])) == ["point.0", "point.1"]
    assert inputs_of(MLP(2, [1], rng=0)([1.0, 2.0])) == ["inputs.0", "inputs.1"]
