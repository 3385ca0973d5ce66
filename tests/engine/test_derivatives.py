"""Derivatives as graphs, of any order, against mpmath at 50 digits and against finite differences."""

import math
import random
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_bp import OPERATIONS, Value, evaluate_again, gradients, maximum, tanh, where
from micrograd_bp.engine import Operation, leaves, size, topological_order
from micrograd_bp.engine.derivatives import derivative_label, local_derivatives, tangents
from micrograd_bp.engine.numbers.namespace import Namespace
from micrograd_bp.engine.operations import dot, exp, logsumexp, relu, sin
from micrograd_bp.engine.table import bind
from tests.cases import each_case

from .test_random_graphs import graphs, moderate


class Digits(Namespace):
    """mpmath's numbers as a namespace that rules run on: a rule's *result*, to 50 digits, is the witness."""

    names = {"asin": "asin", "pow": "power", "abs": "fabs", "log2": "", "log10": "log10"}  # noqa: RUF012  # constant

    def __getattr__(self, name: str) -> Callable[..., Any]:
        native = getattr(mpmath, self.names.get(name, name), None)
        return native if native is not None else super().__getattr__(name)

    greater = staticmethod(lambda a, b: mpmath.mpf(a > b))
    greater_equal = staticmethod(lambda a, b: mpmath.mpf(a >= b))
    less = staticmethod(lambda a, b: mpmath.mpf(a < b))
    less_equal = staticmethod(lambda a, b: mpmath.mpf(a <= b))
    equal = staticmethod(lambda a, b: mpmath.mpf(a == b))
    not_equal = staticmethod(lambda a, b: mpmath.mpf(a != b))
    where = staticmethod(lambda condition, a, b: a if condition else b)
    maximum = staticmethod(max)
    minimum = staticmethod(min)
    floor = staticmethod(mpmath.floor)
    trunc = staticmethod(lambda x: mpmath.floor(x) if x > 0 else mpmath.ceil(x))
    exp2 = staticmethod(lambda x: mpmath.mpf(2) ** x)
    log2 = staticmethod(lambda x: mpmath.log(x, 2))
    cbrt = staticmethod(lambda x: mpmath.sign(x) * abs(x) ** (mpmath.mpf(1) / 3))
    sum = staticmethod(lambda x: mpmath.fsum(x))
    dot = staticmethod(lambda w, x: mpmath.fsum(a * b for a, b in zip(w, x, strict=True)))
    remainder = staticmethod(lambda a, b: a - b * mpmath.floor(a / b))
    floor_divide = staticmethod(lambda a, b: mpmath.floor(a / b))
    fmod = staticmethod(lambda a, b: a - b * (mpmath.floor(a / b) if a * b > 0 else mpmath.ceil(a / b)))
    round = staticmethod(mpmath.nint)
    lgamma = staticmethod(lambda x: mpmath.log(abs(mpmath.gamma(x))))
    polygamma = staticmethod(lambda x, order: mpmath.polygamma(int(order), x))
    sinc_derivative = staticmethod(lambda x, order: mpmath.diff(mpmath.sincpi, x, int(order)))
    logsumexp = staticmethod(lambda x: mpmath.log(mpmath.fsum(mpmath.exp(each) for each in x)))


DIGITS = Digits()


def drawn_points(entry: Operation, rng: random.Random) -> tuple[Operation, list[float]]:
    """The entry with constants bound, and its operands laid out, from its sample intervals."""

    def draw(name: str) -> float:
        return rng.uniform(*rng.choice(entry.samples.get(name, [(-2.0, 2.0)])))

    operation = bind(entry, {name: draw(name) for name in entry.trace.constants})
    operands = [[draw(name) for _ in range(3)] if name in entry.many else draw(name) for name in entry.operand_names]
    return operation, operation.flat(operands)


def result_to_50_digits(operation: Operation, numbers: list[Any]) -> Any:
    return operation.rule(DIGITS, *operation.arranged(numbers))[0]


@each_case("name", OPERATIONS)
def test_first_to_third_derivatives_are_those_at_50_digits(name: str) -> None:
    rng = random.Random(f"derivatives of {name}")
    for _ in range(5):
        operation, numbers = drawn_points(OPERATIONS[name], rng)
        values = [Value(number) for number in numbers]
        output = Value.apply(operation, values)
        for place in range(len(values)):

            def along(x: Any, place: int = place, numbers: list[float] = numbers, op: Operation = operation) -> Any:
                moved = [mpmath.mpf(number) for number in numbers]
                moved[place] = x
                return result_to_50_digits(op, moved)

            derivative = output
            for order in (1, 2, 3):
                (derivative,) = gradients(derivative, [values[place]], create_graph=True)
                with mpmath.workdps(50):
                    expected = float(mpmath.diff(along, mpmath.mpf(numbers[place]), order))
                assert derivative.data == pytest.approx(expected, rel=1e-9, abs=1e-9), (numbers, place, order)


