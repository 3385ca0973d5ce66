"""Module: parameters and their names, what a user writes, where nodes come from."""

import copy
import pickle
from typing import Any

import pytest

from micrograd_bp import MLP, Layer, Module, Neuron, Value, mse, no_graph
from micrograd_bp.engine import Origin, topological_order

# ---- parameters


def test_names_of_parameters_in_their_order() -> None:
    assert [name for name, _ in MLP(2, [2, 1]).named_parameters()] == [
        "layers.0.neurons.0.weights.0",
        "layers.0.neurons.0.weights.1",
        "layers.0.neurons.0.bias",
        "layers.0.neurons.1.weights.0",
        "layers.0.neurons.1.weights.1",
        "layers.0.neurons.1.bias",
        "layers.1.neurons.0.weights.0",
        "layers.1.neurons.0.weights.1",
        "layers.1.neurons.0.bias",
    ]


def test_a_name_leads_to_its_parameter() -> None:
    network = MLP(3, [4, 2])
    named = dict(network.named_parameters())
    assert named["layers.0.neurons.2.weights.1"] is network.layers[0].neurons[2].weights[1]
    assert list(named.values()) == network.parameters()
    assert len(named) == 3 * 4 + 4 + 4 * 2 + 2


def test_zero_grad() -> None:
    network = MLP(2, [2, 1])
    for place, parameter in enumerate(network.parameters()):
        parameter.grad = float(place + 1)
    network.zero_grad()
    assert {parameter.grad for parameter in network.parameters()} == {0.0}


def test_a_shared_parameter_counts_once_and_gets_the_gradient_of_both_uses() -> None:
    network = Layer(1, 2, activation="linear", rng=0)
    first, second = network.neurons
    second.weights[0] = first.weights[0]
    names = [name for name, _ in network.named_parameters()]
    assert names == ["neurons.0.weights.0", "neurons.0.bias", "neurons.1.bias"]
    sum(network([3.0])).backward()
    assert first.weights[0].grad == 6.0
    network.load_state_dict(network.state_dict())
    network.zero_grad()
    assert first.weights[0].grad == 0.0


def test_a_shared_module_counts_once() -> None:
    class Twins(Module):
        def __init__(self) -> None:
            self.left = Neuron(2, rng=0)
            self.right = self.left

    assert len(Twins().parameters()) == 3


# ---- a module of the user's own


class Residual(Module):
    """Nested lists and tuples of modules and Values, a lone Value, and things that are no parameters."""

    def __init__(self) -> None:
        self.branches = [[Neuron(2, rng=0), Neuron(2, rng=1)], (Layer(2, 1, rng=2),)]
        self.scales = [[Value(1.0)], (Value(2.0), Value(3.0))]
        self.shift = Value(0.5)
        self.name, self.sizes, self.settings, self.nothing = "residual", [1, 2], {"a": 1}, None

    def forward(self, first: Any, second: Any) -> Any:
        (a, b), (layer,) = self.branches
        (p,), (q, r) = self.scales
        x = [first, second]
        self.latest = p * a(x) + q * b(x) + r * layer(x) + self.shift
        return self.latest


def test_a_module_written_by_a_user() -> None:
    module = Residual()
    names = [name for name, _ in module.named_parameters()]
    assert names == [
        *(f"branches.0.{neuron}.{name}" for neuron in (0, 1) for name in ("weights.0", "weights.1", "bias")),
        *(f"branches.1.0.neurons.0.{name}" for name in ("weights.0", "weights.1", "bias")),
        *("scales.0.0", "scales.1.0", "scales.1.1"),
        "shift",
    ]
    output = module(0.3, -0.4)
    expected = [neuron([0.3, -0.4]).data for neuron in (*module.branches[0], module.branches[1][0])]
    assert output.data == pytest.approx(expected[0] + 2 * expected[1] + 3 * expected[2] + 0.5, rel=1e-14)
    output.backward()
    assert module.shift.grad == 1.0
    assert [name for name, _ in module.named_parameters()] == names  # a stored result is not a parameter


def test_a_module_without_forward_says_so() -> None:
    class Unfinished(Module):
        pass

    with pytest.raises(NotImplementedError, match="Unfinished does not define forward"):
        Unfinished()(1.0)


@pytest.mark.parametrize("copy_of", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))])
def test_a_copy_of_a_network_is_a_network_of_its_own(copy_of: Any) -> None:
    network = Layer(2, 2, activation="tanh", rng=0)
    network.neurons[1].weights[0] = network.neurons[0].weights[0]
    network([1.0, 2.0])
    copied = copy_of(network)
    assert copied.neurons[1].weights[0] is copied.neurons[0].weights[0]
    assert copied.state_dict() == network.state_dict()
    assert [y.data for y in copied([1.0, 2.0])] == [y.data for y in network([1.0, 2.0])]
    assert not set(copied.parameters()) & set(network.parameters())


