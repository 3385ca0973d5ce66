"""Any size: nothing recurses over a graph, work and memory grow with it and no faster, and all of it is freed."""

import copy
import gc
import math
import pickle
import sys
import tracemalloc

import pytest

from micrograd_bp.engine import OPERATIONS, Value, backward, gradients, leaves, operations, size, topological_order
from micrograd_bp.engine.operations import dot, tanh
from tests.cases import each_case
from tests.counts import count

from .support import edges

LENGTH = count(100_000, 1_000_000)
A, B = 0.999999, 1e-6


def chain(n_operations):
    """x·a + b, again and again."""
    x, a, b = Value(1.0), Value(A), Value(B)
    for _ in range(n_operations // 2):
        x = x * a + b
    return x, a, b


def check_gradients(a, b):
    """Against the closed form of xₙ = aⁿ + b·(1 - aⁿ) / (1 - a)."""
    n = LENGTH // 2
    power = A**n
    assert b.grad == pytest.approx((1.0 - power) / (1.0 - A), rel=1e-8)
    geometric = (1.0 - power - n * (1.0 - A) * A ** (n - 1)) / (1.0 - A) ** 2
    assert a.grad == pytest.approx(n * A ** (n - 1) + B * geometric, rel=1e-8)


@pytest.fixture(scope="class")
def long_chain():
    """Gone with the class that uses it, so that the tests after it need not carry it along."""
    assert sys.getrecursionlimit() <= 1000
    return chain(LENGTH)


class TestLongChain:
    """A chain of LENGTH operations, in full a million, under the default recursion limit."""

    def test_backward(self, long_chain):
        x, a, b = long_chain
        assert size(x) == (LENGTH + 3, 2 * LENGTH)
        x.backward()
        check_gradients(a, b)
        assert gradients(x, [a, b]) == [a.grad, b.grad]
        assert leaves(x)[1:] == [a, b]

    def test_pickle(self, long_chain):
        x, a, b = pickle.loads(pickle.dumps(long_chain))
        assert size(x) == (LENGTH + 3, 2 * LENGTH)
        a.grad = b.grad = 0.0
        x.backward()
        check_gradients(a, b)

    def test_deepcopy(self, long_chain):
        b, (a, [x]) = copy.deepcopy((long_chain[2], (long_chain[1], [long_chain[0]])))
        assert a is not long_chain[1]
        assert size(x) == (LENGTH + 3, 2 * LENGTH)
        a.grad = b.grad = 0.0
        x.backward()
        check_gradients(a, b)


def count_values():
    return sum(type(each) is Value for each in gc.get_objects())


@pytest.fixture
def no_collector():
    """The test runs without the garbage collector, from a clean start."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_deleting_the_root_of_a_long_chain_frees_everything(no_collector):
    before = count_values()
    x, a, b = chain(LENGTH)
    x.backward()
    assert count_values() - before == LENGTH + 3
    del x
    assert count_values() - before == 2
    del a, b
    assert count_values() == before


def test_graphs_hold_no_reference_cycles(no_collector):
    """Whatever was done with them."""

    def use():
        x, a, b = chain(1000)
        loss = dot([x, a], [b, tanh(x)]) ** 2
        backward([loss, x])
        gradients(loss, [a])
        topological_order(loss, x)
        again = pickle.loads(pickle.dumps([loss, x, [a]])), copy.deepcopy([loss, x, [a]]), copy.copy(loss)
        again[0][0].backward()
        with pytest.raises(ValueError, match="log"):
            (x * 0.0).log()
        return repr(again)

    use()  # what is made once for all
    gc.collect()
    before = count_values()
    use()
    assert count_values() == before
    assert gc.collect() == 0


def test_a_wide_graph():
    """Many operands of one node, and as many nodes on one leaf."""
    n = count(10_000, 30_000)
    weights, x = [Value(1.0) for _ in range(n)], Value(2.0)
    output = dot(weights, [x * 1.0 for _ in range(n)])
    output.backward()
    assert x.grad == n
    assert all(weight.grad == 2.0 for weight in weights)
    again = pickle.loads(pickle.dumps([output, x]))
    assert size(again[0]) == size(output)
    assert copy.deepcopy(output).data == 2.0 * n


def test_long_chains_share_their_trunk_after_a_round_trip_in_any_order():
    n = count(5_000, 20_000)
    trunk, *parameters = chain(n)
    first, second = (trunk * 2.0) + parameters[0], tanh(trunk) * parameters[1]
    for roots in ([parameters, first, second], [second, [first, [parameters]]], [[trunk], second, first]):
        for again in (pickle.loads(pickle.dumps(roots)), copy.deepcopy(roots)):
            assert edges(*flat(again)) == edges(*flat(roots))


def flat(nested):
    return [leaf for each in nested for leaf in (flat(each) if isinstance(each, list) else [each])]


def test_a_pickle_grows_with_the_graph_and_no_faster():
    small, large = (len(pickle.dumps(chain(n))) for n in (20_000, 40_000))
    assert large < 2.1 * small


def test_backward_multiplies_once_for_each_edge():
    """Twice the graph, twice the work; counted, not timed."""

    class Counting(float):
        count = 0

        def __rmul__(self, other):
            Counting.count += 1
            return other * float(self)

    for n in (1000, 2000):
        x, a, _ = chain(n)
        for node in topological_order(x):
            node.local_derivatives = tuple(map(Counting, node.local_derivatives))
        Counting.count = 0
        x.backward()
        assert Counting.count == 2 * n
        assert math.isfinite(a.grad)


# ---- memory


def bytes_per_node(make, n_nodes):
    """What a node costs after backward, all its parts included, its leaves not."""
    a, b = Value(0.7), Value(0.3)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        roots = make(a, b)
        backward(roots, [0.1 + each for each in range(len(roots))])
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del roots
    return (after - before) / n_nodes


@each_case("name", [name for name, entry in OPERATIONS.items() if len(entry.operand_names) == 2])
def test_a_node_of_two_operands_takes_at_most_320_bytes(name):
    """The list that holds the nodes here counts with them."""
    entry, n = OPERATIONS[name], 2000
    members = [(lambda x: [x]) if operand in entry.many else (lambda x: x) for operand in entry.operand_names]
    function = getattr(operations, name)
    assert bytes_per_node(lambda a, b: [function(members[0](a), members[1](b)) for _ in range(n)], n) <= 320


def test_a_chain_takes_at_most_320_bytes_per_operation():
    n = 20_000

    def make(a, b):
        x = a
        for _ in range(n // 2):
            x = x * a + b
        return [x]

    assert bytes_per_node(make, n) <= 320
