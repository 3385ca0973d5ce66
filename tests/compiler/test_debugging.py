"""A program in Python's debugger: it stops at the lines of the source and shows its arrays."""

import builtins
import io
import linecache
import pdb
import re
import traceback

import numpy as np
import pytest

from tests.problems.small_network import INPUTS, TARGETS, Network


@pytest.fixture(scope="module")
def network():
    return Network()


def line_that_assigns(source, name):
    """The number of the first line that gives `name` its value in the function of the gradient."""
    start = source[: source.index("def value_and_gradient")].count("\n")
    lines = source.splitlines()
    return next(i for i, line in enumerate(lines, 1) if i > start and line.strip().startswith(f"{name} ="))


def session(program, line, *commands, times=1):
    """The answers of `pdb` to some commands, given where it stops in front of a line of the program.

    Args:
        program: what runs, on three samples.
        line: where it stops.
        commands: what is typed then.
        times: how often the batch holds the three samples.
    """
    output = io.StringIO()
    typed = io.StringIO("".join(f"{command}\n" for command in ("continue", *commands, "continue")))
    debugger = pdb.Pdb(stdin=typed, stdout=output, nosigint=True, readrc=False)
    assert debugger.set_break(program.filename, line) is None
    try:
        # `runcall` stops where it is entered, too.
        debugger.runcall(program.value_and_gradient, np.tile(INPUTS, (times, 1)), np.tile(TARGETS, (times, 1)))
    finally:
        debugger.clear_all_breaks()
    return output.getvalue().split("(Pdb) ")[1:]


def statement_at(program, line):
    return program.source.splitlines()[line - 1].strip()


def test_pdb_stops_at_a_statement_and_shows_the_arrays(network):
    line = line_that_assigns(network.program.source, "z0")
    stop, *answers = session(
        network.program, line, "p X.shape", "p W0.shape", "next", "p z0.shape", "p z0[0, 1]", "where"
    )
    assert f"-> {statement_at(network.program, line)}" in stop
    assert f"-> {statement_at(network.program, line + 1)}" in answers[2]
    assert [answers[i].strip() for i in (0, 1, 3)] == ["(3, 2)", "(2, 4)", "(3, 4)"]
    weights = network.model.layers[0].neurons[1].weights
    expected = weights[0].data * INPUTS[0, 0] + weights[1].data * INPUTS[0, 1]
    assert float(re.search(r"-?\d+\.\d+", answers[4])[0]) == pytest.approx(expected)
    assert network.program.filename in answers[5]
    assert "value_and_gradient" in answers[5]


@pytest.mark.parametrize("times", [1, 10, 1000])
def test_pdb_stops_for_a_batch_of_any_size(network, times):
    line = line_that_assigns(network.program.source, "d_W0")
    stop, *answers = session(network.program, line, "p z0.shape", "p d_W1.shape", times=times)
    assert f"-> {statement_at(network.program, line)}" in stop
    assert answers[1].strip() == "(4, 1)"


def test_pdb_lists_the_source_around_a_statement_of_the_backward_pass(network):
    line = line_that_assigns(network.program.source, "d_W1")
    stop, listed, *answers = session(network.program, line, "list", "next", "p d_W1.shape", "p gradient")
    assert f"-> {statement_at(network.program, line)}" in stop
    for number in range(line - 3, line + 4):
        assert statement_at(network.program, number) in listed
    assert answers[1].strip() == "(4, 1)"
    assert "NameError" in answers[2]  # it has not come to that yet


def test_pdb_steps_from_the_first_statement_to_the_return(network):
    """`until` runs on to a line; each `next` is one statement."""
    source = network.program.source
    first, last = line_that_assigns(source, "z0"), line_that_assigns(source, "gradient")
    shown = "".join(session(network.program, first, *["next"] * (last - first)))
    for name in ("a0", "d_W1", "d_a0", "d_W0", "d_b0"):
        assert f"-> {statement_at(network.program, line_that_assigns(source, name))}" in shown


def test_a_traceback_shows_the_statement(network):
    """As it would in whoever's program runs the code under its own name."""
    namespace = {}
    exec(builtins.compile(network.program.source, network.program.filename, "exec"), namespace)
    with pytest.raises(ValueError, match="matmul") as caught:
        namespace["value_and_gradient"](network.program.parameters, INPUTS[:, :1], TARGETS)
    shown = "".join(traceback.format_exception(caught.value))
    assert re.search(r"z0 = .*@", shown), shown


def test_the_source_is_registered_line_by_line(network):
    program = network.program
    linecache.checkcache()  # which drops files that have changed or gone
    assert "".join(linecache.getlines(program.filename)).rstrip() == program.source.rstrip()
    assert linecache.getline(program.filename, 1).rstrip("\n") == program.source.splitlines()[0]


def test_each_program_has_a_name_of_its_own():
    one, two = Network().program, Network(activation="relu").program
    assert one.filename != two.filename
    assert "tanh" in "".join(linecache.getlines(one.filename))
    assert "tanh" not in "".join(linecache.getlines(two.filename))


def test_straight_line_code_is_stepped_through_as_well():
    program = Network(form="straight line").program
    line = next(i for i, text in enumerate(program.source.splitlines(), 1) if "tanh(" in text)
    stop, *answers = session(program, line, "next", "p length", "list")
    statement = statement_at(program, line)
    assert f"-> {statement}" in stop
    assert statement in answers[2]
    assert float(re.search(r"-?\d+\.\d+", answers[1])[0]) == INPUTS[0, 0]  # of the first sample
