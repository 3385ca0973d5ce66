"""The paths of a gradient: equal to enumeration on small graphs, exact where nobody could enumerate them."""

import decimal
import math
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from micrograd_bp import MLP, Value, backward, cross_entropy, dot, mse, operation, where
from micrograd_bp.engine import leaves, topological_order
from micrograd_bp.views.explain.explain import explain
from micrograd_bp.views.explain.heaviest_paths import heaviest_path
from micrograd_bp.views.explain.kinds import Kind
from micrograd_bp.views.explain.path_sums import Edge, PathCount, PathSums
from tests.counts import count

from .test_steps import MAKE, bits, random_graph

MOST = 3_000
"""Graphs in which more steps than this are needed to try every path are not enumerated."""

on_random_graphs = settings(max_examples=150, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32)


def enumerated(root, leaf):
    """Every path from `leaf` up to `root`, as its edges; None if there are too many. Knows nothing but operands."""
    found, tried, open_ends = [], 0, [(root, ())]
    while open_ends:
        node, edges = open_ends.pop()
        if node is leaf:
            found.append(edges)
        tried += 1
        if tried > MOST:
            return None
        open_ends += [(operand, (Edge(node, place), *edges)) for place, operand in enumerate(node.operands)]
    return found


def factors(edges):
    return [edge.local_derivative for edge in edges]


def product(edges):
    return math.prod(map(Fraction, factors(edges)))


def kind(edges):
    """In the words of IEEE arithmetic, on signs and zeros alone so that nothing underflows."""
    result = math.prod(0.0 if each == 0.0 else math.copysign(1.0, each) if abs(each) < math.inf else each
                       for each in factors(edges))  # fmt: skip
    return Kind.of(result)


def is_close(number, exact, scale):
    return abs(Fraction(number) - exact) <= Fraction(10) ** -25 * scale


def check(explanation, paths):
    """An explanation against the list of all paths."""
    by_kind = {each: [edges for edges in paths if kind(edges) is each] for each in Kind}
    assert explanation.counts == PathCount(*map(len, by_kind.values()))
    assert explanation.n_paths == len(paths)
    regular = sorted(by_kind[Kind.REGULAR], key=lambda edges: -abs(product(edges)))
    total, net = sum(abs(product(edges)) for edges in regular), sum(product(edges) for edges in regular)
    assert is_close(explanation.total, total, total)
    assert is_close(explanation.net, net, total)
    assert explanation.cancelled == pytest.approx(float(1 - abs(net) / total) if total else 0.0, abs=1e-15)

    listed = [tuple(path.edges) for path in explanation.paths]
    assert not Counter(listed) - Counter(regular)  # a path is listed once; its edges are those of x*x one by one
    largest = [abs(product(edges)) for edges in regular[: len(listed)]]
    for path, edges, magnitude in zip(explanation.paths, listed, largest, strict=True):
        assert is_close(path.product, product(edges), magnitude)
        assert is_close(abs(path.product), magnitude, magnitude)  # of equally large ones, any
        assert path.share == pytest.approx(float(magnitude / total), rel=1e-12)
        assert path.nodes == [explanation.leaf, *(edge.node for edge in edges)]

    rest = Counter(regular) - Counter(listed)
    assert explanation.rest.n_paths == sum(rest.values())
    assert is_close(explanation.rest.net, sum(product(edges) for edges in rest), total)
    rest_total = sum(abs(product(edges)) for edges in rest)
    assert explanation.rest.share == pytest.approx(float(rest_total / total) if total else 0.0, rel=1e-12)
    shares = math.fsum([*(path.share for path in explanation.paths), explanation.rest.share])
    assert shares == pytest.approx(1.0 if total else 0.0)

    for each, apart in (
        (Kind.ZERO, explanation.zero),
        (Kind.INFINITE, explanation.infinite),
        (Kind.NAN, explanation.nan),
    ):
        assert not Counter(tuple(path.edges) for path in apart) - Counter(by_kind[each])
        for path in apart:
            ieee = math.prod(math.copysign(1.0, f) if f and abs(f) < math.inf else f for f in factors(path.edges))
            assert str(float(path.product)).lstrip("-") == str(ieee).lstrip("-")
            assert path.share == 0.0


def smooth_graph(random, size):
    """A graph with shared nodes, squares and groups, on ordinary numbers."""
    values = [Value(random.uniform(-2.0, 2.0)) for _ in range(4)]
    for _ in range(size):
        values.append(random.choice(MAKE)(*random.choices(values, k=3)))
    return values[-1]


def any_value(root, random):
    """A leaf, or any other value of the graph."""
    return random.choice([*leaves(root), random.choice(topological_order(root))])


