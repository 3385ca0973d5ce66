"""Code written for micrograd 0.1.0, which is installed beside this package, with only the import renamed."""

import gc
import random
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import micrograd.engine
import micrograd.nn
import pytest
from sklearn.datasets import make_moons

import micrograd_bp.engine
import micrograd_bp.nn
from tests.counts import count

# ---- expressions


def readme_expression(engine: ModuleType) -> list[float]:
    a, b = engine.Value(-4.0), engine.Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    return [g.data, a.grad, b.grad]


def test_the_expression_of_the_readme() -> None:
    ours = readme_expression(micrograd_bp.engine)
    assert ours == pytest.approx(readme_expression(micrograd.engine), rel=1e-14)
    assert [f"{number:.4f}" for number in ours] == ["24.7041", "138.8338", "645.5773"]


OPERATORS: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / b,
    lambda a, b: a + 2,
    lambda a, b: 2 + a,
    lambda a, b: a - 2.5,
    lambda a, b: 2.5 - a,
    lambda a, b: a * 3,
    lambda a, b: 3 * a,
    lambda a, b: a / 4,
    lambda a, b: 4 / a,
    lambda a, b: a**3,
    lambda a, b: a**-2,
    lambda a, b: b**0.5,
    lambda a, b: -a,
    lambda a, b: a.relu() + b.relu(),
    lambda a, b: sum([a, b, a]),
    lambda a, b: (a * b + 1).relu() / (b - a) ** 2 - a,
]


@pytest.mark.parametrize("numbers", [(-3.0, 2.0), (1.5, 0.25), (2, 7)])
@pytest.mark.parametrize("operator", OPERATORS, ids=range(len(OPERATORS)))
def test_operators_with_values_and_numbers_on_either_side(
    operator: Callable[[Any, Any], Any], numbers: tuple[float, float]
) -> None:
    results = []
    for engine in (micrograd_bp.engine, micrograd.engine):
        a, b = map(engine.Value, numbers)
        y = operator(a, b)
        y.backward()
        results.append([y.data, a.grad, b.grad])
    assert results[0] == pytest.approx(results[1], rel=1e-14)


def test_prev_and_op() -> None:
    for engine in (micrograd_bp.engine, micrograd.engine):
        a, b = engine.Value(2.0), engine.Value(3.0)
        assert (a._prev, a._op) == (set(), "")
        results = [a + b, a * b, a**2, a.relu()]
        assert [each._op for each in results] == ["+", "*", "**2", "ReLU"]
        assert [each._prev for each in results] == [{a, b}, {a, b}, {a}, {a}]
        assert (a + a)._prev == {a}
        edges = {(child, results[0]) for child in results[0]._prev}  # as micrograd's drawing does
        assert edges == {(a, results[0]), (b, results[0])}


def test_keywords_of_the_constructor() -> None:
    for engine in (micrograd_bp.engine, micrograd.engine):
        a = engine.Value(data=2.0)
        made = engine.Value(5.0, _children=(a,), _op="mine")
        assert (made._prev, made._op, made.data, made.grad) == ({a}, "mine", 5.0, 0)
        made.backward()
        assert (made.grad, a.grad) == (1, 0)  # no closure, no gradient
        positional = engine.Value(5.0, (a,), "mine")
        assert (positional._prev, positional._op) == ({a}, "mine")


def test_a_backward_pass_by_hand_goes_from_node_to_node() -> None:
    def by_hand(engine: ModuleType) -> list[float]:
        a, b = engine.Value(2.0), engine.Value(-3.0)
        product = a * b
        total = product + a
        last = total.relu() + total * 0.5
        last.grad = 1.0
        for node in (last, *last._prev, total, product, a):
            node._backward()
        return [node.grad for node in (a, b, product, total)]

    assert by_hand(micrograd_bp.engine) == by_hand(micrograd.engine)


def test_a_backward_closure_is_refused_and_the_message_shows_what_to_write() -> None:
    with pytest.raises(AttributeError, match=r'@micrograd_bp\.operation\("cube"\)') as refused:
        micrograd_bp.engine.Value(1.0)._backward = lambda: None
    example = textwrap.dedent(str(refused.value).partition("instead:\n")[2])
    # The example is code: run without adding to the table, it gives x³ and its derivative.
    namespace: dict[str, Any] = {"micrograd_bp": SimpleNamespace(operation=lambda name: lambda rule: rule)}
    exec(example, namespace)
    assert namespace["cube"](None, 2.0) == (8.0, (12.0,))


# ---- networks

NETWORKS: list[Callable[[ModuleType], Any]] = [
    lambda nn: nn.Neuron(3),
    lambda nn: nn.Neuron(nin=2, nonlin=False),
    lambda nn: nn.Layer(nin=2, nout=3),
    lambda nn: nn.Layer(2, 2, nonlin=False),
    lambda nn: nn.MLP(nin=3, nouts=[4, 4, 1]),
    lambda nn: nn.MLP(2, [2]),
]


@pytest.fixture
def seeded() -> Iterator[Callable[[], None]]:
    """A function that seeds the module `random`, which afterwards is as it was."""
    before = random.getstate()
    yield lambda: random.seed(1337)
    random.setstate(before)


