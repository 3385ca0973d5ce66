"""Pickling and copying: sharing kept across roots and lists, in any order; whatever a node holds survives."""

import copy
import gc
import io
import itertools
import math
import pickle
import sys
import threading

import pytest

from micrograd_bp.engine import OPERATIONS, Origin, Value, backward, operation, topological_order
from micrograd_bp.engine.operations import dot, elu, sqrt, tanh
from micrograd_bp.engine.origin import Leaf
from micrograd_bp.engine.pickling import Bundle

from .support import contents, each_operation, edges, fresh_python, made_in, refused, sample_points


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


both_ways = pytest.mark.parametrize("copied", [pickled, copy.deepcopy], ids=["pickle", "deepcopy"])


def losses():
    """Two losses on one trunk, and their parameters."""
    parameters = [Value(0.5, label="w"), Value(-1.0, label="b")]
    trunk = tanh(parameters[0] * 3.0 + parameters[1])
    return parameters, trunk * trunk, dot([trunk, 2.0], parameters, trunk)


@both_ways
def test_structure_and_contents_survive(copied):
    parameters, first, second = losses()
    backward([first, second], [1.0, 0.5])
    first.label = "first loss"
    again = copied([first, second])
    assert edges(*again) == edges(first, second)
    assert contents(*again) == contents(first, second)
    assert not set(topological_order(*again)) & set(topological_order(first, second))
    assert parameters[0].grad != 0.0


@both_ways
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_parameters_and_losses_stay_shared_in_any_order(copied, order):
    things = losses()
    again = copied([things[place] for place in order])
    parameters, first, second = (again[order.index(place)] for place in range(3))
    nodes = topological_order(first, second)
    assert len(nodes) == len(topological_order(*things[1:]))
    assert all(any(node is parameter for node in nodes) for parameter in parameters)
    backward([first, second])
    backward(things[1:])
    assert [parameter.grad for parameter in parameters] == [parameter.grad for parameter in things[0]]


@both_ways
def test_sharing_survives_in_nested_containers(copied):
    (w, b), first, second = losses()
    trunk = first.operands[0]
    again = copied({"deep": [[[w, [trunk]]], (second,)], "loss": first, "b": b, "again": [first, trunk]})
    (((w2, (trunk2,)),), (second2,)), first2 = again["deep"], again["loss"]
    assert first2.operands == (trunk2, trunk2)
    assert second2.operands[0] is trunk2
    assert second2.operands[2] is w2
    assert second2.operands[3] is again["b"]
    assert again["again"][0] is first2
    assert again["again"][1] is trunk2


@both_ways
def test_graphs_that_grow_on_one_another(copied):
    """Each root contains the one before."""
    roots = [Value(1.0)]
    for _ in range(200):
        roots.append(roots[-1] * roots[0])
    for things in (roots, roots[::-1]):
        again = copied(things)
        assert len(set(topological_order(*again))) == 201
        assert edges(*again) == edges(*things)


@both_ways
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -0.0, 5e-324])
def test_numbers_survive_bit_for_bit(copied, number):
    x = Value(number)
    product = x * math.inf
    product.grad = x.grad = number
    assert contents(copied(product)) == contents(product)
    assert math.copysign(1.0, copied(x).data) == math.copysign(1.0, number)


@both_ways
def test_infinite_and_nan_local_derivatives_survive(copied):
    nodes = [sqrt(Value(0.0)), Value(-2.0) ** Value(3.0)]
    assert contents(*copied(nodes)) == contents(*nodes)


@both_ways
def test_labels_and_origin_survive_and_origins_stay_shared(copied):
    origin = Origin("0", "Neuron", Origin("layers", "Layer"))
    with made_in(origin):
        product = Value(2.0, label="a") * Value(3.0)
        output = tanh(product)
    product.label = "Größe <b>"
    tracked = output + 1.0
    tracked.origin = Origin("", "", None, "script.py", 7)
    again = copied(tracked)
    output2 = again.operands[0]
    product2 = output2.operands[0]
    assert product2.label == "Größe <b>"
    assert product2.operands[0].label == "a"
    assert output2.origin is product2.origin
    assert (output2.origin.scope, output2.origin.kind) == ("layers.0", "Neuron")
    assert output2.origin.parent.scope == "layers"
    assert (again.origin.file, again.origin.line) == ("script.py", 7)
    assert product2.operands[0].origin.leaf is Leaf.MADE


@both_ways
def test_nodes_made_by_hand_survive(copied):
    a = Value(2.0)
    made = copied(Value(7.0, (a, a), "f") * 2.0).operands[0]
    assert (made.data, made._op, len(made.operands)) == (7.0, "f", 2)
    assert made.operands[0] is made.operands[1]
    made.backward()
    assert made.operands[0].grad == 0.0


@each_operation
def test_every_operation_is_found_again(name):
    for bound, point in sample_points(name, 1):
        node = Value.apply(bound, point)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(node, protocol))
            assert again.operation is bound
            assert contents(again) == contents(node)
        assert copy.deepcopy(node).operation is bound
        assert pickled(bound) is bound
        assert copy.deepcopy(bound) is bound