class TestAgainstEnumeration:
    @on_random_graphs
    @given(st.integers(1, 20), st.integers(0, 12), st.randoms(use_true_random=False))
    def test_on_random_graphs(self, size, most, random):
        root = smooth_graph(random, size)
        leaf = any_value(root, random)
        paths = enumerated(root, leaf)
        assume(paths is not None)
        explanation = explain(root, leaf, paths=most)
        check(explanation, paths)
        assert len(explanation.paths) == min(most, explanation.counts.regular)

    @on_random_graphs
    @given(seeds, st.integers(1, 25), st.randoms(use_true_random=False))
    def test_with_dead_units_infinite_derivatives_and_nan(self, seed, size, random):
        root = random_graph(seed, size)[-1]
        leaf = any_value(root, random)
        paths = enumerated(root, leaf)
        assume(paths is not None)
        explanation = explain(root, leaf, paths=5)
        check(explanation, paths)
        assert [len(explanation.zero), len(explanation.infinite), len(explanation.nan)] == [
            min(5, count) for count in explanation.counts[1:]
        ]

    @on_random_graphs
    @given(seeds, st.integers(1, 25))
    def test_one_sweep_serves_every_node(self, seed, size):
        root = random_graph(seed, size)[-1]
        sums = PathSums(root)
        for node, counts in sums.counts():
            explanation = explain(root, node, paths=1)
            assert counts == explanation.counts
            assert (sums[node].net, sums[node].total) == (explanation.net, explanation.total)
            path = heaviest_path(sums, node)
            assert sums[node].heaviest == (path.edges[0] if path.edges else None)
            assert path.nodes[-1] is root
            first = [*explanation.nan, *explanation.infinite, *explanation.paths, *explanation.zero][0]
            assert path.edges == first.edges

    @on_random_graphs
    @given(seeds, st.integers(1, 3), st.lists(st.sampled_from([1.0, -2.5, 0.0, math.inf, math.nan]), min_size=3))
    def test_gradients_are_those_of_backward_bit_for_bit(self, seed, n_outputs, gradients):
        outputs = random_graph(seed)[-n_outputs:]
        sums = PathSums(outputs, gradients[:n_outputs])
        order = topological_order(*outputs)
        assert {node.grad for node in order} == {0.0}
        backward(outputs, gradients[:n_outputs])
        assert bits(sums[node].gradient for node in order) == bits(node.grad for node in order)

    @pytest.mark.parametrize("fault", ["a way is missed", "the rest is short of one", "a weight is off"])
    def test_a_planted_fault_is_caught(self, fault, monkeypatch):
        root, x = ladder(4)
        paths = enumerated(root, x)
        check(explain(root, x, paths=5), paths)
        ways = PathSums.ways
        if fault == "a way is missed":
            monkeypatch.setattr(PathSums, "ways", lambda *arguments: ways(*arguments)[:1])
        elif fault == "a weight is off":
            off = lambda *arguments: [way._replace(largest=1 / way.largest) for way in ways(*arguments)]  # noqa: E731
            monkeypatch.setattr(PathSums, "ways", off)
        else:
            monkeypatch.setattr("micrograd_bp.views.explain.heaviest_paths._Sum.add", lambda *_: None)
        with pytest.raises(AssertionError):
            check(explain(root, x, paths=5), paths)


def ladder(length, a=0.5, b=-0.25):
    """A chain in which every stage has two ways: 2^length paths, with products aⁱ·bʲ."""
    value = x = Value(0.75, label="x")
    for _ in range(length):
        value = value * a + value * b
    return value, x


class TestMorePathsThanAnybodyCanList:
    @pytest.mark.parametrize(("length", "n_listed"), [(51, 53), (1_100, 20), (15_000, 4)])
    def test_sums_are_exact(self, length, n_listed):
        """More than 10^15, 10^300 and 10^4300 paths, the last more than Python writes as text."""
        root, x = ladder(length)
        explanation = explain(root, x, paths=n_listed)
        assert explanation.n_paths == 2**length > 10**15
        with decimal.localcontext(decimal.Context(prec=40, Emin=-999_999_999, Emax=999_999_999)):
            assert explanation.net / Decimal("0.25") ** length == pytest.approx(Decimal(1), abs=Decimal("1e-20"))
            assert explanation.total / Decimal("0.75") ** length == pytest.approx(Decimal(1), abs=Decimal("1e-20"))
            products = [path.product / Decimal("0.5") ** length for path in explanation.paths]
        expected = ([Decimal(1)] + [Decimal("-0.5")] * length + [Decimal("0.25")])[:n_listed]
        assert products == pytest.approx(expected, abs=Decimal("1e-20"))
        assert len({tuple(edge.position for edge in path.edges) for path in explanation.paths}) == n_listed
        assert math.fsum(path.share for path in explanation.paths) + explanation.rest.share == pytest.approx(1.0)
        assert explanation.rest.n_paths == 2**length - n_listed

    def test_a_network(self):
        network = MLP(4, [20] * 12 + [1], activation="tanh", rng=0)
        loss = mse([network([0.5, -0.5, 1.0, 2.0])], [1.0])
        weight = network.layers[0].parameters()[0]
        explanation = explain(loss, weight)
        assert explanation.n_paths == 20**11 > 10**14
        loss.backward()
        assert float(explanation.net) == pytest.approx(weight.grad, rel=1e-9)
        assert math.fsum(path.share for path in explanation.paths) + explanation.rest.share == pytest.approx(1.0)

    def test_a_small_rest_is_a_sum_and_not_a_difference(self):
        """Where nearly everything is listed, what is left over has all its digits."""
        x = Value(1.0)
        explanation = explain(x * 2.0 + x * -1.0 + x * 3e-50 + x * 1e-50, x, paths=2)
        assert [float(path.product) for path in explanation.paths] == [2.0, -1.0]
        assert float(explanation.rest.net) == 4e-50
        assert explanation.rest.share == pytest.approx(4e-50 / 3.0)

    def test_equal_paths_come_in_the_same_order_in_every_run(self):
        def places():
            root, x = ladder(12, 0.5, 0.5)
            return [[edge.position for edge in path.edges] for path in explain(root, x, paths=40).paths]

        assert places() == places()
        assert len(set(map(tuple, places()))) == 40


