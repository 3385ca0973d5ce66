"""The source of straight-line code: how it reads, the way from it to each node and back, and the debugger."""

import ast
import gc
import io
import linecache
import pdb
import re

import numpy as np
import pytest

from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.run.arguments import entry
from micrograd_bp.engine import OPERATIONS, Value, gradients, topological_order
from micrograd_bp.engine.numbers.floats import Floats
from micrograd_bp.engine.operations import sum as sum_of
from tests.problems.random_graphs import define_operations
from tests.problems.straight_lines import straight_line


@pytest.fixture
def neuron():
    """A program with labels: the squared error of tanh(w·x + b), and the Values by label."""
    values = {label: Value(0.5, label=label) for label in ("x", "t", "w", "b")}
    x, t, w, b = values.values()
    z = w * x + b
    y = z.tanh()
    loss = (y - t) ** 2
    z.label, y.label, loss.label = "z", "y", "loss"
    values |= {"z": z, "y": y, "loss": loss}
    return straight_line(loss, {"X": [x], "T": [t]}, [w, b], {"score": [y]}), values


def test_the_source_reads_as_one_would_write_it(neuron):
    expected = """\
def value_and_gradient(parameters, X, T):
    (w, b) = parameters
    (x,) = X
    (t,) = T
    # forward
    v0 = w * x
    z = v0 + b
    y = tanh(z)
    v3 = y - t
    loss = v3 * v3
    # backward
    d_v3 = 2.0 * v3
    d_z = d_v3 * (1.0 - y * y)
    d_w = d_z * x
    d_b = d_z
    return loss, (d_w, d_b)


def predict(parameters, X):
    (w, b) = parameters
    (x,) = X
    # forward
    v0 = w * x
    z = v0 + b
    y = tanh(z)
    return {'score': (y,)}
"""
    made, _ = neuron
    assert made.source.endswith("\n\n" + expected)


def test_the_source_runs_on_its_own(neuron):
    made, values = neuron
    a = long = Value(1.0005)
    for _ in range(1000):
        long = (long * a + 1e-3).tanh()
    for of_program, arguments, node, by in (
        (made, ([0.5, 0.5], [0.5], [0.5]), values["loss"], [values["w"], values["b"]]),
        (straight_line(long, {}, [a], {}), ([1.0005],), long, [a]),
    ):
        alone = {}
        exec(of_program.source, alone)
        value, gradient = alone["value_and_gradient"](*arguments)
        assert value == pytest.approx(node.data, rel=1e-12)
        assert list(gradient) == pytest.approx(gradients(node, by), rel=1e-12)


@pytest.mark.parametrize(
    "labels",
    ["x x x", "exp class d_x", "v0 parameters a.b", "X X_0 v1", "é _ 2", "zip v0_part1 values", "piece_0 PIECES run"],
)
@pytest.mark.parametrize("statements", [1000, 1])
def test_no_label_gets_in_the_way(labels, statements, monkeypatch):
    monkeypatch.setattr(thresholds, "MOST_STATEMENTS", statements)
    x, w, b = (Value(0.1 * i, label=label) for i, label in enumerate(labels.split(), start=1))
    loss = ((x * w).exp() + b).exp()
    loss.label = labels.split()[0]
    for group in ("X", "exp", "parameters", "x", "v0", "zip", "return_", "piece_0", "values"):
        made = straight_line(loss, {group: [x]}, [w, b], {group: [loss]})
        value, gradient = made.value_and_gradient(np.array([0.2, 0.3]), [np.array([[0.1]])], 1)
        assert value == pytest.approx(loss.data, rel=1e-12)
        assert gradient == pytest.approx(np.array(gradients(loss, [w, b])), rel=1e-12)


def test_derivatives_are_written_only_along_the_way_to_a_parameter():
    x, w = Value(0.5), Value(2.0)
    far = x.exp().sin().cos()
    source = straight_line(far * w + (w > 0.0) * 3.0 + w.floor(), {"X": [x]}, [w], {}).source
    backward = source[source.index("# backward") :]
    assert not re.search(r"exp|sin|cos|floor", backward)


def test_only_primitive_functions_are_called(table):
    """An operation that is not one is written out, and what its derivative shares with its result is reused."""
    for name in define_operations():
        entry = OPERATIONS[name]
        assert not hasattr(Floats, name)
        assert entry.trace
    x = Value(0.5)
    source = straight_line(x.silu() + x.softplus() * 2.0, {}, [x], {}).source
    called = {node.func.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)}
    assert called <= set(dir(Floats))
    assert source.count("exp(-abs") == 2


# ---- the way to each node, and the debugger


@pytest.mark.parametrize("statements", [1000, 5])
def test_each_node_has_its_statement(statements, monkeypatch, neuron):
    monkeypatch.setattr(thresholds, "MOST_STATEMENTS", statements)
    _, values = neuron
    loss = sum_of([values["loss"], (values["z"] + values["w"]).sigmoid(), values["z"] * values["w"]])
    made = straight_line(loss, {"X": [values["x"]], "T": [values["t"]]}, [values["w"], values["b"]], {})
    lines = made.source.splitlines()
    for node in topological_order(loss):
        places = made.where(node)
        assert bool(places) == (node is not None and (node.operation is not None or node.label != ""))
        for place in places:
            assert lines[place.line - 1].strip() == place.statement
            assert place.array in place.statement or place.array.startswith("values[")
            assert made.node(entry(place.array)) is node
        gradients = [place.array for place in places if place.array.startswith("d_")]
        assert len(gradients) == len(set(gradients)) <= 1
    assert made.where(Value(1.0)) == []
    for name in ("nothing", "d_nothing", "v99", "values[99]"):
        with pytest.raises(LookupError, match="is called"):
            made.node(entry(name))


@pytest.mark.parametrize("statements", [1000, 3])
def test_pdb_steps_through_it(statements, monkeypatch, neuron):
    monkeypatch.setattr(thresholds, "MOST_STATEMENTS", statements)
    _, values = neuron
    made = straight_line(values["loss"], {"X": [values["x"]], "T": [values["t"]]}, [values["w"], values["b"]], {})
    name, _, line, statement = made.where(values["y"])[0]
    assert name == "y"
    output = io.StringIO()
    debugger = pdb.Pdb(stdin=io.StringIO(f"continue\nnext\np {name}\ncontinue\n"), stdout=output)
    assert debugger.set_break(made.filename, line) is None
    try:
        debugger.runcall(made.value_and_gradient, np.array([0.5, 0.5]), [np.array([[0.5]])] * 2, 1)
    finally:
        debugger.clear_all_breaks()
    assert f"-> {statement}" in output.getvalue()
    assert f"(Pdb) {values['y'].data}" in output.getvalue()


def test_the_source_is_registered_for_as_long_as_the_program_lives(neuron):
    made, values = neuron
    again = straight_line(values["loss"], {}, [values["w"]], {})
    assert "".join(linecache.getlines(made.filename)) == made.source
    linecache.checkcache()
    assert linecache.getline(made.filename, 1) == made.source.splitlines(keepends=True)[0]
    filename = again.filename
    assert filename != made.filename
    del again
    gc.collect()
    assert filename not in linecache.cache


def test_what_is_an_operand_twice_is_simplified_as_in_arrays():
    x = Value(0.7, label="x")
    assert "    d_x = 2.0 * x\n" in straight_line(x * x, {}, [x], {}).source
    assert "    v0 = 2.0 * x\n" in straight_line(x + x, {}, [x], {}).source
