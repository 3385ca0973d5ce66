"""What a program and `compile` refuse, and that the message says what was given, what was expected, what to do."""

import math
import re

import numpy as np
import pytest

from micrograd_bp import Value, compile, dot, operation
from tests.problems.line import INPUTS, TARGETS, a_line


def refused(error, *words):
    """Expects an exception whose message holds all these words, in any order."""
    return pytest.raises(error, match="(?s)" + "".join(f"(?=.*{re.escape(word)})" for word in words))


# ---- arrays


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (np.ones((3, 3)), ["X", "(3, 3)", "2"]),
        (np.ones((3, 1)), ["X", "(3, 1)", "2"]),
        (np.ones(2), ["X", "(2,)", "2"]),
        (np.ones((3, 2, 1)), ["X", "(3, 2, 1)", "2"]),
        (np.array(1.0), ["X", "()", "2"]),
        (1.0, ["X", "2"]),
        ([[1.0, 2.0], [3.0]], ["X", "different lengths"]),
    ],
    ids=["too wide", "too narrow", "one sample flat", "three axes", "no axes", "a number", "ragged"],
)
def test_wrong_shapes(inputs, words):
    program, _ = a_line()
    with refused(ValueError, *words):
        program.value_and_gradient(inputs, TARGETS)
    with refused(ValueError, *words):
        program.predict(inputs)


@pytest.mark.parametrize("inputs", [np.ones((0, 2)), []])
def test_a_batch_without_samples(inputs):
    program, _ = a_line()
    with refused(ValueError, "sample"):
        program.value_and_gradient(inputs, np.ones((0, 1)))
    with refused(ValueError, "sample"):
        program.predict(inputs)


def test_groups_with_different_numbers_of_samples():
    program, _ = a_line()
    with refused(ValueError, "3", "2", "X", "T"):
        program.value_and_gradient(INPUTS, TARGETS[:2])
    with refused(ValueError, "3", "1", "X", "T"):  # one sample is not taken for all of them
        program.value_and_gradient(INPUTS, TARGETS[:1])


@pytest.mark.parametrize(
    "inputs",
    [
        np.array([["1", "2"]] * 3),
        [["1", "2"]] * 3,
        INPUTS + 1j,
        np.array([[None, 1.0]] * 3),
        np.array([[object(), 1.0]] * 3),
        np.array([["2020-01-01"] * 2] * 3, dtype="datetime64[D]"),
        None,
        "X",
    ],
    ids=["strings", "a list of strings", "complex", "None in it", "objects", "dates", "None", "a string"],
)
def test_what_is_no_array_of_numbers(inputs):
    program, _ = a_line()
    with refused((TypeError, ValueError), "X"):
        program.value_and_gradient(inputs, TARGETS)
    with refused((TypeError, ValueError), "X"):
        program.predict(inputs)


def test_missing_and_surplus_arrays():
    program, _ = a_line()
    with refused(TypeError, "T"):
        program.value_and_gradient(INPUTS)
    with refused(TypeError, "X"):
        program.value_and_gradient(T=TARGETS)
    with refused(TypeError, "3", "2"):
        program.value_and_gradient(INPUTS, TARGETS, TARGETS)
    with refused(TypeError, "X"):
        program.value_and_gradient(INPUTS, TARGETS, X=INPUTS)
    with refused(TypeError, "U"):
        program.value_and_gradient(INPUTS, TARGETS, U=INPUTS)
    with refused(TypeError, "X"):
        program.predict()


def test_unknown_names_of_inputs_to_differentiate_by():
    program, _ = a_line()
    with refused(ValueError, "Y", "X", "T"):
        program.value_and_gradient(INPUTS, TARGETS, with_respect_to="Y")
    with refused(ValueError, "Y", "X", "T"):
        program.value_and_gradient(INPUTS, TARGETS, with_respect_to=["X", "Y"])
    with refused(ValueError, "X", "twice"):
        program.value_and_gradient(INPUTS, TARGETS, with_respect_to=["X", "X"])


def test_unknown_forms_and_what_a_form_has_not():
    w = Value(2.0)
    with refused(ValueError, "matrices", "tape", "'matrix'"):
        compile(w * w, parameters=[w], form="matrix")
    with refused(ValueError, "straight line", "float64"):
        compile(w * w, parameters=[w], form="straight line", dtype="float32")
    program, _ = a_line("matrices")
    assert repr(program) == "<program of matrices: parameters (3,), X (samples, 2), T (samples, 1)>"
    with refused(ValueError, "matrices", "loop nests"):
        _ = program.native_source


