"""The matrix products that a person would have written, and no others.

A network of n layers takes n products forwards and 2n - 1 backwards: dL/dW of each layer, and dL/dx of each but the
first, whose inputs want no gradient.
"""

import re
import tracemalloc
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from micrograd_bp import MLP, Value, compile, cross_entropy, dot, gradients, l2, mse
from micrograd_bp import sum as sum_of
from tests.problems import recurrences
from tests.problems.layers_by_hand import dense, network_program, neurons, parameters_of, sample, vector
from tests.problems.problem import cross_entropy_of
from tests.problems.program_text import Products, products, statements, up_to_names


def of_layers(n):
    """What a plain network of n layers takes."""
    return Products(training=3 * n - 1, prediction=n)


# ---- plain networks


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("sizes", [[1], [3], [4, 2], [16, 16, 1], [5, 4, 3, 2]])
def test_a_network_takes_three_products_for_a_layer_but_the_first(sizes, fused):
    model = MLP(2, sizes, activation="tanh", fused=fused, rng=0)
    program = network_program(model, 2, sizes[-1])
    assert products(program.source) == of_layers(len(sizes))


@pytest.mark.parametrize("activation", ["relu", "gelu", "linear"])
def test_the_activation_makes_no_difference(activation):
    program = network_program(MLP(3, [4, 4, 2], activation=activation, rng=0), 3, 2)
    assert products(program.source) == of_layers(3)


@pytest.mark.parametrize("sizes", [[1], [2, 1], [16, 16, 1], [4, 3]])
def test_fused_and_unfused_networks_give_the_same_program(sizes):
    programs = [network_program(MLP(2, sizes, fused=fused, rng=0), 2, sizes[-1]) for fused in (True, False)]
    assert up_to_names(programs[0].source) == up_to_names(programs[1].source)


def test_names_are_those_of_the_field():
    source = network_program(MLP(2, [16, 16, 1], rng=0), 2, 1).source
    assigned = {statement.split(" = ")[0] for statement in statements(source)}
    for name in ("W0", "b0", "z0", "a0", "W1", "b1", "z1", "a1", "W2", "b2"):
        assert name in assigned, source
        assert f"d_{name}" in source, source


def test_a_network_is_a_few_statements_whatever_its_width():
    narrow, wide = (network_program(MLP(2, [n, n, 1], rng=0), 2, 1).source for n in (3, 40))
    assert len(list(statements(narrow))) == len(list(statements(wide))) < 60


# ---- networks that differ a little


def test_no_bias():
    x, t, first, second = sample(3), sample(2), [vector(3) for _ in range(4)], [vector(4) for _ in range(2)]
    hidden = [dot(row, x).tanh() for row in first]
    loss = mse([[dot(row, hidden) for row in second]], [t])
    program = compile(loss, inputs={"X": x, "T": t}, parameters=[each for row in first + second for each in row])
    assert products(program.source).training == 5


@pytest.mark.parametrize("kind", ["left out", "constant"])
def test_one_pruned_weight(kind):
    x, t, first, second = sample(3), sample(2), neurons(4, 3), neurons(2, 4)
    parameters = parameters_of(first, second)
    weights, bias = first[1]
    parameters.remove(weights[2])
    if kind == "constant":
        weights[2] = Value(0.0)
    hidden = dense(x, first, "tanh")
    if kind != "constant":
        hidden[1] = dot(weights[:2], x[:2], bias).tanh()
    outputs = dense(hidden, second)
    program = compile(mse([outputs], [t]), inputs={"X": x, "T": t}, parameters=parameters, outputs={"y": outputs})
    assert products(program.source) == of_layers(2)


@pytest.mark.parametrize("diagonal", ["of parameters", "of exponentials"])
@pytest.mark.parametrize("n_points", [1, 3])
def test_triangular_matrices_take_one_product_each_for_all_points(n_points, diagonal):
    """Around centres of their own, as in a mixture of Gaussians: each row lacks one entry less."""
    n, points = 8, [[Value(0.1 * i - 0.2 * j) for i in range(8)] for j in range(n_points)]
    triangles = [[vector(size) for size in (n, *range(1, n + 1))] for _ in range(2)]
    scaled = []
    for centre, *rows in triangles:
        rows = [[*row[:-1], row[-1].exp()] for row in rows] if diagonal == "of exponentials" else rows
        for point in points:
            centered = [a - b for a, b in zip(point, centre, strict=True)]
            scaled += [dot(row, centered[: len(row)]) for row in rows]
    parameters = [each for triangle in triangles for row in triangle for each in row]
    program = compile(
        l2(scaled),
        inputs={"X": [x for point in points for x in point]},
        parameters=parameters,
        outputs={"y": scaled},
        form="matrices",
    )
    assert products(program.source) == Products(training=3 * 2, prediction=2)


