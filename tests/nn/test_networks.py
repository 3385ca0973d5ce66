"""Neuron, Layer and MLP: what they compute, what they accept, and how their weights are drawn."""

import math
import random
from collections.abc import Callable
from statistics import fmean, pvariance
from typing import Any

import numpy as np
import pytest

from micrograd_bp import MLP, Layer, Module, Neuron, Value, gradcheck, operation
from micrograd_bp.engine import leaves, size


def set_neuron(neuron: Neuron, weights: list[float], bias: float) -> None:
    for parameter, number in zip(neuron.weights, weights, strict=True):
        parameter.data = number
    neuron.bias.data = bias


# ---- what they compute


@pytest.mark.parametrize("fused", [True, False])
def test_a_neuron_by_hand(fused: bool) -> None:
    neuron = Neuron(2, activation="tanh", fused=fused)
    set_neuron(neuron, [0.5, -1.5], 0.25)
    x = [Value(2.0), Value(1.0)]
    y = neuron(x)
    assert y.data == math.tanh(-0.25)  # 0.5·2 - 1.5·1 + 0.25
    y.backward()
    slope = 1.0 - math.tanh(-0.25) ** 2
    assert [w.grad for w in neuron.weights] == [slope * 2.0, slope * 1.0]
    assert neuron.bias.grad == slope
    assert [each.grad for each in x] == [slope * 0.5, slope * -1.5]


@pytest.mark.parametrize("fused", [True, False])
def test_an_mlp_by_hand(fused: bool) -> None:
    network = MLP(2, [2, 1], fused=fused)
    hidden, output = network.layers
    set_neuron(hidden.neurons[0], [1.0, 2.0], 0.5)
    set_neuron(hidden.neurons[1], [-1.0, 1.0], 0.0)
    set_neuron(output.neurons[0], [3.0, 5.0], -1.0)
    y = network([1.0, -0.5])  # relu(0.5) = 0.5 and relu(-1.5) = 0
    assert y.data == 0.5
    y.backward()
    assert [p.grad for p in network.parameters()] == [3.0, -1.5, 3.0, 0.0, 0.0, 0.0, 0.5, 0.0, 1.0]


def test_a_neuron_without_nonlin_is_linear() -> None:
    neuron = Neuron(1, False)
    set_neuron(neuron, [2.0], -5.0)
    assert neuron([1.0]).data == -3.0


def test_the_output_activation_is_that_of_the_last_layer() -> None:
    network = MLP(2, [3, 2], activation="tanh", output_activation="sigmoid", rng=0)
    operations = [[type(layer([0.1] * layer.nin)), layer.neurons[0].activation] for layer in network.layers]
    assert operations == [[list, "tanh"], [list, "sigmoid"]]
    assert all(0.0 < y.data < 1.0 for y in network([1.0, 2.0]))


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "linear"])
@pytest.mark.parametrize("sizes", [[1], [3], [4, 1, 2], [5, 4, 1]])
def test_fused_equals_unfused_but_for_rounding(activation: str, sizes: list[int]) -> None:
    results = []
    for fused in (True, False):
        network, rng = MLP(3, sizes, activation=activation, fused=fused), random.Random(7)
        for parameter in network.parameters():
            parameter.data = rng.uniform(-1, 1)
        x = [Value(0.3), Value(-1.2), Value(2.5)]
        outputs = network(x)
        total = outputs if isinstance(outputs, Value) else sum(y * y for y in outputs)
        total.backward()
        results.append([total.data, *(p.grad for p in network.parameters()), *(each.grad for each in x)])
    assert any(gradient != 0.0 for gradient in results[0][1:])
    assert results[0] == pytest.approx(results[1], rel=1e-12, abs=1e-12)


def test_fused_is_one_node_for_each_sum() -> None:
    assert size(Neuron(5, False)([1.0] * 5)).nodes == 1 + 5 + 5 + 1  # the dot, weights, inputs, bias
    assert size(Neuron(5, False, fused=False)([1.0] * 5)).nodes == 10 + 5 + 5 + 1  # five products, five sums
    sums = 3 + 1  # one for each neuron
    leaves_and_activations = (2 * 3 + 3) + (3 * 1 + 1) + 2 + 3
    assert size(MLP(2, [3, 1])([1.0, 2.0])).nodes == leaves_and_activations + sums
    assert size(MLP(2, [3, 1], fused=False)([1.0, 2.0])).nodes == leaves_and_activations + 2 * (2 * 3 + 3 * 1)


# ---- inputs


