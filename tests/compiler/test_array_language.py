"""The array language: equal arrays are one, what is simplified, derivatives, and that nothing is computed twice."""

import gc
import re
from math import prod
from pathlib import Path

import numpy as np
import pytest

from micrograd_bp import Value, compile, exp, gradients
from micrograd_bp.compiler.arrays import language
from micrograd_bp.compiler.arrays.array_functions import ArrayFunctions
from micrograd_bp.compiler.arrays.functional import functional
from micrograd_bp.compiler.arrays.gradient import DERIVATIVES, contributions
from micrograd_bp.compiler.arrays.language import (
    Part,
    array,
    broadcast_to,
    call,
    concatenate,
    constant,
    literal,
    matmul,
    outer,
    reduce_to,
    reshape,
    scatter,
    take,
    total,
    variable,
)
from micrograd_bp.compiler.arrays.routine import Routine
from micrograd_bp.compiler.arrays.rules import Functions, result_and_contributions
from micrograd_bp.compiler.arrays.statements import Statement
from micrograd_bp.compiler.find.groups import HOLE
from micrograd_bp.compiler.write.constants import Constants
from micrograd_bp.compiler.write.native import native_source
from micrograd_bp.compiler.write.nests import Nests
from micrograd_bp.compiler.write.numpy import Writer, begun
from micrograd_bp.compiler.write.places import Sum
from micrograd_bp.compiler.write.xp import FunctionalWriter
from tests.problems.program_text import statements

MAP = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text(encoding="utf-8")

x, y, z = variable("x", (2, 3)), variable("y", (2, 3)), variable("z", (3,))
w = variable("w", (3, 2))

EXAMPLES = {
    "add": call("add", x, z),
    "subtract": call("subtract", z, x),
    "negative": call("negative", x),
    "multiply": call("multiply", call("multiply", x, z), call("multiply", y, y)),
    "matmul": matmul(x, w),
    "sum": total(x, [1]),
    "reshape": reshape(reshape(total(x, [0]), (3,)), (3, 1)),
    "broadcast_to": broadcast_to(z, (2, 3)),
    "concatenate": concatenate([x, y]),
    "take": take(x, np.array([[2, 0], [HOLE, 2]])),
    "where": call("where", constant(np.array([1.0, 0.0, 1.0])), x, z),
}
"""For each function of arrays with a derivative, an array that it makes."""


def run(a, numbers):
    """The numbers of an array, by way of NumPy."""
    constants = Constants()
    routine = functional(Routine("f", [], [Statement(variable("result", a.shape), a, "")], {}))
    text = FunctionalWriter(constants, "float64", "xp").text(routine.statements[0].value)
    names = {"xp": ArrayFunctions(np), "parameters": np.zeros(1), **constants.arrays, **numbers}
    return np.broadcast_to(eval(text, names), a.shape)


def test_every_derivative_has_an_example():
    assert set(EXAMPLES) == set(DERIVATIVES) - {"at_round"}  # which is read in loops alone


@pytest.mark.parametrize("name", EXAMPLES)
def test_derivatives_agree_with_differences(name):
    a = EXAMPLES[name]
    random = np.random.default_rng(0)
    numbers = {"x": random.normal(size=(2, 3)), "y": random.normal(size=(2, 3)), "z": random.normal(size=3)}
    numbers |= {"w": random.normal(size=(3, 2)), "d": random.normal(size=a.shape)}
    gradients = {key: np.zeros(numbers[key].shape) for key in "xyzw"}
    for along, contribution in contributions(a, variable("d", a.shape), lambda _: True):
        gradients[along.detail] = gradients[along.detail] + run(broadcast_to(contribution, along.shape), numbers)
    for key in "xyzw":
        for place in np.ndindex(numbers[key].shape):
            ends = []
            for step in (1e-3, -1e-3):
                moved = numbers | {key: numbers[key].copy()}
                moved[key][place] += step
                ends.append((run(a, moved) * numbers["d"]).sum())
            assert gradients[key][place] == pytest.approx((ends[0] - ends[1]) / 2e-3, abs=1e-9), (key, place)


IN_ANY_FORM = {**EXAMPLES, "outer": outer(z, z), "max": total(x, [1], "max"), "flip": array("flip", [x], x.shape)}
"""The last one is in no table: what is not known of a function must not make a program wrong."""