def test_densely_connected_layers_take_one_product_each():
    """The third layer reads the inputs and both layers before it, joined."""
    x, t, layers, parameters = sample(3), sample(2), [], []
    read = x
    for count in (4, 5):
        layers.append(neurons(count, len(read)))
        read = read + dense(read, layers[-1], "tanh")
    layers.append(neurons(2, len(read)))
    outputs = dense(read, layers[-1])
    parameters = parameters_of(*layers)
    program = compile(mse([outputs], [t]), inputs={"X": x, "T": t}, parameters=parameters, outputs={"y": outputs})
    assert products(program.source) == of_layers(3)


def test_residual_connections_add_no_product():
    x, t, layers = sample(3), sample(2), [neurons(4, 3), neurons(4, 4), neurons(4, 4), neurons(2, 4)]
    values = dense(x, layers[0], "tanh")
    for layer in layers[1:3]:
        values = [a + b for a, b in zip(values, dense(values, layer, "tanh"), strict=True)]
    outputs = dense(values, layers[3])
    program = compile(
        mse([outputs], [t]), inputs={"X": x, "T": t}, parameters=parameters_of(*layers), outputs={"y": outputs}
    )
    assert products(program.source) == of_layers(4)


@pytest.mark.parametrize("formula", ["mask", "tanh", "scale"])
def test_weights_made_by_a_formula(formula):
    x, t, n_hidden = sample(3), sample(2), 4
    rows, second, scale = [vector(3) for _ in range(n_hidden)], neurons(2, n_hidden), Value(1.5)
    made = {
        "mask": [[v * float((i + j) % 3 > 0) for j, v in enumerate(row)] for i, row in enumerate(rows)],
        "tanh": [[v.tanh() for v in row] for row in rows],
        "scale": [[scale * v for v in row] for row in rows],
    }[formula]
    biases = vector(n_hidden)
    outputs = dense([dot(row, x, b).tanh() for row, b in zip(made, biases, strict=True)], second)
    parameters = [
        *[each for row in rows for each in row],
        *biases,
        *parameters_of(second),
        *([scale] if formula == "scale" else []),
    ]
    program = compile(mse([outputs], [t]), inputs={"X": x, "T": t}, parameters=parameters, outputs={"y": outputs})
    assert products(program.source) == of_layers(2)


# ---- weights used again


@pytest.mark.parametrize("joined", [True, False])
def test_weights_shared_over_time_accumulate_into_one_gradient(joined):
    """Input and state are joined, so that each time takes one product forwards and one for dL/dW."""
    n_state, n_times = 4, 3
    cell = [(vector(2), vector(n_state), Value(0.1)) for _ in range(n_state)]
    groups = {f"X{time}": sample(2) for time in range(n_times)}
    state = groups["H"] = sample(n_state)
    for time in range(n_times):
        x = groups[f"X{time}"]
        sums = [dot([*w, *u], [*x, *state], b) if joined else dot(w, x, b) + dot(u, state) for w, u, b in cell]
        state = [z.tanh() for z in sums]
    groups["T"] = sample(n_state)
    parameters = [each for w, u, b in cell for each in (*w, *u, b)]
    program = compile(mse([state], [groups["T"]]), inputs=groups, parameters=parameters, outputs={"state": state})
    # Forwards and dL/dW at each time; dL/dstate at each but the first, whose state is an input.
    assert products(program.source) == Products(training=2 * n_times + n_times - 1, prediction=n_times)


def test_two_towers_take_the_products_of_two_networks():
    x, y, t = sample(3), sample(3), sample(1)
    layers = [neurons(5, 3), neurons(4, 5), neurons(5, 3), neurons(4, 5)]
    left = dense(dense(x, layers[0], "tanh"), layers[1])
    right = dense(dense(y, layers[2], "tanh"), layers[3])
    score = dot(left, right)
    program = compile(
        mse([score], t),
        inputs={"X": x, "Y": y, "T": t},
        parameters=parameters_of(*layers),
        outputs={"score": [score], "left": left},
    )
    two = of_layers(2)
    assert products(program.source).training == 2 * two.training
    assert products(program.source).prediction <= 3 * two.prediction


def test_a_kernel_moved_over_places_takes_a_product_for_a_place_at_most():
    sequence, kernels, t = sample(6), neurons(3, 3), sample(3)
    places = [dense(sequence[i : i + 3], kernels, "tanh") for i in range(4)]
    means = [sum_of([place[channel] for place in places]) / 4 for channel in range(3)]
    parameters = parameters_of(kernels)
    program = compile(mse([means], [t]), inputs={"X": sequence, "T": t}, parameters=parameters)
    assert 2 <= products(program.source).training <= 8


