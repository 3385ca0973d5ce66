"""The tester is tested: a wrong rule, planted where the compiler reads it, makes the comparison fail."""

from random import Random

import numpy as np
import pytest

from micrograd_bp import OPERATIONS, Value, dot, operation
from micrograd_bp.engine.numbers.formulas import Formula
from micrograd_bp.engine.table import bind
from tests.cases import each_case
from tests.problems.agreement import by_engine, by_program, compiled, distance
from tests.problems.problem import Problem
from tests.problems.random_graphs import random_problem

PLACES = [
    (name, place)
    for name, entry in OPERATIONS.items()
    for place in ("result", *entry.operand_names)
    if place == "result" or entry.trace.derivatives[place].value != 0.0
]

FIRST_ROW = {"equal": [0.5, 0.5], "maximum": [0.5, 0.5], "where": [0.0, 1.0]}
"""Points that chance does not draw: ties, and a condition that does not hold."""


def slightly_wrong(formula):
    """A formula whose values are off in the tenth digit."""
    return Formula("multiply", (Formula(value=1.0 + 1e-10), formula), indexed=formula.indexed)


def plant(name, place=None):
    """Adds an operation of the table under another name, with a fault where the compiler reads it.

    The engine computes with the rule itself, which is right; the compiler reads the trace of the rule.

    Args:
        name: the operation.
        place: "result", or the operand whose derivative is wrong; no fault if not given.
    """
    entry = OPERATIONS[name]
    operation(f"planted_{name}", many=entry.many, samples=entry.samples)(entry.rule)
    made = OPERATIONS[f"planted_{name}"]
    if place == "result":
        made.trace = made.trace._replace(result=slightly_wrong(made.trace.result))
    elif place is not None:
        derivatives = made.trace.derivatives
        made.trace = made.trace._replace(derivatives={**derivatives, place: slightly_wrong(derivatives[place])})
    return made


def problem_with(entry):
    """A layer of an operation: all its operands are inputs, drawn from its intervals."""
    random = Random(entry.name)

    def draw(operand):
        return random.uniform(*random.choice(entry.samples.get(operand, [(-2.0, 2.0)])))

    made = bind(entry, {constant: draw(constant) for constant in entry.trace.constants})
    names = [operand for operand in made.operand_names for _ in range(3 if operand in made.many else 1)]
    group = [Value(draw(operand)) for operand in names]
    weight = Value(1.5)
    loss = dot([weight], [Value.apply(made, group)], weight)
    rows = np.array([[draw(operand) for operand in names] for _ in range(8)])
    rows[0, :2] = FIRST_ROW.get(entry.name.removeprefix("planted_"), rows[0, :2])
    return Problem(loss, {"X": group}, [weight], {"y": [loss]}, {"X": rows}, np.array([0.75]))


def distance_from_engine(problem):
    return distance(problem, by_program(problem, compiled(problem)), by_engine(problem))


@each_case("name", OPERATIONS)
def test_an_operation_without_a_fault_passes(name, table):
    assert distance_from_engine(problem_with(plant(name))) <= 1.0


@pytest.mark.parametrize(("name", "place"), PLACES)
def test_a_fault_in_a_rule_is_seen(name, place, table):
    assert not distance_from_engine(problem_with(plant(name, place))) <= 1.0


@pytest.mark.parametrize("place", ["result", "x"])
def test_random_graphs_see_a_fault(place, table):
    """Of the graphs that hold the wrong operation; not all do, and in some it does not matter."""
    plant("tanh", place)
    problems = [random_problem(Random(seed), ["planted_tanh"] * 60) for seed in range(40)]
    assert sum(not distance_from_engine(problem) <= 1.0 for problem in problems) >= 20