@pytest.mark.parametrize(
    "parameters",
    [[1.0, 2.0], np.ones(4), np.ones((3, 1)), 1.0, [], np.ones((1, 3))],
    ids=["too few", "too many", "a column", "a number", "none", "a row"],
)
def test_parameters_of_a_wrong_shape(parameters):
    program, _ = a_line()
    with refused(ValueError, "3"):
        program.parameters = parameters
    assert program.parameters.tolist() == [2.0, 3.0, 1.0]


@pytest.mark.parametrize("parameters", [["a", "b", "c"], [1j, 0, 0], [None, 1.0, 2.0], "abc"])
def test_parameters_that_are_no_numbers(parameters):
    program, _ = a_line()
    with refused((TypeError, ValueError), "parameters"):
        program.parameters = parameters
    assert program.parameters.tolist() == [2.0, 3.0, 1.0]


# ---- compile


def test_a_loss_is_one_value():
    w = Value(2.0)
    for loss in (3.0, [w * w], None, "w", np.ones(2)):
        with refused(TypeError, type(loss).__name__):
            compile(loss, parameters=[w])


@pytest.mark.parametrize("place", ["inputs", "parameters"])
def test_inputs_and_parameters_are_leaves(place):
    x, w = Value(1.0, label="x"), Value(2.0, label="w")
    inner = w * x
    inner.label = "inner"
    arguments = {"inputs": {"X": [x]}, "parameters": [w]}
    arguments[place] = {"X": [x, inner]} if place == "inputs" else [w, inner]
    with refused(ValueError, "leaf", "X[1]" if place == "inputs" else "parameters[1]"):
        compile(inner * w, **arguments)


@pytest.mark.parametrize("kind", [1.0, None, "w", np.ones(1)])
def test_inputs_and_parameters_and_outputs_are_values(kind):
    x, w = Value(1.0), Value(2.0)
    with refused(TypeError, "Value"):
        compile(w * x, inputs={"X": [x, kind]}, parameters=[w])
    with refused(TypeError, "Value"):
        compile(w * x, inputs={"X": [x]}, parameters=[w, kind])
    with refused(TypeError, "Value"):
        compile(w * x, inputs={"X": [x]}, parameters=[w], outputs={"y": [w * x, kind]})


def test_a_leaf_is_listed_once():
    x, y, w = Value(1.0, label="x"), Value(3.0, label="y"), Value(2.0, label="w")
    loss = w * x + y
    for arguments in (
        {"inputs": {"X": [x, x]}, "parameters": [w]},
        {"inputs": {"X": [x], "Y": [y, x]}, "parameters": [w]},
        {"inputs": {"X": [w], "Y": [x]}, "parameters": [w]},
        {"inputs": {"X": [x]}, "parameters": [w, w]},
    ):
        with refused(ValueError, "listed already"):
            compile(loss, **arguments)


@pytest.mark.parametrize("name", ["", "x y", "1x", "class", "x-y", 3, None])
def test_names_are_identifiers(name):
    x, w = Value(1.0), Value(2.0)
    with refused((TypeError, ValueError), repr(name)):
        compile(w * x, inputs={name: [x]}, parameters=[w])


@pytest.mark.parametrize("name", ["parameters", "with_respect_to", "__debug__"])
@pytest.mark.parametrize("form", ["matrices", "straight line"])
def test_names_that_a_call_means_something_else_by_are_refused(name, form):
    x, w = Value(1.0), Value(2.0)
    with refused(ValueError, repr(name)):
        compile(w * x, inputs={name: [x]}, parameters=[w], form=form)


@pytest.mark.parametrize(
    "name",
    [
        *("W0", "z0", "a0", "sum", "len", "float", "range", "predict", "math", "numpy", "inputs", "p", "c0", "λ", "_"),
        *(
            "np",
            "xp",
            "value",
            "gradient",
            "batch",
            "order",
            "matmul",
            "ones",
            "views",
            "loss",
            "d_W0",
            "d_X",
            "d_model",
            "erf",
            "values",
        ),
    ],
)
@pytest.mark.parametrize("form", ["matrices", "straight line"])
def test_names_that_a_program_might_use_are_no_trap(name, form):
    """Ours make way: on a few samples and on many, for the numbers, for the places and on other libraries."""
    x, w, y = [Value(1.0), Value(0.5)], [Value(2.0, label="model"), Value(3.0, label="model")], [Value(0.25)]
    inputs, scores = {name: x, f"{name}_": y, f"d_{name}": [Value(0.5)]}, [dot(w, x).erf()]
    program = compile(
        scores[0] + y[0] * inputs[f"d_{name}"][0], inputs=inputs, parameters=w, outputs={name: scores}, form=form
    )
    for samples in (2, 100):
        rows, column = np.linspace(-1.0, 1.0, 2 * samples).reshape(samples, 2), np.ones((samples, 1))
        by_hand = np.array([math.erf(number) for number in rows @ [2.0, 3.0]])
        slopes = 2.0 / math.sqrt(math.pi) * np.exp(-((rows @ [2.0, 3.0]) ** 2))
        value, gradient, d_rows = program.value_and_gradient(rows, column, column, with_respect_to=name)
        assert value == pytest.approx(by_hand.mean() + 1.0)
        np.testing.assert_allclose(gradient, slopes @ rows / samples)
        np.testing.assert_allclose(d_rows, np.outer(slopes, [2.0, 3.0]) / samples)
        np.testing.assert_allclose(program.predict(rows)[name][:, 0], by_hand)
        np.testing.assert_allclose(program.namespace(np)(program.parameters, rows, column, column)[1], gradient)
    for leaf in (*x, *w):
        for found in program.where(leaf):
            entry = f"{found.array}{list(found.index)}" if found.index else found.array
            assert program.where(entry) is leaf


