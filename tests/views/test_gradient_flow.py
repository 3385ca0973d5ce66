"""Which nodes are dead ends, without a list of operations."""

import math

import pytest

from micrograd_bp import Value, backward, greater, operation
from micrograd_bp.engine import topological_order
from micrograd_bp.engine.derivatives import upstream_gradients
from micrograd_bp.views.gradient_flow import Passage, passage

from .support_drawing import micrograd_readme, network_loss


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (Value(1.0), Passage.OPEN),
        (Value(1.0).relu(), Passage.OPEN),
        (Value(-1.0).relu(), Passage.OFF),
        (Value(-1.0).leaky_relu(), Passage.OPEN),
        (Value(2.0).tanh(), Passage.OPEN),
        (Value(-4.0).tanh(), Passage.SATURATED),
        (Value(40.0).tanh(), Passage.SATURATED),
        (Value(6.0).sigmoid(), Passage.SATURATED),
        (Value(-12.0).silu(), Passage.SATURATED),
        (Value(12.0).silu(), Passage.OPEN),
        (Value(0.001) ** 2, Passage.OPEN),  # passes little, but does not level off
        (Value(0.0) ** 2, Passage.OPEN),
        (Value(math.pi / 2).sin(), Passage.OPEN),
        (Value(0.0) * 0.0, Passage.OFF),
        (Value(0.0) * 1.0, Passage.OPEN),
        (greater(Value(1.0), 0.0), Passage.OPEN),  # has no derivative by nature
        (Value(1.5).floor(), Passage.OPEN),
        (Value(3.0, (Value(1.0),), "by hand"), Passage.OFF),
        (Value(math.nan).tanh(), Passage.OPEN),
    ],
)
def test_passage(node: Value, expected: Passage) -> None:
    assert passage(node) is expected


@pytest.mark.usefixtures("table")
def test_an_operation_of_ones_own_saturates_too() -> None:
    @operation("softsign_here")
    def softsign_here(xp, x):
        d = 1.0 + abs(x)
        return x / d, (1.0 / (d * d),)

    assert passage(Value(20.0).softsign_here()) is Passage.SATURATED
    assert passage(Value(2.0).softsign_here()) is Passage.OPEN


def test_upstream_gradients_are_those_of_backward() -> None:
    for root in (micrograd_readme(), network_loss(2, 4, 1)):
        order = topological_order(root)
        for node in order:
            node.grad = 0.0
        found = upstream_gradients([root, root], order)
        assert all(node.grad == 0.0 for node in order)
        backward([root, root])
        assert all(found[node] == node.grad for node in order)