def test_plain_numbers_are_wrapped_once_for_a_layer() -> None:
    network = MLP(3, [4, 2], rng=0)
    outputs = network([1.0, 2.0, 3.0])
    assert len(leaves(*outputs)) == len(network.parameters()) + 3
    layer = Layer(3, 4, rng=0)
    assert len(leaves(*layer([1.0, 2.0, 3.0]))) == 4 * 4 + 3


def test_values_and_numbers_mix_as_inputs() -> None:
    x = Value(0.5)
    y = Neuron(3, False, rng=0)([x, 2, np.float32(3.0)])
    assert x in y.operands
    assert [operand.data for operand in y.operands[3:6]] == [0.5, 2.0, 3.0]


@pytest.mark.parametrize("single", [0.5, 1, Value(0.5), np.float64(0.5)])
@pytest.mark.parametrize("make", [Neuron, lambda n: Layer(n, 2), lambda n: MLP(n, [3, 2])])
def test_a_single_input_needs_no_list(single: Any, make: Callable[[int], Module]) -> None:
    network = make(1)
    alone, listed = network(single), network([single])
    assert [y.data for y in np.ravel(alone)] == [y.data for y in np.ravel(listed)]


@pytest.mark.parametrize("inputs", [(1.0, 2.0), np.array([1.0, 2.0]), iter([1.0, 2.0])], ids=["tuple", "array", "iter"])
def test_inputs_may_be_any_row_of_numbers(inputs: Any) -> None:
    assert MLP(2, [3, 1], rng=0)(inputs).data == MLP(2, [3, 1], rng=0)([1.0, 2.0]).data


@pytest.mark.parametrize("fused", [True, False])
def test_a_layer_of_width_one_in_the_middle(fused: bool) -> None:
    network = MLP(2, [3, 1, 2], activation="tanh", rng=3, fused=fused)
    x = [0.7, -0.2]
    numbers = np.array(x)
    for layer in network.layers:
        weights = np.array([[w.data for w in neuron.weights] for neuron in layer.neurons])
        numbers = weights @ numbers
        if layer is not network.layers[-1]:
            numbers = np.tanh(numbers)
    outputs = network(x)
    assert [y.data for y in outputs] == pytest.approx(list(numbers), rel=1e-14)
    gradcheck(lambda *_: sum(network(x)), network.parameters())


@pytest.mark.parametrize(
    ("network", "name"), [(Neuron(3), "Neuron"), (Layer(3, 2), "Layer"), (MLP(3, [2, 1]), "Layer")], ids=str
)
@pytest.mark.parametrize("inputs", [[], [1.0, 2.0], [1.0] * 4, 1.0, Value(1.0)], ids=str)
def test_the_wrong_number_of_inputs_is_refused_with_both_numbers(network: Module, name: str, inputs: Any) -> None:
    given = len(inputs) if isinstance(inputs, list) else 1
    with pytest.raises(ValueError, match=f"^{name} takes 3 inputs, got {given}$"):
        network(inputs)


@pytest.mark.parametrize("wrong", [["a", "b"], [None, 1.0], "ab", [[1.0], [2.0]], [1j, 0.0]])
def test_inputs_that_are_no_numbers_are_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected a real number"):
        MLP(2, [1])(wrong)


# ---- constructor arguments


MAKERS: list[Callable[..., Module]] = [
    lambda **kwargs: Neuron(1, **kwargs),
    lambda **kwargs: Layer(1, 1, **kwargs),
    lambda **kwargs: MLP(1, [2, 1], **kwargs),
]


@pytest.mark.parametrize("make", MAKERS)
def test_an_unknown_init_lists_what_there_is(make: Callable[..., Module]) -> None:
    with pytest.raises(ValueError, match=r"^unknown init 'orthogonal'; there are: uniform, xavier, kaiming$"):
        make(init="orthogonal")


@pytest.mark.parametrize("make", [*MAKERS, lambda activation: MLP(1, [1], output_activation=activation)])
def test_an_unknown_activation_lists_what_there_is(make: Callable[..., Module]) -> None:
    with pytest.raises(ValueError, match="unknown activation 'nonsense'; there are: ") as refused:
        make(activation="nonsense")
    options = str(refused.value).partition("there are: ")[2].split(", ")
    for option in options:
        make(activation=option)
    assert {"relu", "tanh", "sigmoid", "leaky_relu", "linear"} <= set(options)
    assert not {"add", "dot", "logsumexp", "constant_power"} & set(options)


@pytest.mark.parametrize(("wrong", "meant"), [("ReLU", "relu"), ("tnah", "tanh"), ("Linear", "linear")])
def test_a_mistyped_activation_is_answered_with_the_closest_one(wrong: str, meant: str) -> None:
    with pytest.raises(ValueError, match=rf"^unknown activation '{wrong}'; did you mean {meant}\?$"):
        MLP(2, [4, 1], activation=wrong)