# ---- where nodes come from


def origins(*outputs: Value) -> dict[str, Origin]:
    """The records on the nodes below `outputs` by their scope; each scope has one."""
    records: dict[str, Origin] = {}
    for node in topological_order(*outputs):
        if node.operands:
            assert node.origin is not None
            assert records.setdefault(node.origin.scope, node.origin) is node.origin
    return records


@pytest.mark.parametrize("fused", [True, False])
def test_a_node_knows_the_module_that_made_it(fused: bool) -> None:
    network = MLP(2, [3, 1], fused=fused, rng=0)
    records = origins(network([1.0, 2.0]))
    assert set(records) == {*(f"layers.0.neurons.{i}" for i in range(3)), "layers.1.neurons.0"}
    record = records["layers.0.neurons.2"]
    assert record.kind == "Neuron"
    assert record.parent is not None
    assert (record.parent.scope, record.parent.kind) == ("layers.0", "Layer")
    assert record.parent.parent is not None
    assert (record.parent.parent.scope, record.parent.parent.kind) == ("", "MLP")
    assert record.parent.parent.parent is None
    assert record.parent.parent is records["layers.1.neurons.0"].parent.parent  # type: ignore[union-attr]


def test_both_nodes_of_a_neuron_share_its_record() -> None:
    y = Neuron(2, rng=0)([1.0, 2.0])
    assert y.origin is not None
    assert y.origin is y.operands[0].origin


def test_a_second_call_has_the_same_records() -> None:
    network = MLP(2, [2, 1], rng=0)
    first, second = network([1.0, 2.0]), network([3.0, 4.0])
    assert origins(first, second) == origins(first) == origins(second)


def test_two_networks_have_different_records() -> None:
    make = [MLP(2, [2, 1], rng=0), MLP(2, [2, 1], rng=0)]
    make.append(copy.deepcopy(make[0]))
    records = [origins(network([1.0, 2.0])) for network in make]
    assert [set(each) for each in records] == [set(records[0])] * 3
    assert len({id(record) for each in records for record in each.values()}) == 3 * 3


def test_leaves_know_what_they_are_and_nodes_outside_of_modules_have_no_origin() -> None:
    network = MLP(2, [1], rng=0)
    loss = mse([network([1.0, 2.0])], [0.0])
    assert loss.origin is None
    assert leaves(loss) == {
        *(("parameter", f"layers.0.neurons.0.{name}") for name in ("weights.0", "weights.1", "bias")),
        *(("input", f"inputs.{i}") for i in range(2)),
        ("lifted", ""),
    }


def leaves(output: Value) -> set[tuple[str, str]]:
    """What the leaves below `output` are, and their names."""
    found = [node.origin for node in topological_order(output) if not node.operands]
    return {(origin.leaf.value, origin.scope) for origin in found if origin is not None and origin.leaf is not None}


def test_no_graph_leaves_neither_graph_nor_origin() -> None:
    network = MLP(2, [2, 2], rng=0)
    with no_graph():
        outputs = network([1.0, 2.0])
    assert [(y.operands, y.operation, y.origin) for y in outputs] == [((), None, None)] * 2
    assert [y.data for y in outputs] == [y.data for y in network([1.0, 2.0])]


def test_a_scope_closes_when_forward_raises() -> None:
    with pytest.raises(ValueError, match="takes 2 inputs"):
        MLP(2, [1])([1.0])
    assert (Value(1.0) + 1.0).origin is None


def test_scopes_in_a_module_of_the_user() -> None:
    output = Residual()(1.0, 2.0)
    assert set(origins(output)) == {"", "branches.0.0", "branches.0.1", "branches.1.0.neurons.0"}
    assert output.origin is not None
    assert output.origin.kind == "Residual"


def test_a_module_that_was_appended_to_a_list_has_its_scope() -> None:
    class Stack(Module):
        def __init__(self) -> None:
            self.parts: list[Module] = []
            for seed in range(2):
                self.parts.append(Neuron(1, rng=seed))

        def forward(self, x: Any) -> Any:
            for part in self.parts:
                x = part(x)
            return x

    assert set(origins(Stack()(1.0))) == {"parts.0", "parts.1"}


def test_a_part_may_hold_the_module_around_it() -> None:
    network = MLP(2, [2, 1])
    network.layers[0].owner = network
    assert len(network.parameters()) == 9


def test_parameters_in_a_dictionary_are_found() -> None:
    class Branches(Module):
        def __init__(self) -> None:
            self.branches = {"left": Neuron(1), "right": Neuron(2)}

        def forward(self, x: Any) -> Any:
            return self.branches["left"](x)

    assert [name for name, _ in Branches().named_parameters()] == [
        "branches.left.weights.0",
        "branches.left.bias",
        "branches.right.weights.0",
        "branches.right.weights.1",
        "branches.right.bias",
    ]
    assert set(origins(Branches()(1.0))) == {"branches.left"}
