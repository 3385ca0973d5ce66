"""Taking parameters out and putting gradients to their places without an assignment, against NumPy's indexing."""

import re

import numpy as np
import pytest

from micrograd_bp.compiler.arrays.array_functions import ArrayFunctions
from micrograd_bp.compiler.arrays.functional import functional
from micrograd_bp.compiler.arrays.language import BATCH, Part, array, literal, scatter, take, variable
from micrograd_bp.compiler.arrays.routine import Routine
from micrograd_bp.compiler.arrays.statements import Statement
from micrograd_bp.compiler.find.groups import HOLE
from micrograd_bp.compiler.write.constants import Constants
from micrograd_bp.compiler.write.xp import FunctionalWriter

SIZE = 60
PARAMETERS = np.arange(1.0, SIZE + 1.0)


def written(expression, constants):
    """An expression as functional code."""
    statement = Statement(variable("result", expression.shape), expression, "")
    (rewritten,) = functional(Routine("f", [], [statement], {})).statements
    return FunctionalWriter(constants, "float64", "xp").text(rewritten.value)


def run(expression, **variables):
    """What an expression gives on NumPy."""
    constants = Constants()
    text = written(expression, constants)
    return eval(text, {"xp": ArrayFunctions(np), "parameters": PARAMETERS, **constants.arrays, **variables})


VIEWS = {
    "one number": (np.array(7), "parameters[7]"),
    "all": (np.arange(SIZE), "parameters"),
    "a slice": (np.arange(5, 9), "parameters[5:9]"),
    "a slice with steps": (np.arange(5, 41, 5), "parameters[5:41:5]"),
    "a single one in a list": (np.array([3]), "parameters[3:4]"),
    "a block": (np.arange(12, 24).reshape(3, 4), "xp.reshape(parameters[12:24], (3, 4))"),
    "weights by neuron": (np.arange(10, 25).reshape(3, 5)[:, :4].T, "xp.reshape(parameters[10:25], (3, 5))[:, :4].T"),
    "weights at the end": (np.arange(45, 60).reshape(3, 5)[:, 1:], "xp.reshape(parameters[45:60], (3, 5))[:, 1:5]"),
    "a column": (np.arange(2, 20, 3).reshape(6, 1), None),
    "a row": (np.arange(2, 20, 3).reshape(1, 6), None),
    "backwards": (np.arange(9, 3, -1), None),
    "any order": (np.array([[3, 1], [4, 1], [5, 9]]), None),
    "equal ones": (np.zeros(4, dtype=int), None),
    "a list again and again": (
        np.tile(np.arange(3, 7), 5),
        "xp.reshape(xp.broadcast_to(xp.reshape(parameters[3:7], (1, 4)), (5, 4)), (20,))",
    ),
    "each several times": (
        np.repeat(np.arange(3, 7), 5),
        "xp.reshape(xp.broadcast_to(xp.reshape(parameters[3:7], (4, 1)), (4, 5)), (20,))",
    ),
    "column by column": (
        np.arange(12).reshape(3, 4).T.ravel(),
        "xp.reshape(xp.reshape(parameters[:12], (3, 4)).T, (12,))",
    ),
}


@pytest.mark.parametrize("name", VIEWS)
def test_views_are_slices_where_they_can_be(name):
    index, text = VIEWS[name]
    expression = take(variable("parameters", (SIZE,)), index)
    assert expression.shape == index.shape
    np.testing.assert_array_equal(run(expression), PARAMETERS[index])
    if text is not None:
        assert written(expression, Constants()) == text


def test_holes_are_zeros():
    index = np.array([[4, HOLE], [HOLE, 7], [0, 1]])
    expected = np.where(index == HOLE, 0.0, PARAMETERS[index])
    np.testing.assert_array_equal(run(take(variable("parameters", (SIZE,)), index)), expected)


def any_places(random, size):
    return random.integers(0, size, random.integers(1, 12))


def places_in_turn(random, size):
    """The same places again and again, or each of them several times."""
    again, places = (
        int(random.integers(1, 5)),
        np.sort(random.choice(size, random.integers(1, size + 1), replace=False)),
    )
    return np.repeat(places, again) if random.integers(2) else np.tile(places, again)