class TestAnySize:
    @pytest.mark.parametrize(("factor", "sign"), [(1e-4, "-"), (-1e4, "+")])
    def test_a_long_chain(self, factor, sign):
        n = count(10_000, 100_000)
        value = x = Value(0.0)
        for _ in range(n):
            value = value * factor
        explanation = explain(value, x)
        assert (explanation.n_paths, len(explanation.paths[0].edges)) == (1, n)
        assert f"{explanation.net:.3e}" == f"1.000e{sign}{4 * n}"

    def test_a_gradient_that_vanishes_below_every_float(self):
        value = x = Value(1.0)
        for _ in range(40):
            value = value * 1e-10
        value = value * 3.0
        explanation = explain(value, x)
        assert f"{explanation.net:.6e}" == "3.000000e-400"
        assert (explanation.gradient, explanation.paths[0].share, explanation.cancelled) == (0.0, 1.0, 0.0)
        assert [edge.local_derivative for edge in explanation.weakest] == [1e-10] * 3

    def test_a_gradient_that_explodes_above_every_float(self):
        x = Value(0.0)
        explanation = explain(x * 1e200 * 1e200 + x * 3.0, x)
        assert (explanation.gradient, f"{explanation.net:.3e}") == (math.inf, "1.000e+400")
        assert explanation.counts == PathCount(2, 0, 0, 0)

    def test_a_gradient_that_leaves_the_floats_only_on_the_way(self):
        x = Value(0.0)
        explanation = explain(x * 1e200 * 1e200 * 1e-200 * 1e-200 * 7.0, x)
        assert (explanation.gradient, f"{explanation.net:.3f}") == (0.0, "7.000")

    def test_what_is_summed_does_not_depend_on_the_callers_arithmetic(self):
        root, x = ladder(60)
        expected = explain(root, x)
        with decimal.localcontext(decimal.Context(prec=3, Emax=5, Emin=-5)):
            explanation = explain(root, x)
            assert [path.product for path in explanation.paths] == [path.product for path in expected.paths]
            assert (explanation.net, explanation.rest) == (expected.net, expected.rest)
            assert str(explanation) == str(expected)


class TestApart:
    def test_what_comes_through_zero_inf_and_nan_is_not_in_the_sums(self):
        x = Value(0.0, label="x")
        root = x.sqrt() * 0.0 + x.sqrt() * 2.0 + x.relu() + x * 3.0 - x
        explanation = explain(root, x)
        assert explanation.counts == PathCount(regular=2, zero=1, infinite=1, nan=1)
        assert (explanation.net, explanation.total, explanation.cancelled) == (2, 4, 0.5)
        assert math.isnan(explanation.gradient)
        assert explanation.infinite[0].product == Decimal("inf")
        assert explanation.nan[0].product.is_nan()
        assert explanation.zero[0].product == 0

    def test_an_infinite_product_has_its_sign(self):
        x = Value(0.0)
        assert explain(x.sqrt() * -2.0, x).infinite[0].product == Decimal("-inf")

    def test_the_path_with_the_fewest_zeros_comes_first(self):
        x = Value(-1.0)
        twice_off = (x.relu() - 1.0).relu() * 1e9
        once_off = x.relu() * 1e-9
        explanation = explain(twice_off + once_off, x)
        assert [len(path.edges) for path in explanation.zero] == [3, 5]
        assert explanation.largest.edges == explanation.zero[0].edges
        assert [edge.local_derivative for edge in explanation.weakest] == [0.0, 1e-9]

    def test_the_branch_that_was_not_taken(self):
        x = Value(2.0)
        explanation = explain(where(x.greater(1.0), x * 3.0, x * 5.0), x)
        assert explanation.counts == PathCount(regular=1, zero=2, infinite=0, nan=0)
        assert explanation.net == 3