@each_case("name", [name for name, entry in OPERATIONS.items() if len(entry.operand_names) > 1])
def test_mixed_second_derivatives_are_those_at_50_digits(name: str) -> None:
    rng = random.Random(f"mixed derivatives of {name}")
    operation, numbers = drawn_points(OPERATIONS[name], rng)
    values = [Value(number) for number in numbers]
    output = Value.apply(operation, values)
    first = gradients(output, values, create_graph=True)
    for i in range(len(values)):
        for j, mixed in enumerate(gradients(first[i], values, create_graph=True)):
            if i == j:
                continue

            def along(x: Any, y: Any, i: int = i, j: int = j) -> Any:
                moved = [mpmath.mpf(number) for number in numbers]
                moved[i], moved[j] = x, y
                return result_to_50_digits(operation, moved)

            with mpmath.workdps(50):
                expected = float(mpmath.diff(along, (mpmath.mpf(numbers[i]), mpmath.mpf(numbers[j])), (1, 1)))
            assert mixed.data == pytest.approx(expected, rel=1e-9, abs=1e-9)


def nth_derivative(function: Callable[[Value], Value], order: int, x: float) -> Value:
    value = Value(x, label="x")
    derivative = function(value)
    for _ in range(order):
        (derivative,) = gradients(derivative, [value], create_graph=True)
    return derivative


SMOOTH: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sigmoid": (lambda x: x.sigmoid(), lambda x: 1 / (1 + mpmath.exp(-x))),
    "softplus": (lambda x: x.softplus(), lambda x: mpmath.log(1 + mpmath.exp(x))),
    "tanh": (lambda x: x.tanh(), mpmath.tanh),
    "gelu": (lambda x: x.gelu(), lambda x: x * mpmath.ncdf(x)),
    "silu": (lambda x: x.silu(), lambda x: x / (1 + mpmath.exp(-x))),
    "logsumexp": (lambda x: logsumexp([x, 0.5]), lambda x: mpmath.log(mpmath.exp(x) + mpmath.exp(0.5))),
}


@pytest.mark.parametrize("x", [0.0, 40.0, -40.0])
@pytest.mark.parametrize("name", SMOOTH)
def test_four_derivatives_at_zero_and_far_out(name: str, x: float) -> None:
    ours, exact = SMOOTH[name]
    for order in (1, 2, 3, 4):
        with mpmath.workdps(60):
            expected = float(mpmath.diff(exact, mpmath.mpf(x), order))
        assert nth_derivative(ours, order, x).data == pytest.approx(expected, rel=1e-13, abs=1e-15), order


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_elu_has_its_left_branch_at_zero_in_every_order(order: int) -> None:
    def elu(x: Value) -> Value:
        return x.elu(alpha=1.5)

    assert nth_derivative(elu, order, 0.0).data == 1.5
    assert nth_derivative(elu, order, 40.0).data == (1.0 if order == 1 else 0.0)
    assert nth_derivative(elu, order, -40.0).data == pytest.approx(1.5 * math.exp(-40.0), rel=1e-14)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3])
def test_powers_at_zero_have_derivatives_of_every_order(exponent: int) -> None:
    for order in (1, 2, 3, 4, 5):
        expected = math.factorial(exponent) if order == exponent else 0.0
        assert nth_derivative(lambda x: x**exponent, order, 0.0).data == expected


def test_high_orders() -> None:
    with mpmath.workdps(50):
        tenth = float(mpmath.diff(lambda x: mpmath.exp(mpmath.sin(x)), 1, 10))
        sixth = float(mpmath.diff(mpmath.tanh, mpmath.mpf(0.3), 6))
    assert nth_derivative(lambda x: exp(sin(x)), 10, 1.0).data == pytest.approx(tenth, rel=1e-9)
    assert nth_derivative(tanh, 6, 0.3).data == pytest.approx(sixth, rel=1e-9)


def test_the_graph_of_a_high_derivative_stays_small() -> None:
    # exp(x) and exp(exp(x)) are their own derivatives, so the nodes serve again; contributions end in one dot.
    sizes = [size(nth_derivative(lambda x: exp(exp(x)), order, 0.2)).nodes for order in range(1, 7)]
    assert sizes == [4, 6, 9, 14, 23, 40]
    sixth = nth_derivative(lambda x: exp(exp(x)), 6, 0.2)
    operations = [node.operation.name for node in topological_order(sixth) if node.operation is not None]
    assert operations.count("exp") == 2


def test_a_choice_in_a_derivative_follows_the_data() -> None:
    x = Value(2.0)
    for function, derivative_at in [
        (lambda x: relu(x) ** 2, lambda x: 2.0 * max(x, 0.0)),
        (lambda x: maximum(x * x, x), lambda x: 2.0 * x if x * x > x else 1.0),
        (lambda x: where(x.greater(1.0), x**3, sin(x)), lambda x: 3.0 * x * x if x > 1.0 else math.cos(x)),
    ]:
        (graph,) = gradients(function(x), [x], create_graph=True)
        for number in (2.0, 0.5, -1.5, 3.0):
            assert evaluate_again([graph], {x: number}) == [pytest.approx(derivative_at(number), rel=1e-14)]
    assert x.data == 2.0


