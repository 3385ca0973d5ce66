"""The checker is checked: wrong derivatives, planted on purpose, are caught and named; right ones pass."""

import math

import numpy as np
import pytest

from micrograd_bp.engine import GradientError, Value, gradcheck, operation
from micrograd_bp.engine.differences import compare, numerical_derivative
from micrograd_bp.engine.operations import (
    atan2,
    ceil,
    dot,
    exp,
    floor,
    greater,
    log,
    logsumexp,
    maximum,
    minimum,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    sum,
    tanh,
)
from micrograd_bp.engine.rule_checks import check_rules

from .support import refused

# ---- right gradients pass


def composite(a, b, c):
    return tanh(a * b + c) / softplus(b - c) + maximum(a, c) ** 3 + dot([a, b], [c, a * 2.0], b) + atan2(a, b * c)


def test_comparisons_show_both_numbers_for_each_input():
    comparisons = gradcheck(composite, [0.3, -1.2, 2.0])
    assert [comparison.name for comparison in comparisons] == ["input 0", "input 1", "input 2"]
    values = [Value(0.3), Value(-1.2), Value(2.0)]
    composite(*values).backward()
    for comparison, value in zip(comparisons, values, strict=True):
        assert comparison.agrees
        assert comparison.gradient == value.grad
        assert comparison.difference == pytest.approx(value.grad, rel=1e-8)
        assert comparison.relative < 1e-8


def test_values_as_inputs_are_moved_and_put_back():
    """A model's parameters: neither their numbers nor their gradients change, and labels name them."""
    w, b = Value(0.5, label="w"), Value(-1.0)
    w.grad = 7.0
    comparisons = gradcheck(lambda *_: tanh(w * 3.0 + b), [w, b])
    assert [comparison.name for comparison in comparisons] == ["w", "input 1"]
    assert (w.data, w.grad, b.data, b.grad) == (0.5, 7.0, -1.0, 0.0)


def test_values_are_put_back_when_the_function_fails():
    def fails_when_moved(x):
        return x if x.data == 2.0 else 1 / 0

    w = Value(2.0)
    with pytest.raises(GradientError):
        gradcheck(fails_when_moved, [w])
    assert w.data == 2.0


def test_an_input_that_does_not_matter():
    first, second = gradcheck(lambda a, b: a * 2.0, [1.0, 5.0])
    assert (first.gradient, second.gradient, second.difference) == (2.0, 0.0, 0.0)


def test_no_inputs():
    assert gradcheck(lambda: Value(1.0), []) == []


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        pytest.param(exp, [100.0], id="large"),
        pytest.param(exp, [700.0], id="huge"),
        pytest.param(exp, [-700.0], id="next to nothing"),
        pytest.param(lambda x: sin(1000.0 * x), [1.0], id="fast"),
        pytest.param(lambda x: x * 1e-12, [3.0], id="flat"),
        pytest.param(lambda x: x * x * 1e12, [3.0], id="steep"),
        pytest.param(lambda x: x**3, [1e6], id="far away"),
        pytest.param(lambda x: (x - 1e6) ** 2, [1e6 + 1.0], id="cancellation"),
        pytest.param(lambda x: 1.0 / x, [1e-3], id="near a pole"),
        pytest.param(log, [1e-5], id="log near 0"),
        pytest.param(log, [1e-9], id="log still nearer to 0"),
        pytest.param(sqrt, [1e-8], id="sqrt near 0"),
        pytest.param(lambda x: logsumexp([x, 500.0, -500.0]), [499.0], id="logsumexp"),
        pytest.param(lambda x: sigmoid(x), [40.0], id="saturated"),
        pytest.param(lambda x: x**1.5, [0.0], id="the edge of the domain"),
    ],
)
def test_right_gradients_pass_at_awkward_points(function, inputs):
    assert all(comparison.agrees for comparison in gradcheck(function, inputs))


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        pytest.param(relu, [0.0], id="relu"),
        pytest.param(abs, [0.0], id="abs"),
        pytest.param(maximum, [1.5, 1.5], id="maximum"),
        pytest.param(minimum, [1.5, 1.5], id="minimum"),
        pytest.param(lambda x: relu(x) * 3.0 + tanh(x), [0.0], id="inside a sum"),
        pytest.param(lambda x: maximum(x, x) * x, [2.0], id="a tie that is none"),
        pytest.param(floor, [2.0], id="a step"),
        pytest.param(lambda x: ceil(x) * x, [0.5], id="between steps"),
        pytest.param(greater, [1.0, 1.0], id="a comparison"),
    ],
)
def test_kinks_are_accepted(function, inputs):
    gradcheck(function, inputs)