class TestQuestions:
    def test_the_output_itself(self):
        root = Value(2.0) * 3.0
        explanation = explain(root, root)
        assert (explanation.n_paths, explanation.net, explanation.weakest) == (1, 1, [])
        assert (explanation.paths[0].nodes, explanation.paths[0].edges) == ([root], [])
        assert (explanation.paths[0].share, explanation.rest) == (1.0, (0, 0, 0.0))

    def test_an_inner_value(self):
        x = Value(2.0)
        inner = x * x
        assert explain(inner * inner * 3.0, inner).net == 24

    def test_equal_operands_are_two_paths(self):
        x = Value(3.0)
        explanation = explain(x * x, x)
        assert [path.edges[0].position for path in explanation.paths] == [0, 1]
        assert explanation.n_paths == 2

    def test_where_a_gradient_vanishes(self):
        """A saturated unit behind two ordinary ones."""
        x = Value(0.5)
        saturated = (x.tanh() * 12.0).tanh()
        explanation = explain(saturated.sigmoid() * 4.0, x)
        edge = explanation.weakest[0]
        assert edge.node is saturated
        assert edge.operand is saturated.operands[0]
        assert edge.local_derivative == saturated.local_derivatives[0] == min(map(abs, factors(explanation.largest[1])))
        assert edge.node.operation.name == "tanh"

    def test_a_planted_derivative_that_loses_the_gradient_is_named(self, table):
        def lossy_rule(xp, x):
            y = xp.tanh(x)
            return y, (1e-6 * (1.0 - y * y),)

        lossy = operation("lossy_tanh")(lossy_rule)
        x = Value(0.5)
        culprit = lossy(x * 2.0)
        assert explain((culprit * 0.5).sigmoid(), x).weakest[0].node is culprit

    def test_several_outputs(self):
        a, b = Value(2.0), Value(3.0)
        product_ = a * b
        explanation = explain(PathSums([product_, a, product_], [0.5, 4.0, 0.5]), a)
        assert [(path.product, path.start) for path in explanation.paths] == [(4, 4.0), (3, 1.0)]
        assert explanation.net == 7

    def test_an_output_whose_upstream_gradient_is_zero(self):
        a = Value(2.0)
        assert explain(PathSums([a * 3.0, a], [1.0, 0.0]), a).counts == PathCount(1, 1, 0, 0)

    def test_a_value_that_many_use(self):
        x = Value(1.0)
        explanation = explain(dot([x] * 1_000, [float(i) for i in range(1, 1_001)]), x, paths=3)
        assert [path.product for path in explanation.paths] == [1000, 999, 998]
        assert explanation.net == 1000 * 1001 // 2

    def test_nobodys_gradient_is_written(self):
        network = MLP(3, [4, 3], rng=0)
        loss = cross_entropy(network([1.0, 2.0, 3.0]), 1)
        str(explain(loss, network.parameters()[0]))
        assert {node.grad for node in topological_order(loss)} == {0.0}


class TestRefusals:
    def test_a_value_that_is_not_in_the_graph(self):
        x, stranger = Value(2.0), Value(1.0, label="stranger")
        with pytest.raises(ValueError, match=r"label='stranger'\) is not in the graph of this output"):
            explain(x * 2.0, stranger)
        with pytest.raises(ValueError, match="is not in the graph"):
            explain(x, x * 2.0)

    def test_sums_of_another_graph(self):
        sums, stranger = PathSums(Value(2.0) * 3.0), Value(1.0)
        assert stranger not in sums
        for ask in (sums.__getitem__, sums.count, sums.first_kind, lambda node: heaviest_path(sums, node)):
            with pytest.raises(KeyError):
                ask(stranger)

    @pytest.mark.parametrize("wrong", [3.0, None, "x", [Value(1.0)]])
    def test_what_is_no_value(self, wrong):
        with pytest.raises(TypeError, match="a Value to explain the gradient of, got"):
            explain(Value(1.0), wrong)

    @pytest.mark.parametrize("wrong", [3.0, None, "x"])
    def test_an_output_that_is_no_value(self, wrong):
        with pytest.raises(TypeError, match="a Value or a list of Values, got"):
            explain(wrong, Value(1.0))

    @pytest.mark.parametrize(("wrong", "error"), [(-1, ValueError), (2.0, TypeError), (True, TypeError)])
    def test_a_wrong_number_of_paths(self, wrong, error):
        x = Value(1.0)
        with pytest.raises(error, match="the number of paths"):
            explain(x, x, paths=wrong)
