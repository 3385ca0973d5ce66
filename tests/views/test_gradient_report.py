"""The report finds what is wrong with a gradient, and says nothing where nothing is."""

import io
import math
from collections.abc import Callable
from itertools import pairwise

import pytest
from rich.console import Console

from micrograd_bp import MLP, OPERATIONS, Module, Value, cross_entropy, dot, gradient_report, l2, mse
from micrograd_bp.engine import topological_order
from micrograd_bp.views.gradient_flow import steepest

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


@pytest.mark.parametrize(
    "penalty", [l2, lambda parameters: sum(p * p for p in parameters)], ids=["l2", "products of their own"]
)
def test_a_penalty_on_the_weights_takes_none_out_of_its_layer(penalty: Callable[[list[Value]], Value]) -> None:
    network = MLP(4, [8, 3], rng=0, activation="tanh")
    loss = cross_entropy(network([0.5, -0.5, 1.0, -1.0]), 1) + 1e-2 * penalty(network.parameters())
    layers = gradient_report(loss).layers
    loss.backward()
    for health, layer in zip(layers, network.layers, strict=True):
        assert health.parameter_gradient_norm == pytest.approx(math.hypot(*[each.grad for each in layer.parameters()]))


def test_a_vanishing_gradient_is_named() -> None:
    report = gradient_report(deep_network(0.3))
    (problem,) = report.problems
    assert problem.startswith("the gradient vanishes: from layers.8 back to layers.0")
    assert all(layer.ratio < 1.0 for layer in report.layers[:-1])


def test_the_table_shows_the_numbers_that_are_judged() -> None:
    report = gradient_report(deep_network(0.3))
    rows = [line.split() for line in str(report).splitlines() if line.startswith("layers.")]
    norms, ratios = [float(row[3]) for row in rows], [float(row[4]) for row in rows[:-1]]
    assert "|values|     |grad|  × next layer" in str(report)
    assert ratios == pytest.approx([a / b for a, b in pairwise(norms)], rel=2e-3)
    (change,) = [float(word) for word in report.problems[0].split() if word[0].isdigit()]
    assert change == pytest.approx(norms[0] / norms[-1], rel=2e-3)


def test_an_exploding_gradient_is_named() -> None:
    report = gradient_report(deep_network(6.0, activation="linear"))
    assert any(problem.startswith("the gradient explodes: from layers.8") for problem in report.problems)


def test_a_dead_layer_is_named() -> None:
    report = gradient_report(dying_network())
    assert "layers.1 is dead: all its units are off, and no gradient gets past it" in report.problems
    assert report.layers[1].dead == 1.0
    assert (report.layers[1].n_units, report.layers[1].n_samples) == (6, 2)
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


def test_nobodys_gradient_is_written_and_none_decides() -> None:
    loss = dying_network()
    loss.backward()
    before = [node.grad for node in topological_order(loss)]
    first = gradient_report(loss)
    assert [node.grad for node in topological_order(loss)] == before
    loss.backward()
    again = gradient_report(loss)
    assert (again.layers, again.problems) == (first.layers, first.problems)


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


# ---- a judge says what it did not compare


def test_without_modules_nothing_is_said_of_layers() -> None:
    report = gradient_report((Value(2.0) * 3.0).tanh())
    assert report.not_compared[0].startswith("layers, since there are none: nothing is said of units")
    shown = str(report)
    assert "Nothing is wrong" not in shown
    assert "Every value and every gradient is finite." in shown
    assert "Not compared: layers" in shown


def test_one_layer_is_not_compared_with_another() -> None:
    report = gradient_report(mse([MLP(2, [1], rng=0)([1.0, 2.0])], [0.5]))
    assert report.not_compared == ["one layer with another, since there is one"]
    assert "Nothing is wrong with what was compared.\nNot compared: one layer with another" in str(report)


def network_of_relus(n_samples: int, n_off: int) -> Value:
    """Of eight units that are on for every sample, some are off for all, and one for all but the last sample."""
    network = MLP(1, [8, 1], rng=0)
    for neuron in network.layers[0].neurons:
        neuron.w[0].data, neuron.b.data = 0.1, 1.0
    for neuron in network.layers[0].neurons[:n_off]:
        neuron.b.data = -1.0
    network.layers[0].neurons[-1].b.data = -0.05
    inputs = [[float(place == n_samples - 1)] for place in range(n_samples)]
    return mse([network(sample) for sample in inputs], [1.0] * n_samples)


