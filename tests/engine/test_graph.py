"""Walks over a graph: order, leaves, counts."""

import itertools

from micrograd_bp.engine import Value, leaves, size, topological_order
from micrograd_bp.engine.operations import dot

from .support import edges, fresh_python


def test_order_is_that_of_a_depth_first_search_from_the_first_operand():
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    left = a * b
    right = c + a
    output = left - right
    assert topological_order(output) == [a, b, left, c, right, output]
    mirrored = right - left
    assert topological_order(mirrored) == [c, a, right, b, left, mirrored]


def test_order_of_several_roots():
    a = Value(1.0)
    first = a + 1.0
    second = first * a
    assert topological_order(first, second) == topological_order(second)
    assert topological_order(second, first) == topological_order(second)
    assert topological_order(a, a) == [a]
    assert topological_order() == []
    other = Value(5.0)
    assert topological_order(other, second)[0] is other


def test_what_is_left_out_takes_with_it_what_only_it_leads_to():
    a, b = Value(1.0), Value(2.0)
    inner = a * b
    output = inner + b
    assert topological_order(output, leave_out={id(inner)}) == [b, output]
    assert topological_order(output, leave_out={id(output)}) == []


def test_leaves_are_what_no_operation_made():
    a, b = Value(1.0), Value(2.0)
    output = (a * b + a) * 3.0
    assert leaves(output)[:2] == [a, b]
    assert [leaf.data for leaf in leaves(output)] == [1.0, 2.0, 3.0]
    assert leaves(a) == [a]


def test_size_counts_repeated_operands():
    x = Value(2.0)
    assert size(x) == (1, 0)
    assert size(x * x) == (2, 2)
    assert size(dot([x, x], [1.0, x], x)) == (3, 5)
    counts = size(x + 1.0, x + 2.0)
    assert (counts.nodes, counts.edges) == (5, 4)


def test_a_graph_is_whatever_has_operands():
    class Plain:
        def __init__(self, *operands):
            self.operands = operands

    leaf = Plain()
    root = Plain(leaf, Plain(leaf))
    assert topological_order(root) == [leaf, root.operands[1], root]


def test_each_edge_is_looked_at_once():
    """On a ladder with 2ⁿ ways down, twice the rungs take twice the work."""

    class Counting:
        looks = 0

        def __init__(self, *operands):
            self._operands = operands

        @property
        def operands(self):
            Counting.looks += 1
            return self._operands

    def work(rungs):
        node = Counting()
        for _ in range(rungs):
            node = Counting(node, node)
        Counting.looks = 0
        assert len(topological_order(node)) == rungs + 1
        return Counting.looks

    assert work(2000) <= 2 * work(1000)
    assert work(1000) <= 2 * 1001


def test_order_is_the_same_from_run_to_run():
    """Also with other hashes and addresses."""
    script = """
from random import Random
from micrograd_bp.engine import Value, topological_order
random, values = Random(0), [Value(i) for i in range(5)]
for _ in range(200):
    values.append(random.choice(values) + random.choice(values) * random.choice(values))
places = {node: place for place, node in enumerate(values)}
print([places.get(node) for node in topological_order(*values[-3:])])
"""
    runs = [fresh_python(script, PYTHONHASHSEED=seed) for seed in ("1", "2")]
    assert runs[0] == runs[1]
    assert len(runs[0]) > 100


def test_shape_helper_tells_graphs_apart():
    """The tests' own helper: sharing shows."""
    a, b = Value(1.0), Value(1.0)
    shapes = [edges(a + b), edges(a + a), edges(a + a, b), edges((a + b) + a)]
    assert all(one != other for one, other in itertools.combinations(shapes, 2))
