"""Bad input is refused at the door, with a message that says what was given, what was expected and what to do."""

import cmath
import math
import operator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from matplotlib.figure import Figure

from micrograd_bp.engine import OPERATIONS, Value, backward, operations
from micrograd_bp.engine.operations import constant_power, dot, elu, leaky_relu, logsumexp, sum, tanh, where

from .support import each_operation, refused

NOT_NUMBERS = ["3", b"3", None, [1.0], (1.0,), {1.0}, np.array(3.0), np.array([1.0]), 1j, np.complex128(1), Decimal(1)]


@pytest.mark.parametrize("given", NOT_NUMBERS, ids=repr)
def test_a_value_is_made_of_one_real_number(given):
    with refused(TypeError, f"expected a real number, got {type(given).__name__}", repr(given)[:70], "pass an int"):
        Value(given)


def test_a_value_is_not_made_of_a_value():
    with refused(TypeError, "expected a real number, got Value: Value(data=2, grad=0)"):
        Value(Value(2.0))


NUMPYS_NUMBERS = [np.float64(3), np.float32(3), np.float16(3), np.longdouble(3), np.int8(3), np.uint64(3), np.True_]


@pytest.mark.parametrize(
    "number", [3, 3.0, True, Fraction(3, 4), math.nan, math.inf, -math.inf, *NUMPYS_NUMBERS], ids=repr
)
def test_real_numbers_of_all_kinds_become_float(number):
    assert type(Value(number).data) is float
    assert Value(number).data == float(number) or math.isnan(number)
    assert type(tanh(number)) is float
    assert type((Value(1.0) + number).operands[1].data) is float


def test_an_integer_too_large_for_a_float_is_refused_as_python_does():
    with refused(OverflowError, "int too large to convert to float"):
        Value(10**400)


# ---- leaving the graph silently


@pytest.mark.parametrize("leave", [float, int, complex, math.exp, math.isnan, cmath.sqrt, "%.2f".__mod__])
def test_turning_into_a_number_is_refused(leave):
    with refused(TypeError, "leave the graph silently", "v.data is its number", "v.exp() or micrograd_bp.exp(v)"):
        leave(Value(2.0))


def test_what_an_array_of_numbers_and_a_plot_want_is_said():
    with refused(TypeError, "dtype=object, np.zeros(3, dtype=object)"):
        np.zeros(3)[0] = Value(2.0)
    with refused(TypeError, "also for plots, [v.data for v in values]"):
        Figure().subplots().plot([Value(2.0), Value(3.0)])
    array = np.zeros(3, dtype=object)
    array[0] = Value(2.0)
    assert array[0].data == 2.0


@pytest.mark.parametrize("name", ["item", "value", "numpy", "tolist"])
def test_what_other_libraries_call_the_number_is_named(name):
    v = Value(2.0)
    with refused(AttributeError, f"'Value' object has no attribute '{name}': its number is v.data"):
        getattr(v, name)
    with refused(AttributeError, f"'Value' object has no attribute '{name}': its number is v.data"):
        setattr(v, name, 3.0)
    assert not hasattr(v, name)


@pytest.mark.parametrize("name", ["clip", "clamp"])
def test_what_keeps_a_number_between_bounds_is_named(name):
    with refused(AttributeError, f"'Value' object has no attribute '{name}': write v.maximum(low).minimum(high)"):
        getattr(Value(2.0), name)(0.0, 1.0)


def test_there_is_no_room_for_attributes_of_ones_own_but_in_a_class_of_ones_own():
    v = Value(2.0)
    with refused(AttributeError, "no attribute 'velocity'"):
        v.velocity = 0

    class Parameter(Value):
        """Has room for it."""

    p = Parameter(2.0)
    p.velocity = 1.0
    assert (p * 3.0).data + p.velocity == 7.0


# ---- numbers that are set


USES = {
    "an operator": lambda p: p * 2.0,
    "the other side": lambda p: 2.0 - p,
    "a power": lambda p: p**2,
    "a method": lambda p: p.tanh(),
    "a sign": lambda p: -p,
    "relu": lambda p: p.relu(),
    "two operands": lambda p: p.maximum(0.0),
    "a group": lambda p: dot([p], [2.0]),
    "detach": lambda p: p.detach(),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_data_that_is_no_number_is_named_where_it_is_used(use):
    p = Value(2.0, label="p")
    p.data = p - 0.1 * p
    words = ("somebody has set the .data of 'p' to a Value", "it needs its .data", "p.data -= 0.1 * p.grad")
    with refused(TypeError, *words):
        use(p)
    for given in ("x", None, [1.0], 1j):
        p.data = given
        words = f"somebody has set the .data of 'p' to a {type(given).__name__}, where it needs a number"
        with refused(TypeError, words, repr(given)):
            use(p)
    p.data = 3  # a number of another kind is one
    assert isinstance(use(p).data, float)


def test_how_a_branch_is_kept_inside_a_domain_is_said():
    x = Value(0.0)
    for compute in (lambda: where(x.greater(0.0), x.log(), 0.0), lambda: 1.0 / x, lambda: (x - 1.0).sqrt()):
        with pytest.raises((ValueError, ZeroDivisionError), match=r"where\(c, log\(where\(c, x, 1\)\), y\)"):
            compute()
    c = x.greater(0.0)
    y = where(c, where(c, x, 1.0).log(), 7.0)  # as the message says
    y.backward()
    assert (y.data, x.grad) == (7.0, 0.0)
    with pytest.raises(OverflowError) as caught:  # another cure
        Value(1e3).exp()
    assert "where" not in str(caught.value)


@pytest.mark.parametrize(
    "decide",
    [bool, operator.not_, lambda v: 1 if v else 0, lambda v: v and 1, lambda v: any([v]), lambda v: (v > 0) & bool(v)],
)
def test_truth_is_refused(decide):
    with refused(TypeError, "no truth of its own", "v.data != 0", "micrograd_bp.where(condition, a, b)"):
        decide(Value(0.0))


# ---- operands


@pytest.mark.parametrize("given", ["x", None, [1.0], {}, 1j], ids=repr)
@pytest.mark.parametrize(
    "act", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.lt, operator.ge]
)
def test_operators_take_values_and_real_numbers_only(act, given):
    with refused(TypeError, "Value"):
        act(Value(2.0), given)
    with refused(TypeError, "Value"):
        act(given, Value(2.0))


