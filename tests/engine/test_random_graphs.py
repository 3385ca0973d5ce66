"""Properties on random graphs: shared operands, leaves used again, constants, every smooth entry of the table."""

import contextlib
import copy
import pickle
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_bp.engine import OPERATIONS, Value, backward, gradients, leaves, topological_order
from micrograd_bp.engine.operations import sigmoid
from micrograd_bp.engine.table import bind

from .support import computed_again, contents, edges, slope

# Steps are left out: at one of them there is no derivative to compare with, however small the difference.
SMOOTH = [
    name
    for name, entry in OPERATIONS.items()
    if name != "where" and any(written.text != "0" for written in entry.formula().derivatives.values())
]


def fitted(value, interval):
    """`value` itself where it lies in the interval, else something in there that depends on it."""
    low, high = interval
    return value if low <= value.data <= high else low + (high - low) * sigmoid(value)


@st.composite
def graphs(draw, n_roots=1):
    """Some roots of one graph. Hypothesis chooses the structure; numbers are random, so that no two happen to tie."""
    random = Random(draw(st.integers(0, 2**32)))
    nodes = [Value(random.uniform(-2.0, 2.0), label=f"x{i}") for i in range(draw(st.integers(1, 4)))]
    for _ in range(draw(st.integers(1, 12))):
        entry = OPERATIONS[draw(st.sampled_from(SMOOTH))]
        intervals = {
            name: random.choice(entry.samples.get(name, [(-2.0, 2.0)]))
            for name in (*entry.operand_names, *entry.trace.constants)
        }
        operation = bind(entry, {name: random.uniform(*intervals[name]) for name in entry.trace.constants})
        size = draw(st.integers(1, 4)) if entry.many else 1
        members = [name for name in entry.operand_names for _ in range(size if name in entry.many else 1)]
        operands = [
            fitted(nodes[draw(st.integers(0, len(nodes) - 1))], intervals[name])
            if draw(st.integers(0, 4))
            else random.uniform(*intervals[name])
            for name in members
        ]
        nodes.append(Value.apply(operation, operands))
    return nodes[-n_roots:]


moderate = settings(max_examples=150, deadline=None, derandomize=True)


@moderate
@given(graphs())
def test_backward_agrees_with_finite_differences(roots):
    """With one of several steps: how long it may be before the graph bends depends on the graph."""
    (root,) = roots
    root.backward()
    for leaf in leaves(root):
        differences = []
        for h in (1e-5, 1e-4, 1e-3, 1e-6):
            with contextlib.suppress(ValueError, ArithmeticError):  # a step out of some operation's domain
                differences.append(slope(lambda step, leaf=leaf: computed_again(root, {leaf: leaf.data + step}), h))
        assert any(leaf.grad == pytest.approx(each, rel=1e-5, abs=1e-6) for each in differences), differences


@moderate
@given(graphs())
def test_computed_again_is_what_was_computed(roots):
    """The tests' own helper does what the forward pass did."""
    assert computed_again(roots[0], {}) == roots[0].data


@moderate
@given(graphs())
def test_gradients_equal_backward_bit_for_bit_and_write_nothing(roots):
    (root,) = roots
    order = topological_order(root)
    given_gradients = gradients(root, order)
    assert all(node.grad == 0.0 for node in order)
    root.backward()
    assert given_gradients == [node.grad for node in order]


@moderate
@given(graphs(n_roots=3), st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_several_outputs_add_up(roots, upstream):
    """Also where one is an operand of another, as most are here."""
    nodes = leaves(*roots)
    separate = [
        sum(weight * gradient for weight, gradient in zip(upstream, column, strict=False))
        for column in zip(*(gradients(root, nodes) for root in roots), strict=True)
    ]
    if len(roots) == 3:
        backward(roots, upstream)
    else:
        backward(roots, upstream[: len(roots)])
    assert [node.grad for node in nodes] == pytest.approx(separate, rel=1e-9, abs=1e-9)


@moderate
@given(graphs(n_roots=2))
def test_two_backwards_give_leaves_the_sum(roots):
    nodes = leaves(*roots)
    for root in roots:
        root.backward()
    separate = [sum(each) for each in zip(*(gradients(root, nodes) for root in roots), strict=True)]
    assert [node.grad for node in nodes] == pytest.approx(separate, rel=1e-12, abs=1e-12)


@moderate
@given(graphs(n_roots=3), st.randoms(use_true_random=False))
def test_copies_keep_structure_and_numbers(roots, random):
    """In any order of the roots, in lists of lists."""
    backward(roots)
    things = [*roots, *random.sample(leaves(*roots), 1), *random.sample(topological_order(*roots), 1)]
    random.shuffle(things)
    for copied in (copy.deepcopy, lambda nested: pickle.loads(pickle.dumps(nested))):
        first, *(rest,) = copied([things[0], [things[1:]]])
        again = [first, *rest[0]]
        assert edges(*again) == edges(*things)
        assert contents(*again) == contents(*things)
        assert gradients(again[0], leaves(*again)) == gradients(things[0], leaves(*things))


@moderate
@given(graphs())
def test_operands_come_before_results(roots):
    order = topological_order(*roots)
    places = {node: place for place, node in enumerate(order)}
    assert len(places) == len(order)
    assert all(places[operand] < places[node] for node in order for operand in node.operands)