def test_pickles_made_by_pickle_written_in_python():
    _, first, second = losses()
    again = pickle._loads(pickle._dumps([first, second]))
    assert contents(*again) == contents(first, second)


def test_one_pickler_for_several_dumps_keeps_sharing():
    parameters, first, second = losses()
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream)
    for thing in (first, parameters, second):
        pickler.dump(thing)
    stream.seek(0)
    unpickler = pickle.Unpickler(stream)
    first2, parameters2, second2 = (unpickler.load() for _ in range(3))
    assert edges(first2, *parameters2, second2) == edges(first, *parameters, second)


def test_a_pickler_that_lives_on_does_not_disturb_another():
    """The nodes it has written are written again where they belong."""
    _, first, second = losses()
    pickler = pickle.Pickler(io.BytesIO())
    pickler.dump(first)
    assert contents(pickled(second)) == contents(second)
    assert edges(*pickled([second, first])) == edges(second, first)
    pickler.dump(second)
    assert edges(*pickled([first, second])) == edges(first, second)


def test_several_threads_pickle_one_graph():
    """As when a training run is saved in the background."""
    trunk = Value(1.0)
    for _ in range(2_000):
        trunk = trunk * 0.999
    roots = [trunk * 2.0, trunk * 3.0]
    start, outcomes = threading.Barrier(4), []

    def save():
        start.wait()
        for _ in range(5):
            try:
                outcomes.append(edges(*pickled(roots)) == edges(*roots))
            except Exception as error:
                outcomes.append(repr(error))

    threads = [threading.Thread(target=save) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [True] * 20


def test_a_pickle_shows_the_graph_as_it_is_now():
    a = Value(2.0)
    product = a * a
    pickled(product)
    product.data, product.label = 5.0, "changed"
    product.backward()
    assert contents(pickled(product)) == contents(product)


def test_nothing_is_kept_after_a_pickle():
    things = losses()
    pickle.dumps(things)
    assert not any(type(each) is Bundle for each in gc.get_objects())


def test_a_pickle_that_fails_leaves_nothing_behind():
    _, first, second = losses()
    second.label = lambda: None
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps([first, second])
    second.label = ""
    assert contents(*pickled([second, first])) == contents(second, first)


# ---- copy


def test_shallow_copy_is_a_second_node_on_the_same_operands():
    a = Value(2.0, label="a")
    product = a * a
    product.backward()
    second = copy.copy(product)
    assert second is not product
    assert second.operands == (a, a)
    assert contents(second) == contents(product)
    assert copy.copy(a).label == "a"


def test_deepcopy_shares_with_what_was_copied_before():
    """Whoever hands the same memo on gets the same nodes."""
    parameters, first, second = losses()
    memo = {}
    parameters2 = copy.deepcopy(parameters, memo)
    first2, second2 = copy.deepcopy(first, memo), copy.deepcopy(second, memo)
    assert edges(*parameters2, first2, second2) == edges(*parameters, first, second)
    assert copy.deepcopy(first, memo) is first2


def test_deepcopy_copies_each_node_once(monkeypatch):
    """2³⁰ ways down, thirty-one nodes."""
    copies = []
    plain = Value.__copy__
    monkeypatch.setattr(Value, "__copy__", lambda self: copies.append(self) or plain(self))
    x = Value(1.0)
    for _ in range(30):
        x = x + x
    copy.deepcopy([x, x, x.operands[0]])
    assert len(copies) == 31


def test_a_subclass_survives(monkeypatch):
    class Parameter(Value):
        __slots__ = ()

    monkeypatch.setattr(sys.modules[__name__], "Parameter", Parameter, raising=False)
    Parameter.__qualname__ = "Parameter"
    w = Parameter(2.0, label="w")
    again = pickled([w * 3.0, w])
    assert type(again[1]) is Parameter
    assert again[0].operands[0] is again[1]
    assert again[1].label == "w"


# ---- operations that are not there


def test_an_operation_of_a_user_must_be_there_when_loading(table):
    @operation("cube")
    def cube(xp, x):
        return x * x * x, (3.0 * x * x,)

    dump = pickle.dumps(cube(Value(2.0)))
    assert pickle.loads(dump).operation is table["cube"]
    del table["cube"]
    with refused(LookupError, "the operation cube(x) is not in the table", "define or import it with @operation"):
        pickle.loads(dump)

    @operation("cube")
    def other_cube(xp, a, b):
        return a * b, (b, a)

    with refused(LookupError, "the operation cube(x) is not in the table"):
        pickle.loads(dump)


def test_another_process_reads_the_pickle_without_further_ado(tmp_path):
    _, first, second = losses()
    path = tmp_path / "graph.pickle"
    path.write_bytes(pickle.dumps([elu(first, alpha=0.5), second, OPERATIONS["tanh"]]))
    printed = fresh_python(
        """
import pathlib, pickle, sys
first, second, tanh = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())
print(first.data, second.data, tanh)
""",
        str(path),
    )
    assert printed == f"{elu(first, alpha=0.5).data} {second.data} <operation tanh(x)>"