@pytest.mark.parametrize("name", IN_ANY_FORM)
def test_each_reads_the_right_entries_in_a_loop_nest(name, monkeypatch):
    """Beside what it reads, in the text for machine code, which is Python too."""

    def element(nests, a, index):
        if a.function != "flip":
            return known(nests, a, index)
        return known(nests, a.operands[0], [i.times(-1) + Sum(n - 1) for n, i in zip(a.shape, index, strict=True)])

    known = Nests.element
    monkeypatch.setattr(Nests, "element", element)
    a, read = IN_ANY_FORM[name], (w, y, z, x)
    parameters, gradient, result = variable("parameters", (21,)), variable("gradient", (21,)), variable("r", a.shape)
    places = np.split(np.arange(21), np.cumsum([prod(each.shape) for each in read])[:-1])
    values = [reshape(take(parameters, own), each.shape) for each, own in zip(read, places, strict=True)]
    flat = scatter([Part(reshape(result, (prod(a.shape),)), np.arange(prod(a.shape)))], (21,))
    lines = [
        *((each, call("exp", value)) for each, value in zip(read, values, strict=True)),
        (result, a),
        (gradient, flat),
    ]
    statements = [Statement(target, value, "") for target, value in lines]
    kernel = native_source(Routine("f", [], statements, {"value": literal(0.0), "gradient": gradient}))
    exec(kernel.source, names := {})
    given, got = np.random.default_rng(0).normal(size=21), np.zeros(21)
    names["kernel"](given, kernel.numbers, kernel.places, got)
    numbers = {each.detail: np.exp(given[own]).reshape(each.shape) for each, own in zip(read, places, strict=True)}
    np.testing.assert_allclose(got[: prod(a.shape)], on_numpy(a, numbers).ravel(), rtol=1e-14)


@pytest.mark.parametrize("name", IN_ANY_FORM)
def test_what_counts_as_computed_shares_no_numbers(name):
    a, numbers = IN_ANY_FORM[name], {each.detail: np.ones(each.shape) for each in (w, x, y, z)}
    if a.is_computed:
        assert not any(np.shares_memory(on_numpy(a, numbers), each) for each in numbers.values())


def on_numpy(a, numbers):
    """The numbers of an array, by the text for NumPy."""
    constants = Constants()
    text = Writer(constants).text(a)
    return eval(text, {"np": np, **constants.arrays, **numbers})


def test_taking_and_scattering_are_transposes():
    """⟨take(x), d⟩ = ⟨x, scatter(d)⟩."""
    index = np.array([[2, 0, 2], [1, HOLE, 2]])
    random = np.random.default_rng(1)
    d = variable("d", (2, *index.shape))
    numbers = {"x": random.normal(size=(2, 3)), "d": random.normal(size=d.shape)}
    taken, scattered = run(take(x, index), numbers), run(scatter([Part(d, index)], x.shape), numbers)
    assert (taken * numbers["d"]).sum() == pytest.approx((numbers["x"] * scattered).sum(), rel=1e-12)


def test_nothing_is_added_to_what_may_be_a_view():
    """A `scatter` begins with its first part where that has numbers of its own."""
    added = Part(variable("s", (2, 1)), np.array([1]))
    assert begun(scatter([Part(call("exp", x), None), added], x.shape))[0] is call("exp", x)
    assert begun(scatter([Part(array("flip", [x], x.shape), None), added], x.shape))[0] is scatter((), x.shape)


def test_equal_arrays_are_one():
    assert call("exp", call("multiply", x, z)) is call("exp", call("multiply", x, z))
    assert take(x, np.array([0, 2])) is take(x, np.array([0, 2])) is not take(x, np.array([2, 0]))
    assert constant(np.zeros(2)) is not constant(-np.zeros(2))
    assert literal(0.0) is not literal(-0.0)
    assert literal(np.nan) is literal(np.nan)


def test_arrays_are_forgotten_with_their_program():
    gc.collect()
    before = len(language._arrays)
    a = array("exp", [array("log", [variable("forgotten")])])
    assert len(language._arrays) == before + 3
    del a
    gc.collect()
    assert len(language._arrays) == before


