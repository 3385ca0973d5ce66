"""Random graphs, in full 5,000: the program, and its source run alone, give what the scalar engine gives."""

from collections import Counter
from random import Random

import numpy as np
import pytest

from micrograd_bp import OPERATIONS, evaluate_again
from micrograd_bp.engine import topological_order
from tests.counts import count
from tests.problems.agreement import by_engine, check
from tests.problems.problem import repeated
from tests.problems.random_graphs import define_operations, random_problem
from tests.problems.random_sums import random_sums
from tests.problems.settled import ties

BLOCK = 100
FORMS = ["matrices", "straight line", "auto"]
TIMES = [1, 7, 64]
"""How often a batch holds each sample: a program may work otherwise on few samples than on many."""


@pytest.mark.parametrize("block", range(count(3, 35)))
def test_programs_answer_as_the_engine_does(block, table):
    """Value, predictions, and gradients with respect to parameters and inputs, over a batch; and the text alone."""
    own_operations = define_operations()
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        problem = repeated(random_problem(Random(seed), own_operations), TIMES[seed // len(FORMS) % len(TIMES)])
        names = list(problem.inputs)
        asked = [names, names[-1:], []][seed // (len(FORMS) * len(TIMES)) % 3]
        check(problem, form=FORMS[seed % len(FORMS)], with_respect_to=asked)


@pytest.mark.parametrize("block", range(count(1, 15)))
def test_programs_of_sums_answer_as_the_engine_does(block):
    """Sums of products are taken apart and put together again, so they are drawn more often than other operations."""
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        check(repeated(random_sums(Random(seed)), TIMES[seed % len(TIMES)]), form="matrices")


@pytest.mark.parametrize("seed", [1787, 3189, 4722, 5937, 8009, 8436])
def test_sums_that_once_went_wrong(seed):
    """Where a layer has a gap: a neuron without a bias beside one that has one, a weight that is missing."""
    check(random_sums(Random(seed)), form="matrices")


def test_random_graphs_hold_all_that_they_are_said_to_hold(table):
    own_operations = define_operations()
    seen, kinds = Counter(), Counter()
    n = count(300, 1000)
    for seed in range(n):
        problem = random_problem(Random(seed), own_operations)
        order = topological_order(problem.loss)
        seen.update({node.operation.name for node in order if node.operation})
        operands = [operand for node in order for operand in node.operands]
        kinds["a tie"] += ties(problem.loss) > 0
        kinds["a repeated operand"] += any(len(set(node.operands)) < len(node.operands) for node in order)
        kinds["a shared inner node"] += any(n > 1 for each, n in Counter(operands).items() if each.operands)
        kinds["a constant"] += any(
            not node.operands and node not in problem.parameters and node not in problem.input_leaves for node in order
        )
        kinds["no inputs"] += not problem.inputs
        kinds["several groups"] += len(problem.inputs) > 1
        kinds["outputs"] += bool(problem.outputs)
        kinds["several samples"] += len(problem.samples()) > 1
        kinds["a parameter in an exponent"] += any(
            node.operation and node.operation.name == "pow" and node.operands[1] in problem.parameters for node in order
        )
    assert set(seen) == set(OPERATIONS)
    assert min(seen.values()) >= n // 50
    assert kinds.pop("a parameter in an exponent") >= 1
    assert min(kinds.values()) >= n // 5, kinds


def test_the_tests_own_engine_is_the_engine(table):
    """The numbers that programs are compared with are those of `evaluate_again`."""
    own_operations = define_operations()
    for seed in range(count(50, 200)):
        problem = random_problem(Random(seed), own_operations)
        theirs = by_engine(problem)
        again = [evaluate_again([problem.loss, *problem.output_nodes], sample) for sample in problem.samples()]
        np.testing.assert_allclose(theirs.value, np.mean([row[0] for row in again]), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(theirs.outputs, np.array(again)[:, 1:], rtol=1e-9, atol=1e-9)
