"""`Value` and `backward`: the traps by name, operators, what a person sees."""

import bdb
import copy
import math
import threading
from fractions import Fraction

import numpy as np
import pytest

from micrograd_bp.engine import Value, backward, gradients, no_graph
from micrograd_bp.engine.operations import dot, sqrt, tanh

# ---- traps


def test_a_plus_a():
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2.0


def test_a_times_a():
    a = Value(3.0)
    (a * a).backward()
    assert a.grad == 6.0


def test_a_minus_a_and_a_over_a():
    a = Value(3.0)
    (a - a).backward()
    (a / a).backward()
    assert a.grad == 0.0


def test_a_value_in_both_groups_of_a_dot():
    a, b = Value(3.0), Value(4.0)
    dot([a, b], [a, b], a).backward()
    assert (a.grad, b.grad) == (7.0, 8.0)


def test_diamond():
    """The middle is reached on two ways and passes its gradient on once."""
    a = Value(2.0)
    middle = a * 3.0
    (middle * middle + middle).backward()
    assert middle.grad == 13.0
    assert a.grad == 39.0


def test_diamonds_on_diamonds():
    """2⁶⁰ ways from the top to the bottom, sixty nodes."""
    a = x = Value(1.0)
    for _ in range(60):
        x = x + x
    x.backward()
    assert a.grad == 2.0**60


def test_a_node_that_is_reached_early_and_late():
    """The gradient of `b` is complete before it is passed on, although the output uses it directly as well."""
    a = Value(2.0)
    b = a * a
    (b + tanh(sqrt(b) * b)).backward()
    slope = 1.0 + (1.0 - math.tanh(8.0) ** 2) * 1.5 * 2.0
    assert a.grad == pytest.approx(slope * 4.0)


def test_in_place_operators_make_new_nodes():
    a = Value(2.0)
    b = a
    b += 1.0
    b *= 3.0
    b -= 1.0
    b /= 2.0
    b **= 2
    assert a.data == 2.0
    assert b is not a
    b.backward()
    assert b.data == 16.0
    assert a.grad == 2 * 4.0 * 1.5


def test_backward_twice_gives_leaves_twice_the_gradient():
    a = Value(3.0)
    inner = a * a
    output = inner * 2.0
    output.backward()
    output.backward()
    assert a.grad == 24.0
    assert inner.grad == 2.0
    assert output.grad == 1.0


def test_two_losses_on_one_trunk():
    """Leaves get the sum; the trunk has the gradient of the latest backward."""
    a = Value(3.0)
    trunk = a * a
    first, second = trunk * 2.0, trunk * 5.0
    first.backward()
    second.backward()
    assert a.grad == 7.0 * 6.0
    assert trunk.grad == 5.0


def test_backward_on_an_inner_node():
    a = Value(3.0)
    inner = a * a
    outer = tanh(inner)
    inner.backward()
    assert a.grad == 6.0
    assert inner.grad == 1.0
    assert outer.grad == 0.0


def test_backward_with_an_upstream_gradient():
    a = Value(3.0)
    (a * a).backward(0.5)
    assert a.grad == 3.0
    (a * a).backward(gradient=Fraction(1, 2))
    assert a.grad == 6.0


def test_backward_on_a_leaf():
    a = Value(3.0)
    a.backward()
    a.backward(2.0)
    assert a.grad == 3.0


def test_several_outputs_are_one_per_output():
    a, b = Value(2.0), Value(5.0)
    backward([a * b, a + b])
    assert (a.grad, b.grad) == (6.0, 3.0)


def test_several_outputs_with_their_upstream_gradients():
    a, b = Value(2.0), Value(5.0)
    backward([a * b, a + b], [10.0, -1])
    assert (a.grad, b.grad) == (49.0, 19.0)


@pytest.mark.parametrize("turned", [False, True])
def test_an_output_that_is_an_operand_of_another(turned):
    a = Value(2.0)
    inner = a * a
    outer = inner * 3.0
    pairs = [(inner, 10.0), (outer, 1.0)]
    backward(*zip(*(pairs[::-1] if turned else pairs), strict=True))
    assert inner.grad == 13.0
    assert outer.grad == 1.0
    assert a.grad == 52.0


def test_an_output_that_is_listed_twice():
    a = Value(2.0)
    output = a * 3.0
    backward([output, output], [1.0, 10.0])
    assert output.grad == 11.0
    assert a.grad == 33.0