def test_a_derivative_that_is_a_node_already_is_that_node() -> None:
    x, w = Value(3.0), Value(5.0)
    assert gradients(w * x, [x], create_graph=True) == [w]
    y = exp(x)
    assert gradients(y, [x], create_graph=True) == [y]


def test_several_contributions_become_one_dot() -> None:
    x = Value(0.5)
    (derivative,) = gradients(x.sin() * x + x.exp() * x, [x], create_graph=True)
    assert derivative.operation is not None
    assert derivative.operation.name == "dot"
    assert derivative.data == pytest.approx(
        math.cos(0.5) * 0.5 + math.sin(0.5) + math.exp(0.5) * 0.5 + math.exp(0.5), rel=1e-15
    )


def test_only_written_zeros_and_ones_are_simplified_away() -> None:
    x, one, zero = Value(2.0), Value(1.0), Value(0.0)
    (by_x,) = gradients((x * one).tanh() * zero, [x], create_graph=True)
    below = topological_order(by_x)
    assert one in below
    assert zero in below
    assert evaluate_again([by_x], {zero: 2.0, one: 3.0}) == [pytest.approx(2.0 * 3.0 * (1.0 - math.tanh(6.0) ** 2))]


def test_no_gradient_is_touched() -> None:
    x = Value(0.5)
    y = (x * x).tanh()
    y.backward()
    before = [node.grad for node in topological_order(y)]
    gradients(y, [x])
    gradients(y, [x], create_graph=True)
    assert [node.grad for node in topological_order(y)] == before


def test_inputs_may_be_inner_nodes_or_unconnected() -> None:
    x, stranger = Value(0.5), Value(1.0)
    inner = x.exp()
    y = inner * inner + x
    assert gradients(y, [inner, x, stranger, y]) == pytest.approx([2 * inner.data, 2 * inner.data**2 + 1.0, 0.0, 1.0])
    graphs = gradients(y, [inner, x, stranger, y], create_graph=True)
    assert [graph.data for graph in graphs] == pytest.approx(gradients(y, [inner, x, stranger, y]))


def test_derivative_graphs_follow_ieee() -> None:
    x = Value(0.0)
    (first,) = gradients(x.sqrt(), [x], create_graph=True)
    assert first.data == math.inf
    (second,) = gradients(first, [x], create_graph=True)
    assert second.data == -math.inf
    with pytest.raises(ZeroDivisionError):
        1.0 / x  # only inside a derivative graph


def test_labels_say_what_a_derivative_is_of() -> None:
    assert derivative_label("y", "x") == "∂y/∂x"
    assert derivative_label("∂y/∂x", "x") == "∂²y/∂x²"
    assert derivative_label("∂²y/∂x²", "w") == "∂³y/∂x²∂w"
    assert derivative_label("∂¹⁰y/∂x⁹", "x") == "∂¹¹y/∂x¹⁰"
    assert nth_derivative(lambda x: (x * x).tanh(), 2, 0.5).label == "∂²y/∂x²"


def test_local_derivatives_of_a_node_are_values_or_written_numbers() -> None:
    x, w, b = Value(2.0), Value(3.0), Value(1.0)
    assert local_derivatives(dot([w], [x], b)) == [x, w, 1.0]
    assert local_derivatives(x + w) == [1.0, 1.0]
    assert local_derivatives(x) == []


@moderate
@given(graphs(), st.randoms(use_true_random=False))
def test_hessians_of_random_graphs(roots: list[Value], rng: random.Random) -> None:
    """Symmetric, equal to differences of the gradient, and times a vector what one forward sweep over it gives."""
    (root,) = roots
    variables = leaves(root)
    slopes = gradients(root, variables, create_graph=True)
    assert [slope.data for slope in slopes] == pytest.approx(gradients(root, variables), rel=1e-10, abs=1e-10)
    hessian = np.array([gradients(slope, variables) for slope in slopes])
    scale = max(float(np.max(np.abs(hessian))), 1.0)
    np.testing.assert_allclose(hessian, hessian.T, rtol=0, atol=1e-12 * scale)
    direction = [rng.uniform(-1.0, 1.0) for _ in variables]
    product = tangents(slopes, dict(zip(variables, direction, strict=True)))
    np.testing.assert_allclose(product, hessian @ direction, rtol=0, atol=1e-12 * scale * len(variables))
    for column, variable in enumerate(variables):
        difference = slope_of_list(lambda x, v=variable: evaluate_again(slopes, {v: x}), variable.data)
        np.testing.assert_allclose(hessian[:, column], difference, rtol=1e-5, atol=1e-6 * scale)


def slope_of_list(function: Callable[[float], list[float]], x: float, step: float = 1e-4) -> Any:
    """Central differences of fourth order."""
    values = {k: np.array(function(x + k * step)) for k in (-2, -1, 1, 2)}
    return (8.0 * (values[1] - values[-1]) - (values[2] - values[-2])) / (12.0 * step)


def test_only_new_nodes_are_labelled() -> None:
    x, w = Value(2.0, label="x"), Value(3.0)
    y = (x * w).exp()
    y.label = "y"
    gradients(y, [x], create_graph=True)
    assert [node.label for node in topological_order(y)] == ["x", "", "", "y"]