@pytest.mark.parametrize("form", ["matrices", "straight line"])
@pytest.mark.parametrize("name", ["d_W0", "d_", "c0", "i1", "value", "np"])
def test_names_of_outputs_and_labels_are_no_trap(name, form):
    x, w = Value(1.0), Value(2.0, label=name)
    y = (w * x).tanh()
    y.label = name
    program = compile(y * y + w, inputs={"X": [x]}, parameters=[w], outputs={name: [y]}, form=form)
    assert program.value_and_gradient([0.5])[0] == pytest.approx(math.tanh(1.0) ** 2 + 2.0)
    assert program.predict([0.5])[name].item() == pytest.approx(math.tanh(1.0))


def test_groups_have_members():
    x, w = Value(1.0), Value(2.0)
    with refused(ValueError, "E", "no members"):
        compile(w * x, inputs={"X": [x], "E": []}, parameters=[w])
    with refused(ValueError, "E", "no members"):
        compile(w * x, inputs={"X": [x]}, parameters=[w], outputs={"E": []})


@pytest.mark.parametrize(
    "label", ["a b", "1", "∂y/∂x", "'; import os #", '"""', "\n", "np", "class", "W0", "λ", "x" * 500]
)
def test_labels_of_any_kind_are_no_trap(label):
    x, w = [Value(1.0, label=label), Value(0.5)], [Value(2.0, label=label), Value(3.0, label=label)]
    y = dot(w, x)
    y.label = label
    program = compile(y.tanh(), inputs={"X": x}, parameters=w, outputs={"y": [y]})
    alone = {}
    exec(program.source, alone)
    value, gradient = alone["value_and_gradient"](np.array([2.0, 3.0]), np.array([[0.5, -0.5]]))
    assert value == pytest.approx(np.tanh(-0.5))
    np.testing.assert_allclose(gradient, (1 - np.tanh(-0.5) ** 2) * np.array([0.5, -0.5]))


@pytest.mark.parametrize("dtype", ["float16", "int64", "complex128", "decimal", None, 7])
def test_unknown_dtypes(dtype):
    w = Value(2.0)
    with refused((TypeError, ValueError), "float32", "float64"):
        compile(w * w, parameters=[w], dtype=dtype)


def test_what_to_differentiate_with_respect_to_is_said():
    x, w = Value(1.0), Value(2.0)
    with pytest.raises(TypeError, match=r"respect to: parameters=model\.parameters\(\), .*parameters=\[\] makes"):
        compile(x * w, {"X": x})
    program = compile(x * w, {"X": x}, [])
    value, gradient = program.value_and_gradient([3.0])
    assert (value, gradient.shape) == (6.0, (0,))


def test_a_node_made_by_hand_has_no_rule_to_compile():
    w = Value(2.0)
    by_hand = Value(3.0, (w,), "custom", label="mine")
    with refused(ValueError, "custom"):
        compile(by_hand * w, parameters=[w])


def test_inputs_are_named_groups():
    x, w = Value(1.0), Value(2.0)
    for inputs in ([x], x, [[x]]):
        with refused(TypeError, "inputs"):
            compile(w * x, inputs=inputs, parameters=[w])


def test_an_operation_that_was_defined_anew_keeps_the_rule_of_the_graph(table):
    """As in a notebook whose cell is run again: the graph was recorded with the first."""

    def define(factor):
        @operation("stretched")
        def stretched(xp, x):
            return factor * x, (factor,)

        return stretched

    w = Value(2.0)
    loss = define(3.0)(w)
    define(5.0)
    value, gradient = compile(loss, parameters=[w]).value_and_gradient()
    assert (value, gradient.tolist()) == (6.0, [3.0])


def test_data_that_is_no_number_is_named():
    w, x = Value(2.0, label="w"), Value(3.0)
    loss = w * x
    w.data = w - 0.1 * x
    with pytest.raises(TypeError, match=re.escape("somebody has set the .data of 'w' to a Value")):
        compile(loss, parameters=[w, x])
