"""The numbers that a program holds: whose arrays they are, parameters loaded and stored, copies."""

import copy
import pickle

import numpy as np
import pytest

from micrograd_bp import MLP, Value, compile, dot
from micrograd_bp.engine import leaves
from tests.problems.line import INPUTS, TARGETS, a_line, errors


def test_results_belong_to_the_caller():
    program, _ = a_line()
    results = [*program.value_and_gradient(INPUTS, TARGETS, with_respect_to=["X", "T"])[1:]]
    results += [program.parameters, *program.predict(INPUTS).values()]
    kept = [np.copy(each) for each in results]
    for each in results:
        each += 100.0
    again = [*program.value_and_gradient(INPUTS, TARGETS, with_respect_to=["X", "T"])[1:]]
    again += [program.parameters, *program.predict(INPUTS).values()]
    for before, after in zip(kept, again, strict=True):
        np.testing.assert_array_equal(before, after)


def test_results_are_not_views_of_arguments():
    x, w = [Value(1.0), Value(2.0)], Value(2.0)
    program = compile(w * dot(x, x), inputs={"X": x}, parameters=[w], outputs={"x": x})
    given = np.array([[1.0, 2.0]])
    predicted = program.predict(given)["x"]
    given[:] = 0.0
    np.testing.assert_array_equal(predicted, [[1.0, 2.0]])


# ---- parameters


def test_parameters_are_loaded_set_and_stored():
    program, values = a_line()
    np.testing.assert_array_equal(program.parameters, [2.0, 3.0, 1.0])
    program.parameters = [5.0, 6.0, 7.0]
    assert [value.data for value in values] == [2.0, 3.0, 1.0]
    assert program.value_and_gradient(INPUTS, TARGETS)[0] == pytest.approx(np.mean(errors((5.0, 6.0, 7.0)) ** 2))
    program.store()
    assert [value.data for value in values] == [5.0, 6.0, 7.0]
    assert all(type(value.data) is float for value in values)
    values[0].data = -1.0
    np.testing.assert_array_equal(program.parameters, [5.0, 6.0, 7.0])
    program.load()
    np.testing.assert_array_equal(program.parameters, [-1.0, 6.0, 7.0])


def test_parameters_set_from_an_array_do_not_follow_it():
    program, _ = a_line()
    given = np.array([5.0, 6.0, 7.0])
    program.parameters = given
    given[:] = 0.0
    np.testing.assert_array_equal(program.parameters, [5.0, 6.0, 7.0])


def test_parameters_may_be_given_in_any_order():
    x, w, b = Value(1.0), Value(2.0), Value(3.0)
    for order in ([w, b], [b, w]):
        program = compile(w * x + 10.0 * b, inputs={"x": [x]}, parameters=order)
        assert program.parameters.tolist() == [each.data for each in order]
        assert program.value_and_gradient([[4.0]])[1].tolist() == [{w: 4.0, b: 10.0}[each] for each in order]


def test_compiling_leaves_the_graph_as_it_is():
    model, x = MLP(2, [3, 1], rng=0), [Value(1.0), Value(2.0)]
    loss = model(x) ** 2
    loss.backward()
    before = [(leaf, leaf.data, leaf.grad, leaf.label) for leaf in leaves(loss)]
    program = compile(loss, inputs={"X": x}, parameters=model.parameters())
    program.value_and_gradient(INPUTS)
    assert [(leaf, leaf.data, leaf.grad, leaf.label) for leaf in leaves(loss)] == before


def test_a_parameter_that_the_loss_does_not_use_has_gradient_0_and_a_warning():
    w, unused = Value(2.0, label="w"), Value(3.0, label="spare")
    with pytest.warns(UserWarning, match="spare"):
        program = compile(w * w, parameters=[unused, w])
    assert program.value_and_gradient()[1].tolist() == [0.0, 4.0]
    assert program.parameters.tolist() == [3.0, 2.0]


# ---- the program as an object


def test_the_same_graph_gives_the_same_source():
    assert a_line()[0].source == a_line()[0].source


@pytest.mark.parametrize("form", ["matrices", "straight line"])
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda program: pickle.loads(pickle.dumps(program))])
def test_a_copy_is_a_program_of_its_own(copied, form):
    x, w = [Value(0.5), Value(-0.5)], [Value(2.0), Value(3.0)]
    program = compile(dot(w, x).tanh(), inputs={"X": x}, parameters=w, outputs={"x": x}, form=form)
    program.parameters = [0.25, 0.5]
    before = program.value_and_gradient(INPUTS)
    twin = copied(program)
    assert twin.source == program.source
    assert twin.value_and_gradient(INPUTS)[0] == before[0]
    twin.parameters = [5.0, 6.0]
    twin.store()
    np.testing.assert_array_equal(program.parameters, [0.25, 0.5])
    np.testing.assert_array_equal(program.value_and_gradient(INPUTS)[1], before[1])
