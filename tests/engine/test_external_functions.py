"""Functions from outside, with derivatives from outside, as operations of one's own."""

import copy
import math
import pickle
from inspect import signature

import array_api_strict
import numpy as np
import pytest
from scipy import special

from micrograd_bp import (
    OPERATIONS,
    GradientError,
    Value,
    compile,
    derivative,
    external,
    gradcheck,
    gradients,
    no_graph,
    operation,
    steps,
)
from micrograd_bp.engine import external_functions
from micrograd_bp.engine.numbers.namespace import FUNCTIONS

from .support import refused


@pytest.fixture
def j0(table):
    """A function of SciPy's."""

    @external("j0", symbol="J₀")
    def j0(x):
        """The Bessel function J₀."""
        return special.j0(x), (-special.j1(x),)

    return j0


@pytest.fixture
def root(table):
    """A solver with its adjoint: r with r³ + a·r = b, by Newton's method; and how often it was called."""
    calls = []

    @external("root", samples={"a": [(0.5, 2.0)]})
    def root(a, b):
        calls.append((a, b))
        r = 0.0
        for _ in range(60):
            r -= (r**3 + a * r - b) / (3.0 * r * r + a)
        slope = 1.0 / (3.0 * r * r + a)
        return r, (-r * slope, slope)

    root.calls = calls
    return root


def test_a_function_from_outside_is_an_operation(j0):
    x = Value(2.0, label="x")
    node = x.j0()
    assert (node.data, node.local_derivatives) == (special.j0(2.0), (-special.j1(2.0),))
    assert type(node.data) is type(node.local_derivatives[0]) is float
    assert node._op == "J₀"
    assert type(j0(2.0)) is float
    assert j0.__doc__ == Value.j0.__doc__ == "The Bessel function J₀."
    assert str(signature(j0)) == "(x)"
    assert OPERATIONS["j0"].formula().text == "j0(x)\n∂/∂x = j0'(x)"
    gradcheck(lambda x, w: (j0(x) * w).tanh(), [2.0, 0.5])
    (step,) = steps(node)
    assert "∂j0(x)/∂x = j0'(x) = j0'(2) = -0.5767" in str(step)
    assert pickle.loads(pickle.dumps(node)).operation is node.operation
    assert copy.deepcopy(node).operation is node.operation


def test_a_wrong_derivative_is_found(table):
    @external("wrong")
    def wrong(x):
        return math.sin(x), (-math.cos(x),)

    with pytest.raises(GradientError, match="the rule of wrong"):
        gradcheck(wrong, [0.5])


def test_a_solver_is_called_once_for_its_result_and_all_its_derivatives(root):
    a, b = Value(1.0), Value(3.0)
    y = root(a, b)
    assert len(root.calls) == 1
    y.backward()
    r = y.data
    assert r**3 + r == pytest.approx(3.0)
    assert (a.grad, b.grad) == pytest.approx((-r / (3 * r * r + 1.0), 1.0 / (3 * r * r + 1.0)))
    assert len(root.calls) == 1
    gradcheck(lambda a, b: root(a * a, b) * b, [1.2, 3.0])


@pytest.mark.parametrize("form", ["matrices", "straight line"])
@pytest.mark.parametrize("samples", [1, 7, 40])
def test_programs_call_it(root, form, samples):
    a, b, w = Value(1.0), Value(3.0), Value(0.5)
    loss = (root(a * a + 0.5, w * b) - 1.0) ** 2
    program = compile(loss, inputs={"A": a, "B": b}, parameters=[w], form=form, outputs={"y": loss})
    random = np.random.default_rng(0)
    rows = random.uniform(0.5, 2.0, size=(samples, 1)), random.normal(size=(samples, 1))
    root.calls.clear()
    value, gradient = program.value_and_gradient(*rows)
    assert len(root.calls) == samples
    values, slopes = [], []
    for row in np.hstack(rows):
        again = (root(row[0] * row[0] + 0.5, w * row[1]) - 1.0) ** 2
        values.append(again.data)
        slopes += gradients(again, [w])
    assert value == pytest.approx(np.mean(values), rel=1e-12)
    assert gradient == pytest.approx([np.mean(slopes)], rel=1e-12)
    assert program.predict(*rows)["y"].ravel() == pytest.approx(values, rel=1e-12)
    other = pickle.loads(pickle.dumps(program))
    assert other.value_and_gradient(*rows)[0] == value


def test_whole_arrays_are_given_where_they_are_taken(table):
    shapes = []

    @external("k0", arrays=True)
    def k0(x):
        shapes.append(np.shape(x))
        return special.k0(x), (-special.k1(x),)

    x, w = Value(1.0), Value(1.0)
    program = compile(k0(x * w), inputs={"X": x}, parameters=[w], form="matrices")
    rows = np.linspace(0.5, 3.0, 50)
    shapes.clear()
    value, gradient = program.value_and_gradient(rows)
    assert shapes == [(50, 1)]
    assert value == pytest.approx(special.k0(rows).mean(), rel=1e-13)
    assert gradient == pytest.approx([(-special.k1(rows) * rows).mean()], rel=1e-13)
    single = compile(k0(x * w), inputs={"X": x}, parameters=[w], form="matrices", dtype="float32")
    assert single.value_and_gradient(rows)[1].dtype == np.float32


