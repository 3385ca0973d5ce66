"""What the tests of the engine share: points drawn from the table, a graph computed again, a look at refusals."""

import os
import subprocess
import sys
from contextlib import contextmanager
from random import Random

import pytest

from micrograd_bp.engine import OPERATIONS, topological_order
from micrograd_bp.engine.origin import current_origin
from micrograd_bp.engine.table import bind
from tests.cases import each_case

each_operation = each_case("name", list(OPERATIONS))


def samples(name, n_points=4):
    """An entry in each of its forms, every one with points drawn from its intervals.

    Constants are drawn three times, groups have 1, 2 and 5 members, optional operands are given or not. A point
    lists the operands as a node has them, groups member by member.
    """
    entry, random = OPERATIONS[name], Random(name)

    def draw(operand):
        return random.uniform(*random.choice(entry.samples.get(operand, [(-2.0, 2.0)])))

    optional = entry.n_optional
    for n_operands in range(len(entry.operand_names) - optional, len(entry.operand_names) + 1):
        for size in (1, 2, 5) if entry.many else (1,):
            for _ in range(3 if entry.trace.constants else 1):
                constants = {constant: draw(constant) for constant in entry.trace.constants}
                operation = bind(entry, constants, n_operands)
                members = [
                    operand
                    for operand in operation.operand_names
                    for _ in range(size if operand in operation.many else 1)
                ]
                yield operation, [list(map(draw, members)) for _ in range(n_points)]


def sample_points(name, n_points=4):
    """The points of `samples` one by one."""
    for operation, points in samples(name, n_points):
        for point in points:
            yield operation, point


def per_member(arranged, derivatives):
    """A rule's derivatives laid out member by member; one number for a group holds for each member."""
    return [
        each
        for operand, derivative in zip(arranged, derivatives, strict=False)
        for each in (
            derivative
            if isinstance(derivative, (list, tuple))
            else [derivative] * (len(operand) if isinstance(operand, tuple) else 1)
        )
    ]


def moved(numbers, place, step):
    """`numbers` with a step added in one place."""
    return [number + step * (i == place) for i, number in enumerate(numbers)]


def slope(function, h=1e-3):
    """The derivative of `function(step)` at step 0, by differences of fourth order."""
    near, far = function(h) - function(-h), function(2 * h) - function(-2 * h)
    return (8.0 * near - far) / (12.0 * h)


def computed_again(root, numbers):
    """The number of `root` if its leaves had other `numbers`: the recorded operations, done again."""
    results = {}
    for node in topological_order(root):
        operation = node.operation
        results[node] = (
            numbers.get(node, node.data)
            if operation is None
            else operation.result([results[operand] for operand in node.operands])
        )
    return results[root]


def edges(*roots):
    """The shape of a graph: for each node in order, the places of its operands."""
    order = topological_order(*roots)
    places = {node: place for place, node in enumerate(order)}
    return [tuple(places[operand] for operand in node.operands) for node in order]


def contents(*roots):
    """Everything that the nodes of a graph hold besides their operands; as text, so that nan equals nan."""
    return [
        repr(
            (
                node.data,
                node.grad,
                node.label,
                node.local_derivatives,
                node.operation,
                repr(node.origin),
            )
        )
        for node in topological_order(*roots)
    ]


@contextmanager
def made_in(origin):
    """Nodes that are made in this block come from `origin`."""
    token = current_origin.set(origin)
    try:
        yield
    finally:
        current_origin.reset(token)


@contextmanager
def refused(error, *words):
    """Expects just this exception, with all these words in its message."""
    with pytest.raises(error) as caught:
        yield
    assert type(caught.value) is error
    for word in words:
        assert word in str(caught.value)


def fresh_python(script, *arguments, **environment):
    """What a script prints in an interpreter of its own."""
    paths = os.pathsep.join(sys.path)
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