# ---- planted mistakes


@pytest.fixture
def planted(table):
    """Adds an operation with a mistake."""
    return lambda name, rule, **options: operation(name, **options)(rule)


WRONG = {
    "sign": lambda xp, x: (xp.cos(x), (xp.sin(x),)),
    "factor": lambda xp, x: (x * x, (x,)),
    "a factor that is nearly 1": lambda xp, x: (xp.exp(x), (1.0001 * xp.exp(x),)),
    "another point": lambda xp, x: (xp.tanh(x), (1.0 - x * x,)),
    "forgotten": lambda xp, x: (xp.exp(x), (0.0,)),
    "offset": lambda xp, x: (xp.log(x), (1.0 / x + 1e-4,)),
    "inverse": lambda xp, x: (xp.sqrt(x), (2.0 * xp.sqrt(x),)),
}


@pytest.mark.parametrize("mistake", WRONG)
@pytest.mark.parametrize("x", [0.3, 1.7, 30.0])
def test_a_wrong_rule_of_one_operand_is_caught_and_named(planted, mistake, x):
    wrong = planted("wrong", WRONG[mistake])
    with refused(GradientError, "disagree in 1 of 1 inputs", "input 0", "the rule of wrong disagrees", "along x"):
        gradcheck(lambda x: wrong(x) * 2.0 + tanh(x), [x])


def test_the_message_shows_both_numbers_and_the_relative_difference(planted):
    wrong = planted("wrong", lambda xp, x: (x * x * x, (3.0 * x,)))
    with pytest.raises(GradientError) as caught:
        gradcheck(lambda a, b: wrong(a) + b * 4.0, [Value(2.0, label="speed"), 1.0])
    header, line = str(caught.value).splitlines()[2:4]
    assert header.split() == ["input", "gradient", "difference", "relative"]
    assert line.split() == ["speed", "6", "12", "0.5"]
    assert "input 1" not in str(caught.value)
    assert (
        "the rule of wrong disagrees with its own result: along x it gives 6, differences of the result give 12"
        in str(caught.value)
    )


@pytest.mark.parametrize(
    ("derivatives", "along"),
    [
        (lambda a, b: (a, b), "along a"),
        (lambda a, b: (b, 2.0 * a), "along b"),
        (lambda a, b: (b, -a), "along b"),
        (lambda a, b: (0.0 * a, a), "along a"),
    ],
)
def test_a_wrong_rule_of_two_operands_is_caught_and_named(planted, derivatives, along):
    wrong = planted("wrong", lambda xp, a, b: (a * b, derivatives(a, b)))
    with refused(GradientError, "the rule of wrong disagrees", along):
        gradcheck(wrong, [2.0, 5.0])