def test_a_dead_unit_is_off_for_all_samples() -> None:
    layer = gradient_report(network_of_relus(10, 3)).layers[0]
    assert (layer.dead, layer.n_units, layer.n_samples) == (3 / 8, 8, 10)
    report = gradient_report(network_of_relus(10, 5))
    assert report.problems == [
        "62.5 % of the units of layers.0 are dead: off for all 10 samples, they pass no gradient on"
    ]
    assert report.not_compared == []


def test_units_that_are_off_for_a_few_samples_are_not_called_dead() -> None:
    report = gradient_report(network_of_relus(3, 5))
    assert report.problems == []
    assert report.not_compared == ["dead units, since those that are off for 3 samples may not be: take 8 or more"]


@pytest.mark.parametrize("fused", [True, False])
def test_units_are_told_apart_by_their_parameters(fused: bool) -> None:
    """Neurons, cells that make several activations at once, and the same cell at every step in time."""

    class Cell(Module):
        def __init__(self) -> None:
            self.w = [[Value(0.5 + i), Value(-0.5)] for i in range(3)]
            self.b = [Value(-9.0), Value(0.0), Value(0.1)]

        def forward(self, inputs: list[Value]) -> list[Value]:
            if fused:
                return [dot(w, inputs, b).relu() for w, b in zip(self.w, self.b, strict=True)]
            return [(w[0] * inputs[0] + w[1] * inputs[1] + b).relu() for w, b in zip(self.w, self.b, strict=True)]

    cell = Cell()
    steps = [cell([Value(1.0), Value(0.5 * t)]) for t in range(4)]
    (layer,) = gradient_report([unit for step in steps for unit in step]).layers
    assert (layer.n_units, layer.n_samples, layer.dead) == (3, 4, 1 / 3)
    assert (layer.n_steps, layer.over_time) == (1, None)  # the same cell, but none hears what another has said


def test_the_gradient_of_the_first_step_in_time_is_compared_with_that_of_the_last() -> None:
    """h ← tanh(w·h + x): what arrives at each step is the gradient of its tanh."""

    class Cell(Module):
        def __init__(self) -> None:
            self.w, self.b = Value(0.3), Value(0.1)

        def forward(self, state: Value, x: float) -> Value:
            return (self.w * state + self.b + x).tanh()

    cell, states = Cell(), [Value(0.0)]
    for x in (0.5, -0.2, 0.4, 0.1):
        states.append(cell(states[-1], x))
    (layer,) = gradient_report(states[-1]).layers
    states[-1].backward()
    assert layer.n_steps == 4
    assert layer.over_time == pytest.approx(states[1].grad / states[4].grad)


def test_a_layer_that_no_gradient_reaches_is_named() -> None:
    network = MLP(2, [4, 1], activation="tanh", rng=0)
    for weight in network.layers[1].neurons[0].w:
        weight.data = 0.0
    report = gradient_report(mse([network([1.0, 2.0]), network([0.5, -1.0])], [1.0, 0.0]))
    assert report.problems == ["no gradient reaches layers.0"]


def test_units_that_are_alike_are_named() -> None:
    network = MLP(2, [4, 1], activation="tanh", rng=0)
    for parameter in network.parameters():
        parameter.data = 0.5
    report = gradient_report(mse([network([1.0, 2.0]), network([0.5, -1.0])], [1.0, 0.0]))
    assert report.problems == [
        "all units of layers.0 are alike, and training changes them alike: draw their weights at random"
    ]


def test_units_that_are_saturated_alike_are_not_alike() -> None:
    network = MLP(2, [2, 1], activation="tanh", rng=0)
    for place, neuron in enumerate(network.layers[0].neurons):
        neuron.b.data = 30.0 + place  # both give exactly 1
    (layer, _) = gradient_report(mse([network([1.0, 2.0])], [1.0])).layers
    assert (layer.value_norm, layer.alike) == (math.sqrt(2.0), False)


@pytest.mark.parametrize(
    ("name", "slope"), [("relu", 1.0), ("tanh", 1.0), ("sigmoid", 0.25), ("exp", None), ("sin", None), ("log", None)]
)
def test_what_an_activation_lets_through_at_most(name: str, slope: float | None) -> None:
    assert steepest(OPERATIONS[name]) == slope


def test_a_root_is_a_value() -> None:
    with pytest.raises(TypeError, match="expected a Value"):
        gradient_report(3.0)


def test_a_terminal_without_these_signs_gets_ascii() -> None:
    network = MLP(2, [3, 1], rng=0)
    loss = mse([network([1.0, 2.0])], [0.5])
    loss.backward()
    report = gradient_report(loss)
    assert "× next layer" in str(report)
    in_ascii = report.text(encoding="ascii")
    assert "x next layer" in in_ascii
    assert in_ascii.isascii()
    assert "\\u" not in in_ascii
