"""Origins: shared records of where nodes come from."""

import copy
import pickle

from micrograd_bp.engine import Origin, Value, no_graph
from micrograd_bp.engine.operations import dot, tanh

from .support import made_in


def test_nodes_made_in_a_scope_share_its_record():
    origin = Origin("layers.0", "Layer")
    x = Value(1.0)
    with made_in(origin):
        nodes = [x * 2.0, tanh(x), dot([x], [x]), x**2, -x]
        leaf = Value(3.0)
    assert all(node.origin is origin for node in nodes)
    assert leaf.origin is None
    assert (x * 2.0).origin is None


def test_origins_inside_one_another():
    layer = Origin("layers.0", "Layer")
    neuron = layer.inside("neurons.2", "Neuron")
    assert (neuron.scope, neuron.kind, neuron.parent) == ("layers.0.neurons.2", "Neuron", layer)
    assert layer.inside("neurons.2", "Neuron") is neuron
    assert layer.inside("neurons.2", "Other") is not neuron
    assert Origin().inside("first", "Layer").scope == "first"


def test_a_scope_inside_of_no_graph_records_nothing():
    with no_graph():
        node = Value(1.0) * 2.0
    assert (node.origin, node.operation) == (None, None)


def test_repr_shows_the_place():
    assert repr(Origin("layers.0", "Layer")) == "<origin layers.0>"
    assert repr(Origin(kind="MLP", file="train.py", line=3)) == "<origin MLP, train.py:3>"


def test_copies_keep_what_it_says():
    origin = Origin("layers", "MLP").inside("0", "Layer")
    for again in (pickle.loads(pickle.dumps(origin)), copy.deepcopy(origin)):
        assert repr(again) == repr(origin)
        assert (again.parent.scope, again.kind) == ("layers", "Layer")