def test_a_wrong_rule_with_constants_is_caught_and_named(planted):
    def scaled_tanh(xp, x, *, scale=1.0):
        y = xp.tanh(scale * x)
        return y, (1.0 - y * y,)

    wrong = planted("scaled_tanh", scaled_tanh)
    gradcheck(wrong, [0.4])
    with refused(GradientError, "the rule of scaled_tanh disagrees", "along x"):
        gradcheck(lambda x: wrong(x, scale=1.5), [0.4])


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize(
    "derivatives",
    [
        lambda xp, w, x: (w, x, 1.0),
        lambda xp, w, x: (x, w, -1.0),
        lambda xp, w, x: (x, [2.0 * each for each in w], 1.0),
        lambda xp, w, x: (1.0, w, 1.0),
    ],
)
def test_a_wrong_rule_of_many_operands_is_caught_and_named(planted, derivatives, size):
    wrong = planted("wrong", lambda xp, w, x, b: (xp.dot(w, x) + b, derivatives(xp, w, x)), many=("w", "x"))
    numbers = [0.3 + 0.5 * i for i in range(2 * size + 1)]
    with refused(GradientError, "the rule of wrong disagrees", "along operand"):
        gradcheck(lambda *v: wrong(v[:size], v[size:-1], v[-1]), numbers)


def test_a_wrong_rule_is_named_even_where_its_mistake_does_not_reach_an_input(planted):
    wrong = planted("wrong", lambda xp, x: (x * x, (x,)))
    with refused(GradientError, "a rule is wrong, though", "the rule of wrong disagrees"):
        gradcheck(lambda x: x + wrong(Value(3.0)) + 0.0 * wrong(x), [2.0])


def test_only_wrong_rules_are_named_and_all_of_them(planted):
    first = planted("first", lambda xp, x: (x * x, (x,)))
    second = planted("second", lambda xp, x: (xp.exp(x), (x,)))
    root = tanh(first(Value(2.0)) * second(Value(0.5))) + first(Value(1.0))
    assert list(check_rules(root)) == ["first", "second"]
    with pytest.raises(GradientError) as caught:
        gradcheck(lambda x: tanh(first(x) * second(x)), [0.5])
    assert str(caught.value).count("the rule of") == 2
    assert "tanh" not in str(caught.value)


@pytest.mark.parametrize("x", [1e-2, 1e-3, 1e-4, 1e-5])
def test_a_wrong_rule_is_caught_where_the_function_bends_sharply(planted, x):
    """A steep bend is no kink."""
    wrong = planted("wrong", lambda xp, x: (1.0 / x, (-1.005 / (x * x),)))
    with refused(GradientError, "the rule of wrong disagrees"):
        gradcheck(wrong, [x])


def test_a_wrong_rule_is_caught_at_a_kink(planted):
    """The gradient must lie between the slopes on both sides."""
    wrong = planted("wrong", lambda xp, x: (xp.maximum(x, 0.0), (xp.greater_equal(x, 0.0) + 0.01,)))
    with refused(GradientError, "the rule of wrong disagrees"):
        gradcheck(wrong, [0.0])


@pytest.mark.parametrize("x", [0.0, 1e-9, 1e-3])
def test_a_wrong_rule_is_caught_at_the_edge_of_the_domain(planted, x):
    wrong = planted("wrong", lambda xp, x: (x * xp.sqrt(x), (1.5 * xp.sqrt(x) + 0.01,)))
    with refused(GradientError, "the rule of wrong disagrees"):
        gradcheck(wrong, [x])


def test_many_wrong_inputs_are_counted():
    with refused(GradientError, "disagree in 15 of 15 inputs", "input 9", "... and 5 more"):
        gradcheck(lambda *x: sum([each * each.data for each in x]), [1.0 + i for i in range(15)])


# ---- mistakes that are in no rule


@pytest.mark.parametrize(
    "leaves_the_graph",
    [
        lambda x: x * x.data,
        lambda x: x.detach() * x,
        lambda x: x + math.tanh(x.data),
        lambda x: Value(x.data) * 2.0,
    ],
)
def test_a_function_that_leaves_the_graph_is_caught_and_no_rule_is_blamed(leaves_the_graph):
    with refused(GradientError, "disagree in 1 of 1 inputs", "every rule agrees with its own result"):
        gradcheck(leaves_the_graph, [1.5])


def test_a_local_derivative_that_somebody_changed_is_caught():
    def tampering(x):
        node = tanh(x)
        node.local_derivatives = (0.5,)
        return node

    with refused(GradientError, "the rule of tanh disagrees"):
        gradcheck(tampering, [1.5])