@pytest.mark.parametrize("act", [operator.matmul, operator.and_, operator.lshift])
def test_operators_without_a_derivative_are_not_there(act):
    with refused(TypeError, "unsupported operand type(s)"):
        act(Value(2.0), Value(1.0))


def test_power_with_a_modulus_is_refused():
    with refused(TypeError, "unsupported operand"):
        pow(Value(2.0), 2, 3)


@each_operation
@pytest.mark.parametrize("given", ["x", None, 1j, np.array([1.0])], ids=repr)
def test_functions_take_values_and_real_numbers_only(name, given):
    entry = OPERATIONS[name]
    constants = dict.fromkeys(entry.trace.constants, 2.0)
    for place, operand in enumerate(entry.operand_names):
        operands = [[Value(1.0)] if each in entry.many else Value(1.0) for each in entry.operand_names]
        operands[place] = [given] if operand in entry.many else given
        with refused(TypeError, f"expected a real number, got {type(given).__name__}"):
            getattr(operations, name)(*operands, **constants)


@each_operation
def test_functions_say_how_many_operands_they_take(name):
    entry = OPERATIONS[name]
    function = getattr(operations, name)
    constants = dict.fromkeys(entry.trace.constants, 2.0)
    names = entry.operand_names
    words = (f"{name} takes {len(names)} operand", f"({', '.join(names)})")
    with refused(TypeError, *words, "got 0"):
        function(**constants)
    with refused(TypeError, *words, f"got {len(names) + 1}"):
        function(*[1.0] * (len(names) + 1), **constants)


@each_operation
def test_functions_say_which_constants_they_have(name):
    entry = OPERATIONS[name]
    function = getattr(operations, name)
    operands = [[1.0] if each in entry.many else 1.0 for each in entry.operand_names]
    known = ", ".join(entry.trace.constants) or "none"
    with refused(TypeError, f"{name} has no constant 'nonsense'; it has: {known}"):
        function(*operands, nonsense=1.0)


def test_a_constant_is_a_number_and_not_a_value():
    with refused(TypeError, "expected a real number, got str: 'x'"):
        elu(1.0, alpha="x")
    with refused(TypeError, "expected a real number, got Value"):
        leaky_relu(Value(1.0), slope=Value(0.1))


def test_a_missing_constant_is_named():
    with refused(TypeError, "constant_power needs the constant exponent="):
        constant_power(Value(2.0))


@pytest.mark.parametrize("act", [dot, lambda w, x: dot(w, x, 1.0)])
def test_groups_of_different_lengths(act):
    with refused(ValueError, "dot needs equally many members in each group, got 2 in w and 3 in x"):
        act([Value(1.0), 2.0], [1.0, 2.0, 3.0])


def test_a_group_is_a_list_of_numbers():
    with refused(TypeError, "sum takes a list of numbers as x, got str"):
        sum("123")
    with refused(TypeError, "dot takes a list of numbers as w, got float"):
        dot(1.0, [2.0])
    with refused(TypeError, "logsumexp takes a list of numbers as x, got Value"):
        logsumexp(Value(1.0))


def test_groups_may_be_any_iterable():
    values = [Value(1.0), Value(2.0)]
    assert sum(iter(values)).operands == tuple(values)
    assert dot(tuple(values), np.array([3.0, 4.0])).data == 11.0
    assert dot(np.array(values), (number for number in (3.0, 4.0))).data == 11.0


# ---- backward


def test_backward_starts_from_values():
    with refused(TypeError, "backward starts from Values, got float: 3.0"):
        backward([Value(1.0), 3.0])


def test_backward_takes_one_gradient_for_each_output():
    a = Value(1.0)
    with refused(ValueError, "one gradient for each output: 2 outputs, 1 gradients"):
        backward([a, a], [1.0])
    assert a.grad == 0.0


@pytest.mark.parametrize("given", ["1", None, [1.0], 1j], ids=repr)
def test_backward_takes_numbers_as_gradients(given):
    a = Value(1.0)
    with refused(TypeError, f"expected a real number, got {type(given).__name__}"):
        a.backward(given)
    with refused(TypeError, f"expected a real number, got {type(given).__name__}"):
        backward([a, a], [1.0, given])
    assert a.grad == 0.0


def test_backward_of_one_value_is_a_method():
    """The function takes a list of them."""
    with refused(TypeError, "output.backward()"):
        backward(Value(1.0))