def places_in_rows(random, size):
    """Some columns of rows, row by row or column by column; or a stretch of places."""
    rows = int(random.integers(1, size + 1))
    length = size // rows
    columns = np.arange(*np.sort(random.choice(length + 1, 2, replace=False)))
    table = random.integers(0, size - rows * length + 1) + length * np.arange(rows)[:, None] + columns
    return table.T.ravel() if random.integers(2) else table.ravel()


@pytest.mark.parametrize("samples", [None, 1, 4])
@pytest.mark.parametrize("draw", [any_places, places_in_rows, places_in_turn])
def test_what_is_put_to_the_same_place_adds_up(samples, draw):
    """Any number of parts with any places: as `np.add.at` has it."""
    for seed in range(50):
        random = np.random.default_rng(seed)
        size = int(random.integers(1, 9 if draw is any_places else 30))
        places = [draw(random, size) for _ in range(random.integers(1, 5))]
        lead, rows = ((), ()) if samples is None else ((BATCH,), (samples,))
        arrays = {f"part{number}": random.normal(size=(*rows, len(each))) for number, each in enumerate(places)}
        parts = [Part(variable(name, (*lead, len(each))), each) for (name, each) in zip(arrays, places, strict=True)]
        expected = np.zeros((*rows, size))
        for numbers, each in zip(arrays.values(), places, strict=True):
            np.add.at(expected, (..., each), numbers)
        expression = scatter(parts, (*lead, size))
        assert expression.shape == (*lead, size), seed
        result = run(expression, batch=samples, **arrays)
        np.testing.assert_allclose(result, expected, rtol=1e-14, atol=1e-15, err_msg=f"seed {seed}")


def test_parts_that_follow_one_another_are_only_put_side_by_side():
    parts = [Part(variable("a", (BATCH, 2)), np.arange(2)), Part(variable("b", (BATCH, 3)), np.arange(2, 5))]
    assert written(scatter(parts, (BATCH, 5)), Constants()) == "xp.concat([a, b])"


def test_a_permutation_is_gathered_once():
    parts = [Part(variable("a", (3,)), np.array([4, 2, 0])), Part(variable("b", (2,)), np.array([3, 1]))]
    assert re.fullmatch(r"xp\.take\(xp\.concat\(\[a, b\]\), i\d\)", written(scatter(parts, (5,)), Constants()))


IN_PLACE = {
    "weights and biases by neuron": (
        [np.arange(10).reshape(2, 5)[:, :4].T, np.array([4, 9]), np.arange(10, 13)],
        "xp.concat([xp.reshape(xp.concat([a.T, xp.reshape(b, (2, 1))]), (10,)), c])",
    ),
    "neighbours": ([np.arange(12), np.arange(1, 13)], "xp.concat([a, {zero}]) + xp.concat([{zero}, b])"),
    "between others": ([np.arange(3), np.arange(10, 13), np.arange(3, 10)], "xp.concat([a, c, b])"),
    "every other one": ([np.arange(0, 12, 2), np.arange(1, 13, 2)], None),
    "a square, transposed, and a column": ([np.arange(12).reshape(3, 4)[:, 1:].T, np.array([0, 4, 8])], None),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_what_lies_in_rows_or_layers_is_put_side_by_side(name):
    places, text = IN_PLACE[name]
    parts = [Part(variable(of, each.shape), each) for of, each in zip("abc", places, strict=False)]
    code = written(scatter(parts, (13,)), constants := Constants())
    assert not constants.arrays, code
    if text is not None:
        assert code == text.format(zero="xp.broadcast_to(xp.array(0.0, parameters), (1,))")


def test_plain_numbers_are_computed_when_the_program_is_written():
    """log(2 + (2 = 0)), as the derivative of 2 ** w has it."""
    two, zero = literal(2.0), literal(0.0)
    logarithm = array("log", [array("add", [two, array("equal", [two, zero])])])
    assert written(logarithm, Constants()) == f"xp.array({float(np.log(2.0))!r}, parameters)"