@pytest.mark.parametrize("are_inputs", [True, False])
def test_attention_to_growing_lists_of_keys_is_a_few_statements_whatever_their_length(are_inputs):
    def inner(first, second):
        return sum(a * b for a, b in zip(first, second, strict=True))

    def source(n_tokens):
        tokens, keys, values, loss = [sample(4) for _ in range(n_tokens)], [], [], 0.0
        matrices = [[vector(4) for _ in range(4)] for _ in range(3)]
        for token in tokens:
            query, key, value = ([inner(row, token) for row in matrix] for matrix in matrices)
            keys.append(key)
            values.append(value)
            for head in (slice(0, 2), slice(2, 4)):
                scores = [inner(query[head], past[head]) / 2**0.5 for past in keys]
                powers = [(score - max(each.data for each in scores)).exp() for score in scores]
                total = sum(powers)
                weights = [power / total for power in powers]
                loss += sum(inner(weights, [past[i] for past in values]) ** 2 for i in range(4)[head])
        parameters = [weight for matrix in matrices for row in matrix for weight in row]
        inputs = {"X": [x for token in tokens for x in token]} if are_inputs else None
        return compile(loss, inputs=inputs, parameters=parameters, form="matrices").source

    short, long = (len(list(statements(source(n)))) for n in (5, 11))
    assert short == long < 60


def test_what_all_of_a_row_are_divided_by_is_neither_copied_nor_added_up_place_by_place():
    x, t, rows = sample(12), sample(12), neurons(4, 4)
    shares = []
    for start in range(0, 12, 4):
        powers = [z.exp() for z in dense(x[start : start + 4], rows)]
        total = sum(powers)
        shares += [power / total for power in powers]
    program = compile(mse([shares], [t]), inputs={"X": x, "T": t}, parameters=parameters_of(rows), form="matrices")
    assert "a0.reshape(-1, 3, 4) / sum.reshape(-1, 3, 1)" in program.source
    assert "np.add.at" not in program.source
    assert "[:, i" not in program.source


def test_layers_of_which_one_is_not_asked_everywhere_take_a_product_each():
    """Keys at all places, queries at some: neither at each place nor in all columns, and still two matrices."""
    tokens, query, key = [sample(3) for _ in range(6)], [vector(3) for _ in range(4)], [vector(3) for _ in range(4)]
    keys = [[dot(row, token) for row in key] for token in tokens]
    queries = [[dot(row, token) for row in query] for token in tokens[:2]]
    loss = sum(dot(q, k).tanh() for q in queries for k in keys)
    inputs = {"X": [x for token in tokens for x in token]}
    program = compile(loss, inputs=inputs, parameters=[w for row in query + key for w in row], form="matrices")
    assert products(program.source).training == 4
    assert "(X[:, :6].reshape(-1, 2, 3) @ W0)" in program.source


def test_a_kernel_that_meets_the_edge_of_an_image_takes_a_few_statements_however_large_that_is():
    def source(size):
        image, kernel = [sample(size) for _ in range(size)], [vector(3) for _ in range(3)]

        def weighted(pixels, i, j):
            near = [(k, m) for k in range(3) for m in range(3) if 0 <= i + k - 1 < size and 0 <= j + m - 1 < size]
            return sum(kernel[k][m] * pixels[i + k - 1][j + m - 1] for k, m in near)

        first = [[weighted(image, i, j).tanh() for j in range(size)] for i in range(size)]
        loss = sum(weighted(first, i, j) ** 2 for i in range(size) for j in range(size))
        inputs, parameters = {"X": [x for row in image for x in row]}, [w for row in kernel for w in row]
        return compile(loss, inputs=inputs, parameters=parameters, form="matrices").source

    small, large = source(4), source(6)
    assert len(list(statements(small))) == len(list(statements(large))) < 30
    assert products(large).training == products(small).training == 5


# ---- losses


def test_regularization_adds_no_product_of_matrices():
    model, x, t = MLP(3, [4, 2], rng=0), sample(3), sample(2)
    outputs = model(x)
    loss = mse([outputs], [t]) + 0.01 * l2(model.parameters())
    program = compile(loss, inputs={"X": x, "T": t}, parameters=model.parameters(), outputs={"y": outputs})
    assert products(program.source) == of_layers(2)


def test_cross_entropy_adds_no_product():
    model, x, t = MLP(3, [4, 5], rng=0), sample(3), [Value(float(i == 1)) for i in range(5)]
    logits = model(x)
    program = compile(
        cross_entropy_of(logits, t), inputs={"X": x, "T": t}, parameters=model.parameters(), outputs={"logits": logits}
    )
    assert products(program.source) == of_layers(2)


