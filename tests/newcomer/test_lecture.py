"""The first hour of somebody who has seen a lecture on micrograd: no `label=`, no `names=`, classes of their own."""

import copy
import pickle
import random
from collections import Counter
from typing import Any

import pytest

from micrograd_bp import MLP, Module, Value, draw, gradient_report, mse, steps
from micrograd_bp.engine import topological_order
from micrograd_bp.engine.origin import Leaf
from micrograd_bp.views.names import Names, Role


def names_of(root: Value) -> Names:
    return Names(None, [root], topological_order(root))


def roles_of(root: Value) -> dict[str, Role]:
    names = names_of(root)
    return {names[node]: names.role(node) for node in topological_order(root) if not node.operands}


class TestExpressions:
    def test_a_persons_values_have_their_variables_names_and_numbers_are_constants(self) -> None:
        price = Value(2.0)
        fee, rebate = Value(-3.0), Value(10.0)
        total = price * fee + rebate * 2
        total.backward()
        assert roles_of(total) == {
            **{"price": Role.INPUT, "fee": Role.INPUT, "rebate": Role.INPUT},
            "constant": Role.CONSTANT,
        }
        assert [step.operand_name for step in steps(total)] == [
            *("multiply", "multiply_2", "rebate", "constant", "price", "fee")
        ]
        assert "<B>price</B>" in str(draw(total))

    def test_places_in_lists_dictionaries_and_attributes(self) -> None:
        xs = [Value(1.0), Value(2.0)]
        ws = [Value(i) for i in range(2)]
        by_key = {"left": Value(4.0)}
        either = Value(5.0) if xs else None
        product = xs[0] * xs[1] * ws[0] * ws[1] * by_key["left"] * (walrus := Value(1.0)) * either
        assert set(roles_of(product)) == {"xs.0", "xs.1", "ws.0", "ws.1", "by_key.left", "walrus", "either"}
        assert walrus.origin is not None

    def test_where_the_source_tells_nothing_a_value_is_v1_everywhere(self) -> None:
        total = Value(1.0) * 3.0 + Value(2.0)
        assert set(roles_of(total)) == {"v1", "v2", "constant"}
        assert "<B>v1</B>" in str(draw(total))
        assert {"v1", "v2"} <= {step.operand_name for step in steps(total)}

    def test_what_is_made_of_a_value_does_not_get_its_name(self) -> None:
        y = Value(2.0) * 3.0
        pair = max(Value(4.0), Value(3.0))
        assert set(roles_of(y + pair)) == {"v1", "v2", "constant"}

    @pytest.mark.parametrize("again", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
    def test_names_survive_copies(self, again: Any) -> None:
        height = Value(2.0)
        assert set(roles_of(again(height * 2.0))) == {"height", "constant"}

    def test_code_without_source_has_no_names(self) -> None:
        space: dict[str, Any] = {"Value": Value}
        exec("a = Value(1.0)", space)
        assert set(roles_of(space["a"] * 2.0)) == {"v1", "constant"}


class Unit(Module):
    """A neuron as in the lecture: it defines `__call__` itself."""

    def __init__(self, size: int) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(size)]
        self.b = Value(random.uniform(-1, 1))

    def __call__(self, x: Any) -> Value:
        return sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b).tanh()


class Row(Module):
    """A layer of them."""

    def __init__(self, size: int, count: int) -> None:
        self.units = [Unit(size) for _ in range(count)]

    def __call__(self, x: Any) -> Any:
        made = [unit(x) for unit in self.units]
        return made[0] if len(made) == 1 else made


class Net(Module):
    """A network of those."""

    def __init__(self, size: int, counts: list[int]) -> None:
        self.rows = [Row(a, b) for a, b in zip([size, *counts], counts, strict=False)]

    def __call__(self, x: Any) -> Any:
        for row in self.rows:
            x = row(x)
        return x


SAMPLES = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
TARGETS = [1.0, -1.0, -1.0, 1.0]


class TestClasses:
    def test_parameters_belong_to_their_modules_and_inputs_to_the_call(self) -> None:
        random.seed(1)
        net = Net(3, [4, 4, 1])
        output = net(SAMPLES[2])
        roles = roles_of(output)
        assert Counter(roles.values()) == {Role.PARAMETER: 41, Role.INPUT: 3}
        assert {"rows.0.units.3.w.2", "rows.2.units.0.b", "x.0", "x.1", "x.2"} <= set(roles)
        names = names_of(output)
        assert all(names.module(node) is not None for node in topological_order(output) if node.operands)

    def test_training_goes_on_and_the_drawing_shows_layers(self) -> None:
        random.seed(2)
        net = Net(3, [4, 4, 1])
        losses = []
        for _ in range(20):
            loss = sum((net(x) - y) ** 2 for x, y in zip(SAMPLES, TARGETS, strict=True))
            net.zero_grad()
            loss.backward()
            losses.append(loss.data)
            for p in net.parameters():
                p.data -= 0.05 * p.grad
        assert losses[-1] < losses[0] / 4
        source = str(draw(loss))
        assert all(f"rows.{i}" in source for i in range(3))

    def test_a_parameter_appended_later_belongs_to_the_module_at_the_next_call(self) -> None:
        unit = Unit(1)
        extra = Value(2.0)
        unit.w.append(extra)
        unit([1.0, 2.0])
        assert extra.origin is not None
        assert (extra.origin.leaf, extra.origin.scope) == (Leaf.PARAMETER, "w.1")

    def test_an_equal_literal_inside_a_module_stays_a_constant(self) -> None:
        class Logistic(Module):
            def __init__(self) -> None:
                self.w = Value(0.5)

            def __call__(self, x: float) -> Value:
                return 1.0 / (1.0 + (-(self.w * x)).exp())

        assert Counter(roles_of(Logistic()(1.0)).values()) == {Role.PARAMETER: 1, Role.INPUT: 1, Role.CONSTANT: 2}

    def test_without_the_base_class_much_is_drawn_in_part_and_says_why(self) -> None:
        values = [Value(float(i)) for i in range(200)]
        loss = sum(value * value for value in values)
        source = str(draw(loss))
        assert "derive classes from micrograd_bp.nn.Module" in source


@pytest.mark.parametrize("penalty", ["l2", "sum"])
def test_a_penalty_on_the_weights_leaves_them_in_their_layers(penalty: str) -> None:
    from micrograd_bp.nn.losses import l2

    model = MLP(2, [8, 1], activation="tanh", rng=3)
    inputs, targets = [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]], [1.0, -1.0, 0.5]
    weights = model.parameters()
    amount = l2(weights) if penalty == "l2" else sum(p * p for p in weights)
    loss = mse([model(x) for x in inputs], targets) + 1e-4 * amount
    loss.backward()
    for layer, row in zip(model.layers, gradient_report(loss).layers, strict=True):
        expected = sum(p.grad**2 for p in layer.parameters()) ** 0.5
        assert expected > 0.01
        assert row.parameter_gradient_norm == pytest.approx(expected, rel=1e-12)
    assert Counter(roles_of(loss).values())[Role.PARAMETER] == len(weights)