def test_constants_stand_behind_the_operands(table):
    @external("jv", symbol="J{order:g}")
    def jv(x, *, order, scale=1.0):
        return scale * special.jv(order, x), (scale * special.jvp(order, x),)

    x = Value(1.5)
    y = x.jv(order=2)
    assert [y.data, *y.local_derivatives] == pytest.approx([special.jv(2, 1.5), special.jvp(2, 1.5)])
    assert y._op == "J2"
    program = compile(jv(x, order=3, scale=2.0) * x, parameters=[x], form="matrices")
    assert program.value_and_gradient()[1] == pytest.approx(gradients(jv(x, order=3, scale=2.0) * x, [x]))
    with refused(TypeError, "jv needs the constant order"):
        jv(x)


def test_it_is_differentiated_as_far_as_derivatives_were_given(j0):
    x = Value(2.0)
    with refused(LookupError, "j0_x is known as a number only", '@external("j0_x")'):
        gradients(x.j0(), [x], create_graph=True)
    with refused(LookupError, "j0_x is known as a number only"):
        derivative(derivative(j0))(2.0)

    @external("j0_x")
    def j0_x(x):
        return -special.j1(x), (-special.jvp(1, x),)

    assert derivative(derivative(j0))(2.0) == pytest.approx(-special.jvp(1, 2.0))
    with refused(LookupError, "j0_x_x is known as a number only"):
        derivative(derivative(derivative(j0)))(2.0)


def test_rules_on_functions_from_outside_go_on_for_ever(j0):
    """J₀' = -J₁, and J₁' = J₀ - J₁ / x."""

    @external("j1")
    def j1(x):
        return special.j1(x), (special.jvp(1, x),)

    @operation("j0_x")
    def j0_x(xp, x):
        return -xp.j1(x), (xp.j1(x) / x - xp.j0(x),)

    @operation("j1_x")
    def j1_x(xp, x):
        y = xp.j0(x) - xp.j1(x) / x
        return y, (-xp.j1(x) - (y - xp.j1(x) / x) / x,)

    slope = j0
    for order in range(1, 6):
        slope = derivative(slope)
        assert slope(2.0) == pytest.approx(special.jvp(0, 2.0, order), rel=1e-12)


def test_other_libraries_are_refused(j0):
    x = Value(1.0)
    program = compile(x.j0(), parameters=[x])
    with refused(TypeError, "j0 is a function from outside, which runs on floats and on NumPy's arrays"):
        program.namespace(array_api_strict)(array_api_strict.asarray([1.0]))
    with pytest.raises(ValueError, match='form="tape" has no instruction'):
        compile(x.j0(), parameters=[x], form="tape")


def test_a_result_that_does_not_exist_is_refused_and_a_derivative_is_not(table):
    @external("picky")
    def picky(x):
        if x < 0.0:
            raise np.linalg.LinAlgError("no root below 0")
        return math.sqrt(x), (0.5 / math.sqrt(x),) if x else (math.inf,)

    @external("silent", domain="x > 0")
    def silent(x):
        return (math.nan, (math.nan,)) if x < 0.0 else (x, (math.nan,))

    with refused(ValueError, "picky has no result (no root below 0); got x = -1"):
        picky(Value(-1.0))
    assert picky(Value(0.0)).local_derivatives == (math.inf,)
    with refused(ValueError, "silent needs x > 0; got x = -1"):
        silent(-1.0)
    assert math.isnan(silent(Value(1.0)).local_derivatives[0])
    x = Value(4.0)
    program = compile(picky(x), inputs={"X": x}, parameters=[], check=False, outputs={"y": picky(x)})
    np.testing.assert_equal(program.predict([[4.0], [-1.0]])["y"], [[2.0], [math.nan]])


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x, "returns its result and a tuple of derivatives"),
        (lambda x: (x, 1.0), "returns its result and a tuple of derivatives"),
        (lambda x: (x, (1.0, 2.0)), "returns a derivative for each of x, got 2"),
        (lambda x: (1j, (1.0,)), "bad is to give a real number, got complex"),
        (lambda x: (x, (None,)), "the derivative of bad along x is to give a real number, got NoneType"),
        (lambda x: (np.zeros(2), (1.0,)), "bad is to give a real number, got ndarray"),
    ],
)
def test_what_is_no_result_with_derivatives_is_refused_at_the_first_call(table, function, words):
    made = external("bad")(function)
    with refused(TypeError, words):
        made(Value(1.0))