def test_a_leaf_as_output():
    """It receives its own upstream gradient, besides what comes from elsewhere."""
    a = Value(2.0)
    backward([a, a * 3.0, a], [10.0, 1.0, 100.0])
    assert a.grad == 113.0


def test_no_outputs():
    backward([])


def test_stale_gradients_of_inner_nodes_do_not_count():
    a = Value(2.0)
    inner = a * a
    inner.grad = 1e9
    (inner * 1.0).backward()
    assert a.grad == 4.0


def test_data_changed_after_the_forward_pass():
    """Local derivatives are those of the forward pass."""
    a, b = Value(2.0), Value(5.0)
    product = a * b
    a.data = b.data = 1000.0
    product.backward()
    assert (a.grad, b.grad) == (5.0, 2.0)
    assert product.data == 10.0


def test_gradient_reset_by_hand():
    a = Value(2.0)
    (a * 3.0).backward()
    a.grad = 0.0
    (a * 5.0).backward()
    assert a.grad == 5.0


def test_detach_stops_the_gradient_and_keeps_number_and_label():
    a = Value(3.0, label="a")
    stopped = (a * 1.0).detach()
    (a.detach() * a + stopped).backward()
    assert a.grad == 3.0
    assert a.detach().label == "a"
    assert stopped.operands == ()
    assert stopped.grad == 1.0


def test_gradients_equal_backward_and_write_nothing():
    a, b = Value(0.5), Value(-2.0)
    inner = a * b
    output = tanh(inner) + a
    given = gradients(output, [a, inner, b, output, Value(1.0), a])
    assert all(node.grad == 0.0 for node in (a, b, inner, output))
    output.backward()
    assert given == [a.grad, inner.grad, b.grad, 1.0, 0.0, a.grad]


# ---- without a graph


def test_no_graph_gives_plain_leaves():
    a = Value(2.0)
    with no_graph():
        result = tanh(a * 3.0) ** 2 + dot([a], [a])
    assert (result.operands, result.operation, result.local_derivatives, result.origin) == ((), None, (), None)
    assert result.data == math.tanh(6.0) ** 2 + 4.0
    assert (a * a).operands == (a, a)


def test_no_graph_ends_with_an_exception():
    def fail():
        with no_graph():
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (Value(1.0) + 1.0).operation is not None


def test_no_graph_holds_in_its_own_thread_only():
    made = []
    with no_graph():
        thread = threading.Thread(target=lambda: made.append(Value(1.0) + 1.0))
        thread.start()
        thread.join()
    assert made[0].operation is not None


# ---- operators


@pytest.mark.parametrize("number", [3, 3.0, True, Fraction(1, 3)])
def test_operators_take_real_numbers_on_either_side(number):
    v, x = Value(0.7), float(number)
    for node, result, slope in [
        (v + number, 0.7 + x, 1.0),
        (number + v, x + 0.7, 1.0),
        (v - number, 0.7 - x, 1.0),
        (number - v, x - 0.7, -1.0),
        (v * number, 0.7 * x, x),
        (number * v, x * 0.7, x),
        (v / number, 0.7 / x, 1 / x),
        (number / v, x / 0.7, -x / 0.49),
        (v**number, 0.7**x, x * 0.7 ** (x - 1)),
        (number**v, x**0.7, math.log(x) * x**0.7),
    ]:
        assert type(node) is Value
        assert type(node.data) is float
        assert node.data == pytest.approx(result, rel=1e-15)
        assert gradients(node, [v]) == [pytest.approx(slope, rel=1e-14, abs=1e-15)]


def test_operators_between_values():
    a, b = Value(2.0), Value(5.0)
    given = [(node.data, *gradients(node, [a, b])) for node in (a + b, a - b, a * b, a / b, a**b)]
    assert given == [
        (7.0, 1.0, 1.0),
        (-3.0, 1.0, -1.0),
        (10.0, 5.0, 2.0),
        (0.4, 0.2, -0.08),
        (32.0, 80.0, 32.0 * math.log(2.0)),
    ]


def test_operators_of_one_value():
    a = Value(-1.5)
    assert +a is a
    given = [(node.data, *gradients(node, [a])) for node in (-a, abs(a), math.floor(a), math.ceil(a), math.trunc(a))]
    assert given == [(1.5, -1.0), (1.5, -1.0), (-2.0, 0.0), (-1.0, 0.0), (-1.0, 0.0)]


def test_a_constant_exponent_is_no_operand():
    a = Value(-2.0)
    cube = a**3
    assert cube.operands == (a,)
    assert cube.operation.constants == {"exponent": 3.0}
    assert cube.local_derivatives == (12.0,)