def test_a_function_that_gives_no_value_is_refused():
    with refused(TypeError, "gradcheck needs a function that gives a Value, got float"):
        gradcheck(lambda x: x.data, [1.0])


def test_the_tolerance_can_be_chosen(planted):
    nearly = planted("nearly", lambda xp, x: (xp.exp(x), (1.001 * xp.exp(x),)))
    with refused(GradientError, "the rule of nearly disagrees"):
        gradcheck(nearly, [1.0])
    gradcheck(nearly, [1.0], tolerance=0.01)


# ---- the finite differences themselves


@pytest.mark.parametrize("x", [-30.0, -1.0, -1e-3, 0.0, 0.5, 3.0, 30.0])
@pytest.mark.parametrize(("function", "derivative"), [(math.exp, math.exp), (math.sin, math.cos)])
def test_numerical_derivative_knows_how_good_it_is(function, derivative, x):
    estimate, uncertainty = numerical_derivative(function, x)
    assert estimate == pytest.approx(derivative(x), rel=1e-9, abs=1e-11)
    assert uncertainty < 1e-7 * max(1.0, abs(derivative(x)))


def test_numerical_derivative_of_what_cannot_be_evaluated():
    estimate, uncertainty = numerical_derivative(math.log, -1.0)
    assert math.isnan(estimate)
    assert uncertainty == math.inf


def test_compare_says_what_differs():
    comparison = compare("x", 2.0, lambda x: 3.0 * x, 1.0, 1e-6)
    assert comparison.name == "x"
    assert comparison.gradient == 2.0
    assert comparison.difference == pytest.approx(3.0)
    assert comparison.relative == pytest.approx(1 / 3)
    assert not comparison.agrees


def test_the_difference_of_a_function_in_single_precision():
    """Its smallest steps change nothing, and zeros agree with each other."""
    derivative, _ = numerical_derivative(lambda x: float(np.float32(x) ** 2), 0.7)
    assert derivative == pytest.approx(1.4, rel=1e-3)


@pytest.mark.parametrize("derivative", [123.0, 1.0, -0.5])
def test_a_wrong_rule_is_caught_at_a_jump(planted, derivative):
    """A jump has a slope on each side of it, and only that will do."""
    wrong = planted("wrong", lambda xp, x: (xp.floor(x), (derivative,)))
    with refused(GradientError, "the rule of wrong disagrees"):
        gradcheck(wrong, [1.0])


# ---- awkward points that stand for their kind


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        pytest.param(relu, [1e-7], id="beside a kink"),
        pytest.param(relu, [-1e-300], id="next to a kink"),
        pytest.param(lambda x: 1.0 / (x * x), [1e-3], id="beside a pole"),
        pytest.param(lambda x: 1.0 / (x - 1.0), [1.0 + 1e-12], id="next to a pole"),
        pytest.param(lambda x, y: x + y, [1e11, 1.0], id="a small number beside a large one"),
        pytest.param(lambda x: floor(x) * x, [33.40888622895879], id="between jumps"),
        pytest.param(lambda x: floor(x) * x, [33.99999999999999], id="beside a jump"),
        pytest.param(lambda x: log(exp(x) + 1.0), [30.0], id="a sum that rounds a part away"),
        pytest.param(tanh, [40.0], id="a derivative that is all rounding"),
        pytest.param(lambda x: sin(1e12 * x), [1.0], id="very fast"),
        pytest.param(lambda x: logsumexp([x, 742.0]), [-0.001], id="a derivative with hardly a digit"),
        pytest.param(lambda x: x if x.data > 0.0 else x * 0.0, [1e-9], id="a branch of Python"),
        pytest.param(lambda x: x * int(x.data), [2.0], id="a jump of Python"),
        pytest.param(
            lambda x: Value(1.0) if x.data > 0.999 else x * 0.0, [0.998], id="a branch beyond, where it is flat"
        ),
    ],
)
def test_right_gradients_pass_beside_what_is_awkward(function, inputs):
    assert all(comparison.agrees for comparison in gradcheck(function, inputs))


