"""Origins: shared records of where nodes come from, and the source lines when they are tracked."""

import copy
import pickle
from contextvars import copy_context
from inspect import currentframe

from micrograd_bp.engine import Origin, Value, no_graph
from micrograd_bp.engine.operations import dot, tanh
from micrograd_bp.engine.origin import Leaf, track_source
from micrograd_bp.nn import MLP, Module, mse

from .support import made_in, refused


def test_nodes_made_in_a_scope_share_its_record():
    origin = Origin("layers.0", "Layer")
    x = Value(1.0)
    with made_in(origin):
        nodes = [x * 2.0, tanh(x), dot([x], [x]), x**2, -x]
        leaf = Value(3.0)
    assert all(node.origin is origin for node in nodes)
    assert (leaf.origin.leaf, leaf.origin.module) == (Leaf.MADE, None)
    assert (x * 2.0).origin is None


def test_origins_inside_one_another():
    network, layer, neuron = Origin(kind="MLP"), Origin(kind="Layer"), Origin(kind="Neuron")
    layer.adopt(neuron, "neurons.2")
    assert (neuron.scope, neuron.parent) == ("neurons.2", layer)
    network.adopt(layer, "layers.0")
    assert (neuron.scope, layer.scope, network.scope) == ("layers.0.neurons.2", "layers.0", "")
    Origin(kind="Other").adopt(neuron, "theirs")  # has a place already
    neuron.adopt(network, "around")  # holds the one that would adopt it
    assert (neuron.scope, network.parent) == ("layers.0.neurons.2", None)


def test_a_scope_inside_of_no_graph_records_nothing():
    with no_graph():
        node = Value(1.0) * 2.0
    assert (node.origin, node.operation) == (None, None)


def test_repr_shows_the_place():
    assert repr(Origin("layers.0", "Layer")) == "<origin layers.0>"
    assert repr(Origin(kind="MLP", file="train.py", line=3)) == "<origin MLP, train.py:3>"


def test_copies_keep_what_it_says():
    origin = Origin("0", "Layer", Origin("layers", "MLP"))
    for again in (pickle.loads(pickle.dumps(origin)), copy.deepcopy(origin)):
        assert repr(again) == repr(origin)
        assert (again.parent.scope, again.kind) == ("layers", "Layer")


def line():
    """The line of the caller."""
    return currentframe().f_back.f_lineno


def place(node):
    return node.origin.file, node.origin.line


class TestTrackSource:
    def test_every_node_and_leaf_remembers_its_line(self):
        with track_source():
            x, made = Value(2.0), line()
            nodes, at = [x * 2.0, 2.0 - x, tanh(x), dot([x], [x]), x**2, -x, x.relu(), x / 3.0], line()
        assert place(x) == (__file__, made)
        assert {place(node) for node in nodes} == {(__file__, at)}
        assert len({id(node.origin) for node in nodes}) == 1
        assert x.origin.place == f"test_origin.py:{made}"

    def test_it_is_off_by_default_and_afterwards(self):
        with track_source():
            x = Value(1.0)
        assert (x * 2.0).origin is None
        assert Value(1.0).origin.place == ""
        assert Origin("layers.0", "Layer").place == ""

    def test_inside_a_module_the_scope_stays_and_the_line_is_the_callers(self):
        model = MLP(2, [2, 1], rng=1)
        untracked = model([1.0, 2.0])
        with track_source():
            tracked, at = model([1.0, 2.0]), line()
        assert place(tracked) == (__file__, at)
        assert tracked.origin.scope == untracked.origin.scope == "layers.1.neurons.0"
        assert tracked.origin.kind == untracked.origin.kind == "Neuron"
        chains = [[], []]
        for chain, origin in zip(chains, (tracked.origin, untracked.origin), strict=True):
            while origin is not None:
                chain.append((origin.scope, origin.kind))
                origin = origin.parent
        assert chains[0] == chains[1]

    def test_in_a_module_of_the_user_it_is_the_line_in_forward(self):
        class Doubled(Module):
            def forward(self, x):
                self.at = line() + 1
                return x * 2.0

        module = Doubled()
        with track_source():
            node = module(Value(1.0))
        assert place(node) == (__file__, module.at)
        assert node.origin.kind == "Doubled"

    def test_losses_point_to_where_they_are_called(self):
        with track_source():
            loss, at = mse([Value(1.0)], [2.0]), line()
        assert place(loss) == (__file__, at)

    def test_it_can_be_opened_while_a_module_runs(self):
        around = Origin("layers.0", "Layer", Origin("", "MLP"))
        with made_in(around), track_source():
            node = Value(1.0) * 2.0
        assert (node.origin.scope, node.origin.kind, node.origin.module) == ("layers.0", "Layer", around)
        assert node.origin.place

    def test_opened_twice_it_is_closed_once(self):
        with track_source():
            with track_source():
                pass
            assert (Value(1.0) * 2.0).origin is not None

    def test_nothing_is_recorded_inside_of_no_graph(self):
        with track_source(), no_graph():
            node = Value(1.0) * 2.0
        with no_graph(), track_source():
            other = Value(1.0) * 2.0
        assert [each.origin for each in (node, other)] == [None, None]
        assert node.operands == other.operands == ()

    def test_it_does_not_reach_into_another_context(self):
        context = copy_context()
        with track_source():
            node = context.run(lambda: Value(1.0) * 2.0)
        assert node.origin is None

    def test_an_error_names_the_line(self):
        with track_source():
            x, at = Value(1.0) - 1.0, line()
        with refused(ZeroDivisionError, f"test_origin.py:{at}"):
            1.0 / x

    def test_it_survives_copies_and_pickles(self):
        with track_source():
            node = MLP(1, [1], rng=1)([1.0])
        for twin in (copy.deepcopy(node), pickle.loads(pickle.dumps(node))):
            assert place(twin) == place(node)
            assert twin.origin.scope == node.origin.scope