@pytest.mark.parametrize("make", NETWORKS, ids=range(len(NETWORKS)))
def test_networks_have_the_same_parameters_in_the_same_order_and_repr(
    make: Callable[[ModuleType], Any], seeded: Callable[[], None]
) -> None:
    seeded()
    ours = make(micrograd_bp.nn)
    state = random.getstate()
    seeded()
    theirs = make(micrograd.nn)
    assert random.getstate() == state  # as many numbers drawn
    assert [p.data for p in ours.parameters()] == [p.data for p in theirs.parameters()]
    assert repr(ours) == repr(theirs)


def test_attributes_of_networks(seeded: Callable[[], None]) -> None:
    numbers = []
    for nn in (micrograd_bp.nn, micrograd.nn):
        seeded()
        network = nn.MLP(2, [3, 1])
        neuron = network.layers[0].neurons[2]
        assert neuron.nonlin is True
        assert network.layers[1].neurons[0].nonlin is False
        assert neuron.parameters() == [*neuron.w, neuron.b]
        numbers.append([*(w.data for w in neuron.w), neuron.b.data])
        neuron.w[0].data, neuron.b.data = 0.25, -1.0
        for p in network.parameters():
            p.grad = 1.0
        network.zero_grad()
        numbers.append([p.data for p in network.parameters()] + [p.grad for p in network.parameters()])
        neuron.w, neuron.b = neuron.w[::-1], neuron.w[0]
        numbers.append([p.data for p in neuron.w] + [neuron.b.data])
    assert numbers[:3] == numbers[3:]


def own_module(nn: ModuleType, engine: ModuleType) -> list[float]:
    """A module in micrograd's style, with `__call__` and `parameters` of its own."""

    class Scaled(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            self.inner = nn.MLP(2, [3, 1])
            self.scale = engine.Value(2.0)

        def __call__(self, x: Any) -> Any:
            return self.inner(x) * self.scale

        def parameters(self) -> Any:
            return [*self.inner.parameters(), self.scale]

    module = Scaled()
    module.zero_grad()
    module([1.0, -2.0]).backward()
    return [p.grad for p in module.parameters()]


def test_a_module_in_micrograds_style(seeded: Callable[[], None]) -> None:
    seeded()
    ours = own_module(micrograd_bp.nn, micrograd_bp.engine)
    seeded()
    assert ours == pytest.approx(own_module(micrograd.nn, micrograd.engine), rel=1e-14)


# ---- the two-moons training of micrograd's demo notebook

N_POINTS, STEPS = count(20, 100), count(30, 100)


@pytest.fixture(scope="module", autouse=True)
def no_collector() -> Iterator[None]:
    """The collector walks micrograd's closures for minutes; here they are taken apart by `break_cycles` instead."""
    collecting = gc.isenabled()
    gc.disable()
    yield
    if collecting:
        gc.enable()


def train_on_moons(package: Any, **arguments: Any) -> tuple[list[float], list[float]]:
    """The loss and the accuracy before each step: a support vector machine's loss, L2, all points at once."""
    random.seed(1337)
    points, classes = make_moons(n_samples=N_POINTS, noise=0.1, random_state=1337)
    labels = (classes * 2 - 1).tolist()
    model = package.nn.MLP(2, [16, 16, 1], **arguments)
    losses, accuracies = [], []
    for k in range(STEPS):
        inputs = [list(map(package.engine.Value, row)) for row in points.tolist()]
        scores = list(map(model, inputs))
        margins = [(1 + -yi * score).relu() for yi, score in zip(labels, scores, strict=True)]
        data_loss = sum(margins) * (1.0 / len(margins))
        total = data_loss + 1e-4 * sum(p * p for p in model.parameters())
        hits = [(yi > 0) == (score.data > 0) for yi, score in zip(labels, scores, strict=True)]
        model.zero_grad()
        total.backward()
        learning_rate = 1.0 - 0.9 * k / STEPS
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        losses.append(float(total.data))
        accuracies.append(sum(hits) / len(hits))
        if package is MICROGRAD:
            break_cycles(total)
    return losses, accuracies


OURS = SimpleNamespace(engine=micrograd_bp.engine, nn=micrograd_bp.nn)
MICROGRAD = SimpleNamespace(engine=micrograd.engine, nn=micrograd.nn)


def break_cycles(root: Any) -> None:
    """Takes the closures from a graph of micrograd's, so that little is left for the collector."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node._prev:
            stack.extend(node._prev)
            node._prev, node._backward = (), None
    gc.collect(0)  # the list of nodes that micrograd's `backward` leaves behind


@pytest.fixture(scope="module")
def micrograds_training() -> tuple[list[float], list[float]]:
    before = random.getstate()
    try:
        return train_on_moons(MICROGRAD)
    finally:
        random.setstate(before)


@pytest.mark.parametrize("fused", [True, False])
def test_the_two_moons_training_gives_the_same_numbers_step_by_step(
    fused: bool, seeded: Callable[[], None], micrograds_training: tuple[list[float], list[float]]
) -> None:
    losses, accuracies = train_on_moons(OURS, fused=fused)
    assert len(losses) == STEPS
    assert losses == pytest.approx(micrograds_training[0], rel=1e-9)
    assert accuracies == micrograds_training[1]
    assert accuracies[-1] >= count(90, 100) / 100
