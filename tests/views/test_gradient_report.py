"""The report finds what is wrong with a gradient, and says nothing where nothing is."""

import io
import math
from itertools import pairwise

import pytest
from rich.console import Console

from micrograd_bp import MLP, Value, cross_entropy, gradient_report, mse
from micrograd_bp.engine import topological_order

from .support_drawing import dying_network


def deep_network(init_scale: float, activation: str = "tanh") -> Value:
    network = MLP(4, [8] * 8 + [1], rng=0, activation=activation, init="xavier")
    for layer in network.layers:
        for parameter in layer.parameters():
            parameter.data *= init_scale
    return mse([network([0.5, -0.5, 1.0, -1.0]), network([1.0, 0.5, -1.0, 0.2])], [1.0, -1.0])


def test_a_healthy_gradient() -> None:
    network = MLP(4, [8, 3], rng=0, activation="tanh", init="xavier")
    report = gradient_report(cross_entropy(network([0.5, -0.5, 1.0, -1.0]), 1))
    assert report.problems == []
    assert [layer.name for layer in report.layers] == ["layers.0", "layers.1"]
    assert "Nothing is wrong" in str(report)


def test_norms_are_those_of_backward() -> None:
    network = MLP(4, [8, 3], rng=0, activation="tanh")
    logits = network([0.5, -0.5, 1.0, -1.0])
    loss = cross_entropy(logits, 1)
    last = gradient_report(loss).layers[-1]
    loss.backward()
    assert last.value_norm == pytest.approx(math.hypot(*[logit.data for logit in logits]))
    assert last.gradient_norm == pytest.approx(math.hypot(*[logit.grad for logit in logits]))
    parameters = network.layers[1].parameters()
    assert last.parameter_gradient_norm == pytest.approx(math.hypot(*[each.grad for each in parameters]))
    assert last.ratio is None


def test_a_vanishing_gradient_is_named() -> None:
    report = gradient_report(deep_network(0.3))
    (problem,) = report.problems
    assert problem.startswith("the gradient vanishes: from layers.8 back to layers.0")
    assert all(layer.ratio < 1.0 for layer in report.layers[:-1])


def test_the_table_shows_the_numbers_that_are_judged() -> None:
    report = gradient_report(deep_network(0.3))
    rows = [line.split() for line in str(report).splitlines() if line.startswith("layers.")]
    rms, ratios = [float(row[3]) for row in rows], [float(row[5]) for row in rows[:-1]]
    assert "RMS grad  |grad| of parameters  × next layer" in str(report)
    assert ratios == pytest.approx([a / b for a, b in pairwise(rms)], rel=2e-3)
    (change,) = [float(word) for word in report.problems[0].split() if word[0].isdigit()]
    assert change == pytest.approx(rms[0] / rms[-1], rel=2e-3)


def test_an_exploding_gradient_is_named() -> None:
    report = gradient_report(deep_network(6.0, activation="linear"))
    assert any(problem.startswith("the gradient explodes: from layers.8") for problem in report.problems)


def test_a_dead_layer_is_named() -> None:
    report = gradient_report(dying_network())
    assert "layers.1 is dead: all its units are off, and no gradient gets past it" in report.problems
    assert report.layers[1].dead == 1.0
    assert report.layers[1].n_units == 12
    assert report.layers[0].gradient_norm == 0.0


def test_saturated_units_are_counted() -> None:
    report = gradient_report(deep_network(20.0))
    assert any("are saturated" in problem for problem in report.problems)
    assert max(layer.saturated for layer in report.layers) > 0.5


def test_the_first_value_that_is_not_finite() -> None:
    x = Value(1e200, label="x")
    big = x * x
    big.label = "big"
    report = gradient_report(big * 0.5 + 1.0)
    assert report.first_not_finite is big
    assert "big = multiply(1e+200, 1e+200) is inf, the first value that is not finite" in report.problems


def test_a_nan_born_of_zero_times_infinity_is_found() -> None:
    x = Value(0.0, label="x")
    root = x.sqrt()
    y = root * 0.0 + x
    report = gradient_report(y)
    assert report.born_not_finite is root
    (problem,) = report.problems
    assert problem == ("the gradient of x becomes nan at sqrt(0): upstream gradient 0 × local derivative inf")


def test_an_infinite_gradient_is_found() -> None:
    x = Value(0.0, label="x")
    report = gradient_report(x.sqrt() * 2.0)
    assert report.problems == ["the gradient of x becomes inf at sqrt(0): upstream gradient 2 × local derivative inf"]


def test_nobodys_gradient_is_written_or_read() -> None:
    loss = dying_network()
    loss.backward()
    before = [node.grad for node in topological_order(loss)]
    first = str(gradient_report(loss))
    assert [node.grad for node in topological_order(loss)] == before
    loss.backward()
    assert str(gradient_report(loss)) == first


def test_as_a_table() -> None:
    report = gradient_report(dying_network())
    console = Console(width=100, file=io.StringIO(), color_system=None)
    console.print(report)
    text = str(report)
    assert [line.rstrip() for line in console.file.getvalue().splitlines()] == text.splitlines()
    assert "layers.1" in text
    assert "100 %" in text
    assert "! layers.1 is dead" in text
    assert report._repr_mimebundle_() == {"text/plain": text}


def test_without_modules() -> None:
    assert "No modules" in str(gradient_report(Value(2.0) * 3.0))


def test_a_root_is_a_value() -> None:
    with pytest.raises(TypeError, match="expected a Value"):
        gradient_report(3.0)