@pytest.mark.parametrize(
    ("name", "function", "error", "words"),
    [
        ("tanh", lambda x: (x, (1.0,)), ValueError, "comes with the package"),
        ("data", lambda x: (x, (1.0,)), ValueError, "a Value has an attribute 'data' already"),
        ("erf", lambda x: (x, (1.0,)), ValueError, "comes with the package"),
        ("two words", lambda x: (x, (1.0,)), ValueError, "a name that can be a method's"),
        ("defaults", lambda x, y=1.0: (x, (1.0, 1.0)), TypeError, "needs operands, without defaults"),
        ("nothing", lambda: (1.0, ()), TypeError, "needs operands, without defaults"),
        ("starred", lambda *x: (1.0, ()), TypeError, "names its operands one by one"),
        ("log", special.j0, TypeError, "decorates a function that names its operands"),
    ],
)
def test_what_cannot_be_an_operation_is_refused_and_leaves_no_trace(table, name, function, error, words):
    operations, functions = dict(OPERATIONS), dict(FUNCTIONS)
    with refused(error, words):
        external(name)(function)
    assert (dict(OPERATIONS), dict(FUNCTIONS)) == (operations, functions)


def test_the_decorator_without_parentheses_is_refused_at_once(table):
    with refused(TypeError, '@external("square_here")'):

        @external
        def square_here(x):
            return x * x, (2.0 * x,)


def test_a_rule_may_take_its_place(j0):
    """For rules that use it too."""

    @operation("twice_j0")
    def twice_j0(xp, x):
        return 2.0 * xp.j0(x), (-2.0 * xp.j0_x(x),)

    before = twice_j0(3.0)

    @operation("j0")
    def j0_as_a_rule(xp, x):
        return xp.cos(x), (-xp.sin(x),)

    assert before == 2.0 * special.j0(3.0)
    assert twice_j0(3.0) == 2.0 * math.cos(3.0)
    x = Value(3.0)
    assert compile(twice_j0(x), parameters=[x], form="matrices").value_and_gradient()[0] == 2.0 * math.cos(3.0)


def test_an_operand_may_be_the_derivative(table):
    @external("half_square", arrays=True)
    def half_square(x):
        return 0.5 * x * x, (x,)

    x, w = Value(1.0), Value(2.0)
    loss = half_square((x * w).exp()) + half_square(w * x + 1.0)
    program = compile(loss, inputs={"X": x}, parameters=[w], form="matrices")
    for rows in (np.linspace(-1.0, 1.0, 100), np.linspace(0.0, 2.0, 100), np.linspace(-1.0, 1.0, 100)):
        expected = (rows * np.exp(4.0 * rows) + rows * (2.0 * rows + 1.0)).mean()
        assert program.value_and_gradient(rows)[1] == pytest.approx([expected], rel=1e-12)


def test_it_may_be_defined_again(j0):
    @external("j0")
    def j0_again(x):
        return 2.0 * x, (2.0,)

    assert Value(3.0).j0().data == j0_again(3.0) == 6.0


def test_each_pass_calls_it_anew(table):
    factor = [2.0]

    @external("scaled_here")
    def scaled_here(x):
        return factor[0] * x, (factor[0],)

    x = Value(3.0)
    program = compile(scaled_here(x), parameters=[x])
    assert program.value_and_gradient()[0] == 6.0
    factor[0] = 5.0
    value, gradient = program.value_and_gradient()
    assert (value, gradient.tolist()) == (15.0, [5.0])
    assert (scaled_here(x).data, scaled_here(x).local_derivatives) == (15.0, (5.0,))


def test_it_may_differentiate_values_of_its_own(table):
    @external("by_values")
    def by_values(x):
        inner = Value(x)
        y = inner.tanh() * inner
        return y.data, gradients(y, [inner])

    gradcheck(by_values, [0.7])
    with no_graph():
        assert by_values(Value(0.7)).data == math.tanh(0.7) * 0.7


def test_a_method_is_a_function_of_what_comes_behind_its_object(table):
    class Spring:
        stiffness = 3.0

        def energy(self, x):
            return 0.5 * self.stiffness * x * x, (self.stiffness * x,)

    energy = external("energy")(Spring().energy)
    assert OPERATIONS["energy"].operand_names == ("x",)
    assert (energy(2.0), energy(Value(2.0)).local_derivatives) == (6.0, (6.0,))
    assert str(signature(energy)) == "(x)"


def test_no_more_is_kept_than_a_backward_pass_needs(table, monkeypatch):
    monkeypatch.setattr(external_functions, "MOST_KEPT", 10)
    calls = []

    @external("counted", arrays=True)
    def counted(x):
        calls.append(np.size(x))
        return x * x, (2.0 * x,)

    x = Value(1.0)
    program = compile(counted(x), inputs={"X": x}, parameters=[], form="matrices")
    for rows in (np.arange(4.0), np.arange(40.0), np.arange(5.0)):
        value, _, slopes = program.value_and_gradient(rows, with_respect_to="X")
        assert value == pytest.approx(np.mean(rows**2))
        np.testing.assert_allclose(slopes.ravel(), 2.0 * rows / len(rows))
    assert calls[-3:] == [4, 40, 5]
