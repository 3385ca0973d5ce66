"""Whose a value is, in classes that have nothing to do with the package: what the source and the graph tell."""

import copy
import gc
import pickle
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from micrograd_bp import Layer, Value
from micrograd_bp.engine import topological_order
from micrograd_bp.engine.made import _objects
from micrograd_bp.views.names import Names, Role


class Unit:
    """A neuron without a bias."""

    def __init__(self, size: int) -> None:
        self.weights = [Value(0.5 + i) for i in range(size)]

    def __call__(self, x: Any) -> Any:
        return sum(w * xi for w, xi in zip(self.weights, x, strict=True))


class Squashed(Unit):
    """One with a hyperbolic tangent of its own."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.steepness = Value(1.0)

    def __call__(self, x: Any) -> Any:
        e = (2.0 * self.steepness * super().__call__(x)).exp()
        return (e - 1.0) / (e + 1.0)


class Stack:
    """A list of them that grows."""

    def __init__(self, *sizes: int, made_of: type[Unit] = Squashed) -> None:
        self.units: list[Unit] = []
        for size in sizes:
            self.units.append(made_of(size))

    def __call__(self, x: Any) -> Any:
        for unit in self.units:
            x = [unit(x)]
        return x[0]


def names_of(*roots: Value) -> Names:
    return Names(None, roots, topological_order(*roots))


def made(names: Names) -> dict[str, list[str]]:
    """The operations of each object; "" for what none made."""
    found: dict[str, list[str]] = {}
    for node in names:
        if node.operation is not None:
            module = names.module(node)
            found.setdefault(module.scope if module is not None else "", []).append(node.operation.name)
    return found


def test_an_object_goes_on_until_the_next_one_begins() -> None:
    stack = Stack(2, 1)
    names = names_of(stack([1.0, -2.0]))
    assert {names[p] for unit in stack.units for p in (*unit.weights, unit.steepness)} == {
        *("units.weights.0", "units.weights.1", "units.steepness"),
        *("units.1.weights.0", "units.1.steepness"),
    }
    # What the last one does on its own after its parameters could as well belong to a loss.
    assert {scope: Counter(operations) for scope, operations in made(names).items()} == {
        "units": Counter(multiply=4, add=3, exp=1, subtract=1, divide=1),
        "units.1": Counter(multiply=3, add=1),
        "": Counter(exp=1, subtract=1, add=1, divide=1),
    }


@pytest.mark.parametrize("activation", ["tanh", "relu", ""])
def test_the_last_object_ends_with_its_sum_or_its_activation(activation: str) -> None:
    unit = Unit(2)
    outputs = [unit([1.0, 2.0]), unit([3.0, 1.0])]
    outputs = [getattr(y, activation)() if activation else y for y in outputs]
    loss = sum((y - t) ** 2 for y, t in zip(outputs, [1.0, 2.0], strict=True)) + 0.1 * sum(w * w for w in unit.weights)
    names = names_of(loss)
    own = [node for node in names if node.operands and names.module(node) is not None]
    assert Counter(node.operation.name for node in own if node.operation) == Counter(
        {"multiply": 4, "add": 4, **({activation: 2} if activation else {})}
    )
    assert set(outputs) <= set(own)


def test_names_and_groups_survive_copies() -> None:
    for again in (copy.deepcopy(Stack(2, 1)), pickle.loads(pickle.dumps(Stack(2, 1)))):
        assert set(made(names_of(again([1.0, -2.0])))) == {"units", "units.1", ""}


@dataclass
class Line:
    """A model written as a dataclass."""

    slope: Value = field(default_factory=lambda: Value(2.0))

    def __post_init__(self) -> None:
        self.offset = Value(1.0)

    def __call__(self, x: float) -> Value:
        return self.slope * x + self.offset


class Wrapped(Line):
    """One that asks what is in it for all that it does not have itself, before there is anything."""

    def __init__(self) -> None:
        self.offset = Value(1.0)
        self.slope, self.inner = Value(2.0), Line()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Narrow:
    """A class without room for anything else."""

    __slots__ = ("weight",)

    def __init__(self) -> None:
        self.weight = Value(2.0)

    def __call__(self, x: Any) -> Value:
        return self.weight * x


class Data:
    """Numbers, and no model."""

    def __init__(self) -> None:
        self.points = [Value(1.0), Value(2.0)]


def test_what_is_a_parameter() -> None:
    line, narrow, data = Line(), Narrow(), Data()
    names = names_of(line(3.0) * narrow(2.0) + data.points[0] * data.points[1])
    parameters = {"slope": line.slope, "offset": line.offset, "weight": narrow.weight}
    assert {names.role(p) for p in parameters.values()} == {Role.PARAMETER}
    assert [names[p] for p in (*parameters.values(), *data.points)] == [*parameters, "points.0", "points.1"]
    assert {names.role(p) for p in data.points} == {Role.INPUT}
    wrapped = Wrapped()
    names = names_of(wrapped(1.0))
    assert {names[p]: names.role(p) for p in (wrapped.slope, wrapped.offset)} == dict.fromkeys(
        ("slope", "offset"), Role.PARAMETER
    )


def test_objects_without_room_for_weak_references_go_when_their_parameters_do() -> None:
    class Pair:
        __slots__ = ("left", "right")

        def __init__(self) -> None:
            self.left, self.right = Narrow(), Narrow()

        def __call__(self, x: Value) -> Value:
            return self.left(x) * self.right(x)

    pair = Pair()
    names = names_of(pair(Value(3.0)))
    assert [names[p] for p in (pair.left.weight, pair.right.weight)] == ["left.weight", "right.weight"]
    keys = {id(each) for each in (pair, pair.left, pair.right)}
    assert keys <= set(_objects)
    del pair, names
    gc.collect()
    assert not keys & set(_objects)


class Mixed:
    """A model that derives from nothing, of the package's layers."""

    def __init__(self) -> None:
        self.first, self.layers = Layer(2, 2, rng=0), [Layer(2, 2, rng=1), Layer(2, 1, rng=2)]

    def __call__(self, x: Any) -> Any:
        for layer in (self.first, *self.layers):
            x = layer(x)
        return x


def test_the_packages_modules_have_their_places_in_it_too() -> None:
    for model in (Mixed(), copy.deepcopy(Mixed()), pickle.loads(pickle.dumps(Mixed()))):
        names = names_of(model([1.0, 2.0]))
        layers = (
            "first.neurons.0",
            "first.neurons.1",
            "layers.0.neurons.0",
            "layers.0.neurons.1",
            "layers.1.neurons.0",
        )
        assert set(made(names)) == set(layers)
        assert names[model.layers[1].neurons[0].bias] == "layers.1.neurons.0.bias"
        assert {module.chain()[-1].kind for node in names if (module := names.module(node)) is not None} == {"Mixed"}


def test_an_object_that_is_gone_leaves_no_record() -> None:
    from micrograd_bp.engine import made as records

    before = len(records._objects)
    stack = Stack(2, 1)
    assert len(records._objects) == before + 3
    del stack
    assert len(records._objects) == before