@pytest.mark.parametrize(
    ("operands", "expected"),
    [
        (("add", x, literal(0.0)), x),
        (("add", x, x), array("multiply", [literal(2.0), x], x.shape)),
        (("subtract", x, literal(0.0)), x),
        (("multiply", literal(1.0), x), x),
        (("multiply", x, literal(-1.0)), array("negative", [x], x.shape)),
        (("multiply", literal(2.0), call("multiply", literal(3.0), x)), array("multiply", [literal(6.0), x], x.shape)),
        (("divide", x, literal(1.0)), x),
        (("negative", call("negative", x)), x),
        (("pow", x, literal(2.0)), array("multiply", [x, x], x.shape)),
        (("pow", x, literal(0.0)), literal(1.0)),
        (("exp", literal(0.0)), literal(1.0)),
        (("divide", literal(1.0), literal(0.0)), literal(np.inf)),
        (("greater", constant(np.array(2.0)), literal(1.0)), constant(np.array(1.0))),
    ],
)
def test_simplifications(operands, expected):
    assert call(*operands) is expected


@pytest.mark.parametrize("form", ["matrices", "native", "straight line", "tape"])
def test_a_simpler_form_may_be_a_number(form, monkeypatch):
    """As of x⁰; here of x - x in a sum, alone and in rows, on one sample and on many."""
    x, w = [Value(0.5), Value(-1.0), Value(2.0)], [Value(3.0), Value(0.25)]
    rows = [[each - each for each in x], [a * w[0] - a * w[0] for a in x]]
    loss = sum(exp(a) * w[1] for row in rows for a in row) + w[0] * x[0] + (x[1] - x[1])
    expected = gradients(loss, w)
    monkeypatch.setitem(language.SIMPLER, "subtract", lambda a, b: literal(0.0) if a is b else None)
    program = compile(loss, {"X": x}, w, form=form)
    for samples in (1, 3, 100):
        value, gradient = program.value_and_gradient([[each.data for each in x]] * samples)
        assert value == pytest.approx(loss.data, rel=1e-12)
        np.testing.assert_allclose(gradient, expected, rtol=1e-12)


def test_a_gradient_of_something_repeated_is_a_sum():
    assert reduce_to(x, (2, 3), (3,)) is reshape(total(x, [0]), (3,))
    assert reduce_to(literal(1.0), (2, 3), ()) is literal(6.0)


def test_it_prints_itself():
    assert str(call("multiply", total(x, [1]), literal(2.0))) == "multiply(sum(x, ((1,), True)), 2.0)"
    deep = x
    for _ in range(100):
        deep = call("exp", call("multiply", deep, deep))
    assert len(str(deep)) < 300


def test_what_both_passes_need_is_computed_once():
    """softplus(x) = max(x, 0) + log(1 + exp(-|x|)), whose derivative has the same exponential."""
    a, b = Value(0.5), Value(2.0)
    source = compile((a * b).softplus() * a, inputs={"X": [a]}, parameters=[b], form="matrices").source
    assert sum(statement.count("exp(") for statement in statements(source)) == 1


def test_the_simplification_in_the_map_of_the_code_works(monkeypatch):
    entry = re.search(r'^"abs": (.*),$', MAP, re.MULTILINE)[1]
    monkeypatch.setitem(language.SIMPLER, "abs", eval(entry, vars(language)))
    assert call("abs", call("negative", x)) is call("abs", x)
    assert call("abs", x) is array("abs", [x], x.shape)


def test_the_map_of_the_code_prints_each_stage_as_it_is():
    x, w = Value(2.0, label="x"), Value(-3.0, label="w")
    y = x * w
    y.label = "y"
    (routine,) = compile(y, inputs={"x": x}, parameters=[w])._program.routines
    assert f"\n{routine}\n" in MAP
    stages = {*str(routine).splitlines(), *str(functional(routine)).splitlines()}
    a, b, upstream = variable("x"), variable("w"), variable("d_y")
    result, contributions_ = result_and_contributions(y.operation, [a, b], [False, True], upstream, Functions())
    stages |= {f"y = {result}", f"d_w = {contributions_[b]}"}
    assert [line for line in stages if line not in MAP] == []
