"""The way between the nodes of the graph and the entries of a program's arrays, in both directions."""

import re
import sys

import numpy as np
import pytest

from micrograd_bp import Value, compile, gradients
from micrograd_bp.engine import topological_order
from tests.problems.problem import rebuilt
from tests.problems.small_network import INPUTS, TARGETS, Network


@pytest.fixture(scope="module")
def network():
    return Network()


def place(network, node, array):
    """The one place of a node in an array."""
    (found,) = [each for each in network.program.where(node) if each.array == array]
    return found


def entry(found):
    """A place as text: "W0[3, 5]"."""
    return f"{found.array}[{', '.join(map(str, found.index))}]" if found.index else found.array


def test_every_weight_has_its_place_in_the_matrix_and_in_its_gradient(network):
    program = network.program
    for layer, module in enumerate(network.model.layers):
        for j, neuron in enumerate(module.neurons):
            for i, weight in enumerate(neuron.weights):
                assert place(network, weight, f"W{layer}").index == (i, j)
                assert place(network, weight, f"d_W{layer}").index == (i, j)
                assert program.where(f"W{layer}[{i}, {j}]") is weight
                assert program.where(f"d_W{layer}[{i}, {j}]") is weight


def test_every_bias_has_its_place(network):
    for j, neuron in enumerate(network.model.layers[0].neurons):
        for array in ("b0", "d_b0"):
            assert place(network, neuron.bias, array).index == (j,)
            assert network.program.where(f"{array}[{j}]") is neuron.bias
    (last,) = network.model.layers[1].neurons  # the bias of a single neuron is a number, or an array of one
    for array in ("b1", "d_b1"):
        assert network.program.where(entry(place(network, last.bias, array))) is last.bias


def test_nodes_of_a_layer_have_their_columns(network):
    for j, (z, a) in enumerate(zip(network.sums, network.hidden, strict=True)):
        for node, array in ((z, "z0"), (z, "d_z0"), (a, "a0"), (a, "d_a0")):
            found = place(network, node, array)
            assert found.index == (j,)
            assert network.program.where(entry(found)) is node


def test_inputs_have_their_columns(network):
    for j, leaf in enumerate(network.x):
        assert place(network, leaf, "X").index == (j,)
        assert network.program.where(f"X[{j}]") is leaf
    assert network.program.where("T[0]") is network.t


def test_outputs_are_found_under_their_name(network):
    assert network.program.where(entry(place(network, network.score, "scores"))) is network.score


@pytest.mark.parametrize("form", ["matrices", "straight line"])
def test_a_place_names_the_line_and_the_statement(form):
    network = Network(form=form)
    lines = network.program.source.splitlines()
    for node in topological_order(network.loss):
        for found in network.program.where(node):
            assert found.statement in lines[found.line - 1]
            assert re.search(rf"\b{found.array}\b", lines[found.line - 1])


@pytest.mark.parametrize("form", ["matrices", "straight line"])
def test_every_place_leads_back(form):
    """To the node, or to one that is the same number, as a sum that was divided by 1."""
    network = Network(form=form)
    n_places = 0
    for node in topological_order(network.loss):
        for found in network.program.where(node):
            n_places += 1
            back = network.program.where(entry(found))
            assert back is node or (found in network.program.where(back) and back.data == node.data)
    assert n_places > 40


def variables(program, inputs, targets):
    """The arrays of a running program, when it returns."""
    seen = {}

    def trace(frame, event, _):
        if frame.f_code.co_filename == program.filename and event == "return":
            seen.update(frame.f_locals)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        program.value_and_gradient(inputs, targets)
    finally:
        sys.settrace(before)
    return seen


@pytest.mark.parametrize("fused", [True, False])
def test_numbers_are_where_they_are_said_to_be(fused):
    """Each entry holds the number, or the gradient, of the node that is said to be there."""
    network = Network(fused=fused)
    arrays = variables(network.program, INPUTS[:1], TARGETS[:1])
    sample = dict(zip([*network.x, network.t], [*INPUTS[0].tolist(), *TARGETS[0].tolist()], strict=True))
    nodes = topological_order(network.loss)
    new = rebuilt([network.loss], sample)
    slopes = gradients(new[network.loss], [new[node] for node in nodes])
    n_places = 0
    for node, slope in zip(nodes, slopes, strict=True):
        for found in network.program.where(node):
            array = np.asarray(arrays[found.array])
            # One number may stand for a whole array, such as d_loss.
            (number,) = np.ravel(array[(..., *found.index)] if array.ndim else array)
            assert number == pytest.approx(slope if found.array.startswith("d_") else new[node].data), found
            n_places += 1
    assert n_places >= 2 * 17 + 4 * 4


@pytest.mark.parametrize(
    "text", ["W0", "W0[9, 0]", "W0[0]", "W0[0, 0, 0]", "W7[0, 0]", "nonsense", "W0[a, b]", "W0[-1, 0]", "W0[0, 0", "?"]
)
def test_what_is_no_entry_of_an_array_is_refused(network, text):
    with pytest.raises((ValueError, LookupError), match=re.escape(text.split("[")[0])):
        network.program.where(text)


def test_what_is_no_node_of_the_graph_is_refused(network):
    with pytest.raises((ValueError, LookupError), match="stranger"):
        network.program.where(Value(1.0, label="stranger"))
    for nothing in (1.5, None, ["W0[0, 0]"]):
        with pytest.raises(TypeError, match=type(nothing).__name__):
            network.program.where(nothing)


@pytest.mark.parametrize("form", ["matrices", "straight line"])
def test_leaves_of_an_irregular_graph_have_places(form):
    x, w = [Value(1.0), Value(2.0)], [Value(0.3), Value(0.4), Value(0.5)]
    y = ((w[0] * x[0]).sin() + (w[1] * x[1]).exp() * w[2]) / x[0]
    program = compile(y, inputs={"X": x}, parameters=w, form=form)
    for leaf in (*w, *x):
        assert program.where(leaf)
    for weight in w:
        assert any(found.array.startswith("d_") for found in program.where(weight))