def test_an_unknown_activation_is_refused_where_no_layer_uses_it() -> None:
    with pytest.raises(ValueError, match="unknown activation 'ReLU'"):
        MLP(2, [1], activation="ReLU")


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "2"])
def test_sizes_are_whole_numbers_from_one_up(wrong: Any) -> None:
    for make in (lambda: Neuron(wrong), lambda: Layer(wrong, 1), lambda: Layer(1, wrong), lambda: MLP(2, [wrong, 1])):
        with pytest.raises(ValueError, match=f"whole number from 1 up, got {wrong!r}"):
            make()


def test_an_mlp_needs_a_layer() -> None:
    with pytest.raises(ValueError, match="at least one layer"):
        MLP(2, [])


@pytest.mark.usefixtures("table")
def test_an_operation_that_a_user_defines_is_an_activation() -> None:
    name = "bent_identity"

    @operation(name)
    def bent_identity(xp: Any, x: Any) -> Any:
        root = xp.sqrt(x * x + 1.0)
        return 0.5 * (root - 1.0) + x, (0.5 * x / root + 1.0,)

    network = MLP(2, [3, 1], activation=name, rng=2)
    assert repr(network.layers[0].neurons[0]) == f"{name}Neuron(2)"
    gradcheck(lambda *_: network([0.4, -2.0]), network.parameters())


def test_repr_names_the_activation() -> None:
    assert repr(MLP(2, [2, 1])) == "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    assert repr(Neuron(3, activation="tanh")) == "tanhNeuron(3)"


# ---- random numbers


def weights_of(network: Module) -> list[float]:
    return [p.data for p in network.parameters()]


def test_rng_is_a_seed_a_generator_or_the_module_random() -> None:
    seeded = weights_of(MLP(2, [4, 1], rng=5))
    assert seeded == weights_of(MLP(2, [4, 1], rng=random.Random(5)))
    before = random.getstate()
    try:
        random.seed(5)
        assert seeded == weights_of(MLP(2, [4, 1]))
        state = random.getstate()
        MLP(2, [4, 1], rng=5)
        assert random.getstate() == state  # a seed leaves the module `random` alone
    finally:
        random.setstate(before)
    assert seeded != weights_of(MLP(2, [4, 1], rng=6))


@pytest.mark.parametrize(
    ("init", "variance", "within_one_deviation", "bound"),
    [
        ("uniform", 1 / 3, 1 / math.sqrt(3), 1.0),
        ("xavier", 2 / (60 + 140), 1 / math.sqrt(3), math.sqrt(6 / 200)),
        ("kaiming", 2 / 60, math.erf(math.sqrt(0.5)), math.inf),
    ],
)
def test_initial_weights(init: str, variance: float, within_one_deviation: float, bound: float) -> None:
    layer = Layer(60, 140, init=init, rng=0)
    weights = [w.data for neuron in layer.neurons for w in neuron.weights]
    deviation = math.sqrt(variance)
    assert abs(fmean(weights)) < 4 * deviation / math.sqrt(len(weights))
    assert pvariance(weights) == pytest.approx(variance, rel=0.05)
    assert fmean([abs(w) < deviation for w in weights]) == pytest.approx(within_one_deviation, abs=0.02)
    assert max(map(abs, weights)) <= bound
    assert all(neuron.bias.data == 0.0 for neuron in layer.neurons)


def test_init_of_an_mlp_goes_by_the_sizes_of_each_layer() -> None:
    wide, narrow = MLP(50, [100, 20], init="xavier", rng=0).layers
    for layer, bound in ((wide, math.sqrt(6 / 150)), (narrow, math.sqrt(6 / 120))):
        largest = max(abs(w.data) for neuron in layer.neurons for w in neuron.weights)
        assert 0.99 * bound < largest <= bound


def test_nonlin_and_activation_may_be_changed() -> None:
    neuron = Neuron(1, rng=0)
    neuron.weights[0].data = -1.0
    assert neuron([2.0]).data == 0.0
    neuron.nonlin = False
    assert neuron([2.0]).data == -2.0
    assert repr(neuron) == "LinearNeuron(1)"
    neuron.nonlin, neuron.activation = True, "leaky_relu"
    assert neuron([2.0]).data == -0.02
    with pytest.raises(ValueError, match="unknown activation 'x'"):
        neuron.activation = "x"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MLP(2, [1], rng="a"), "rng is a seed or a random.Random, got 'a'"),
        (lambda: MLP(2, 3), "a list with the size of each layer"),
    ],
)
def test_arguments_of_another_kind(make: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        make()