def test_order_compares_data():
    a, b = Value(1.0), Value(2.0)
    for outcome in (a < b, a <= b, b > a, b >= a, a < 2, a < 2, a > 0.5, a >= Fraction(1, 2), a <= True):
        assert outcome is True
    for outcome in (b < a, a > 2, a < math.nan, a > math.nan, Value(math.nan) <= 1.0):
        assert outcome is False


def test_equality_and_hash_are_identity():
    a, b = Value(1.0), Value(1.0)
    assert a != b
    assert a == a
    assert a != 1.0
    assert len({a, b, a}) == 2
    assert [b, a].index(a) == 1
    assert {a: "a", b: "b"}[b] == "b"


def test_sum_max_min_and_sorted_work():
    values = [Value(3.0), Value(1.0), Value(2.0)]
    total = sum(values)
    assert total.data == 6.0
    assert max(values) is values[0]
    assert min(values) is values[1]
    assert sorted(values) == [values[1], values[2], values[0]]
    total.backward()
    assert [v.grad for v in values] == [1.0, 1.0, 1.0]


def test_format_shows_the_number():
    v = Value(1.23456, label="v")
    assert f"{v:.3f}" == "1.235"
    assert f"{v:>10.1e}" == "   1.2e+00"
    assert f"{v}" == repr(v)


# ---- what a person sees


def test_repr_fits_on_a_line():
    a = Value(1 / 3, label="a")
    a.grad = -2.0
    assert repr(a) == "Value(data=0.3333, grad=-2, label='a')"
    assert repr(a**3) == "Value(data=0.03704, grad=0, op=**3)"
    assert repr(Value(math.nan)) == "Value(data=nan, grad=0)"
    wordy = repr(Value(-1.23456e-300, label="line\n" * 50) * 2.0), repr(Value(0, label="line\n" * 50))
    assert all(len(each) < 100 and "\n" not in each for each in wordy)


def test_attributes_of_a_leaf():
    a = Value(2, label="a")
    assert (a.data, a.grad, a.label) == (2.0, 0.0, "a")
    assert type(a.data) is float
    assert (a.operation, a.operands, a.local_derivatives) == (None, (), ())


def test_a_typing_mistake_in_an_attribute_is_noticed():
    with pytest.raises(AttributeError, match="gradd"):
        Value(1.0).gradd = 0.0


def test_stepping_into_backward_shows_one_plain_loop_with_named_locals():
    """What a debugger shows when it stops where a contribution is added."""
    seen = []

    class Debugger(bdb.Bdb):
        def user_line(self, frame):
            names = ("node", "upstream", "operand", "local_derivative")
            if frame.f_code is backward.__code__ and set(frame.f_locals) >= set(names):
                seen.append(tuple(frame.f_locals[name] for name in names))

    a, b = Value(2.0), Value(5.0)
    product = a * b
    Debugger().runcall(product.backward)
    assert (product, 1.0, a, 5.0) in seen
    assert (product, 1.0, b, 2.0) in seen


# ---- names of micrograd


def test_what_micrograd_does_not_promise_of_its_names():
    """The rest is in tests/test_micrograd_compatibility.py."""
    a, b = Value(2.0), Value(3.0)
    assert list((a * b)._prev) == [a, b]
    assert a.tanh()._op == "tanh"
    assert Value(7.0, (a, b), "f", "by hand").label == "by hand"


def test_a_node_made_by_hand_passes_no_gradient_on():
    a = Value(2.0)
    made = Value(7.0, (a,), "f")
    (made * 3.0 + a).backward()
    assert made.grad == 3.0
    assert a.grad == 1.0
    assert repr(made) == "Value(data=7, grad=3, op=f, without derivatives)"
    assert copy.copy(made).operands == (a,)


def test_a_node_made_by_hand_with_derivatives_is_refused():
    """As those write it whose nodes take their local derivatives: nothing would come back to `a`."""
    a = Value(2.0)
    with pytest.raises(
        TypeError, match=r"not told its derivatives, got \(12\.0,\): .*Define an operation instead:\n.*cube"
    ):
        Value(8.0, (a,), (12.0,))


def test_another_kind_of_number_in_data_becomes_a_float():
    """As after `p.data -= np.float64(0.1) * p.grad`."""
    p = Value(2.0)
    p.data = np.float64(2.0)
    for result in (p * 3.0, 1.0 / p, p.exp(), dot([p], [1.0]), p**2):
        assert type(result.data) is float
        assert all(type(derivative) is float for derivative in result.local_derivatives)