def test_a_kink_is_said_to_be_one():
    (at,), (beside,) = gradcheck(lambda x: tanh(relu(x)), [0.0]), gradcheck(lambda x: tanh(relu(x)), [1e-9])
    assert (at.remark, beside.remark) == ("at a kink of relu", "")


def test_what_cannot_be_compared_is_no_disagreement():
    with pytest.raises(GradientError) as caught:
        gradcheck(sqrt, [0.0])
    assert "1 of 1 inputs cannot be compared" in str(caught.value)
    assert "disagree" not in str(caught.value)


def test_a_function_that_draws_anew_each_time_is_refused():
    numbers = iter(range(10))
    with refused(ValueError, "gives 0 and then 2 for the same inputs", "random"):
        gradcheck(lambda x: x * next(numbers), [2.0])


# ---- inputs of any form


def test_arrays_lists_and_dictionaries_are_handed_over_as_they_came():
    def loss(x, parameters, labels, scale):
        z = x @ parameters["weights"][0] + parameters["bias"]
        assert labels.dtype == int
        return sum((z[np.arange(len(z)), labels] ** 2).tolist()) * scale

    generator = np.random.default_rng(0)
    parameters = {"weights": [generator.normal(size=(3, 2))], "bias": [0.5, -0.5], "train": True, "name": "first"}
    comparisons = gradcheck(loss, [generator.normal(size=(2, 3)), parameters, np.array([1, 0]), 2])
    names = [comparison.name for comparison in comparisons]
    assert names[0] == "input 0[0, 0]"
    assert names[6:8] == ["input 1['weights'][0][0, 0]", "input 1['weights'][0][0, 1]"]
    assert names[-3:] == ["input 1['bias'][0]", "input 1['bias'][1]", "input 3"]
    assert len(names) == 6 + 6 + 2 + 1


def test_a_dictionary_of_inputs_is_given_by_keyword():
    comparisons = gradcheck(lambda *, x, w: np.sum(x * w), {"w": np.array([1.0, 2.0]), "x": 3.0})
    assert [(comparison.name, comparison.gradient) for comparison in comparisons] == [
        ("w[0]", 3.0),
        ("w[1]", 3.0),
        ("x", 3.0),
    ]


def test_an_array_that_leaves_the_graph_is_named():
    with refused(GradientError, "disagree in 2 of 4 inputs", "input 1[0]", "input 1[1]"):
        gradcheck(lambda a, b: np.sum(a * np.array([v.data for v in b])), [np.ones(2), np.array([2.0, 3.0])])


# ---- differences of any function


@pytest.mark.parametrize("distance", [1e-1, 1e-4, 1e-7, 1e-10, 0.0])
@pytest.mark.parametrize("slopes", [(0.0, 1.0), (-1.0, 1.0), (2.0, 2.002)])
def test_compare_beside_a_kink(distance, slopes):
    """On one side of it the slope is that of the side; at it, anything between."""

    def bent(x):
        return slopes[x > 0.0] * x

    assert compare("", slopes[1], bent, distance, 1e-6).agrees
    assert not compare("", 1.5 * slopes[1], bent, distance, 1e-6).agrees
    assert compare("", 0.25 * slopes[0] + 0.75 * slopes[1], bent, 0.0, 1e-6).remark == "at a kink"


@pytest.mark.parametrize("x", [1e-12, 1e-6, 1.0, 1e6, 1e12])
def test_differences_fit_the_size_of_x(x):
    for function, derivative in ((lambda x: 1.0 / x, -1.0 / x**2), (math.sqrt, 0.5 / x**0.5), (math.erf, None)):
        right = 2.0 / math.sqrt(math.pi) * math.exp(-x * x) if derivative is None else derivative
        assert compare("", right, function, x, 1e-6).agrees
        assert right == 0.0 or not compare("", 1.001 * right, function, x, 1e-6).agrees