def test_hinge_adds_no_product():
    model, x, t = MLP(3, [4, 1], rng=0), sample(3), sample(1)
    score = model(x)
    loss = (1.0 - t[0] * score).relu()
    program = compile(loss, inputs={"X": x, "T": t}, parameters=model.parameters(), outputs={"score": [score]})
    assert products(program.source) == of_layers(2)


def test_outputs_add_no_product_to_the_gradient_and_predictions_stop_where_they_can():
    model, x, t = MLP(3, [4, 4, 2], rng=0), sample(3), sample(2)
    first = model.layers[0](x)
    outputs = model.layers[2](model.layers[1](first))
    loss, groups = mse([outputs], [t]), {"X": x, "T": t}
    program = compile(loss, inputs=groups, parameters=model.parameters(), outputs={"first": first})
    assert products(program.source) == Products(training=8, prediction=1)
    program = compile(loss, inputs=groups, parameters=model.parameters(), outputs={"first": first, "y": outputs})
    assert products(program.source) == Products(training=8, prediction=3)


@pytest.mark.parametrize("n", [4, 7])
def test_tokens_drawn_as_ones_and_zeros_take_the_products_of_a_batch(n):
    """Equal numbers of a graph are one constant, which must not mix up the weights that they are multiplied by."""
    model = MLP(5, [3, 2], activation="tanh", rng=0)
    tokens = [[float(i == token) for i in range(5)] for token in (0, 3, 4, 1, 2, 3, 0)[:n]]
    program = compile(mse([model(row) for row in tokens], [[0.1, 0.2]] * n), parameters=model.parameters())
    assert products(program.source) == Products(training=5, prediction=0)
    assert "W0 = parameters[:18].reshape(3, 6)[:, :5].T" in program.source


def test_tokens_drawn_as_ones_and_zeros_beside_a_state_have_weights_of_their_own_in_each_step():
    def source(steps):
        cell, state = [vector(8) for _ in range(3)], [Value(0.1), Value(0.2), Value(0.3)]
        for step in range(steps):
            token = [Value(float(i == step * step % 5)) for i in range(5)]
            state = [sum(w * x for w, x in zip(row, [*token, *state], strict=True)).tanh() for row in cell]
        return compile(mse([state], [[0.1, 0.2, 0.3]]), parameters=[w for row in cell for w in row]).source

    assert source(5).count("= parameters") == 3  # of the first step, whose state is constant too, and of all others
    assert "for t in range" in source(20)


@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_a_whole_data_set_drawn_in_full_takes_the_products_of_a_batch(loss):
    model = MLP(2, [4, 3], activation="tanh", rng=0)
    data = [[0.1 * i, 0.3 - 0.2 * i] for i in range(7)]
    predictions = [model(row) for row in data]
    if loss == "mse":
        total = mse(predictions, [[0.1 * i, 0.2, -0.1 * i] for i in range(7)])
    else:
        total = cross_entropy(predictions, [i % 3 for i in range(7)])
    program = compile(total, parameters=model.parameters())
    assert products(program.source).training == of_layers(2).training


def test_a_tree_of_prices_takes_a_few_statements_for_each_level():
    """Its leaves are powers of their own, each another function, which stand side by side from the next level on."""

    def program(levels):
        up, down, weight = parameters = [Value(1.1), Value(0.9), Value(0.6)]
        prices = [(100.0 * up**n * down ** (levels - n) - 90.0).relu() for n in range(levels + 1)]
        while len(prices) > 1:
            prices = [weight * a + (1.0 - weight) * b for a, b in pairwise(prices)]
        return prices[0], parameters, compile(prices[0], parameters=parameters, form="matrices")

    short, long = (list(statements(program(levels)[-1].source)) for levels in (12, 24))
    assert len(long) - len(short) < 10 * 12
    loss, parameters, compiled = program(12)
    np.testing.assert_allclose(compiled.value_and_gradient()[1], gradients(loss, parameters), rtol=1e-12)


def test_neighbours_are_read_as_slices():
    """Of a rod that is heated, only the ends stand apart."""
    source = compile(*recurrences.heated_rod(20)[:3], form="matrices").source
    assert "np.add.at" not in source
    assert re.search(r"(\w+)\[:, :6\] \+ \1\[:, 2:8\] - \1\[:, 1:7\] \* 2\.0", source)


def test_sums_of_a_few_parameters_each_take_memory_for_these_and_not_for_all_beside_all():
    random = Random(0)
    x, weights = ([Value(random.gauss(0.0, 1.0)) for _ in range(n)] for n in (100, 3000))
    sums = [dot([weight, *random.sample(weights, 4)], random.sample(x, 5)).tanh() for weight in weights]
    tracemalloc.start()
    try:
        compile(sum_of(sums), inputs={"x": x}, parameters=weights, form="matrices")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * 3000 * 3000 / 2
