"""W1: the loss of micrograd's own demo and its gradient: two moons, hinge loss, L2 penalty, in MLP(2, [16, 16, 1])."""

from functools import partial
from typing import Any

import numpy as np

from benchmarks.compiled import by_hand_networks, plain
from benchmarks.compiled.this_package import Compiled, compiled, on_jax
from benchmarks.eager.moons import PENALTY, SIZES, Moons, problem
from benchmarks.workload import Iteration, Outcome, Prepared, Workload, prepare


def by_hand(problem: Moons) -> Prepared:
    """In NumPy, all points at once."""
    layers = plain.as_layers(problem["parameters"], SIZES)
    points, labels = np.array(problem["points"]), np.array(problem["labels"], dtype=float).reshape(-1, 1)
    return Prepared(lambda: by_hand_networks.hinge(layers, points, labels, PENALTY), plain.layers)


def program(problem: Moons, *, form: str = "matrices", fused: bool = True) -> Compiled:
    """The graph of one point, compiled, with all points as its batch."""
    from micrograd_bp import MLP, Value, compile, hinge, l2

    model = MLP(SIZES[0], SIZES[1:], fused=fused)
    parameters = model.parameters()
    for p, number in zip(parameters, problem["parameters"], strict=True):
        p.data = number
    x: list[Any] = list(map(Value, problem["points"][0]))
    label: Any = Value(problem["labels"][0])
    loss = hinge([model(x)], [label]) + PENALTY * l2(parameters)
    points, labels = np.array(problem["points"]), np.array(problem["labels"], dtype=float).reshape(-1, 1)
    return compile(loss, inputs={"X": x, "T": [label]}, parameters=parameters, form=form), (points, labels)


def eager(problem: Moons) -> Iteration:
    """The graph of all points, built anew for each iteration."""
    from micrograd_bp import MLP, hinge, l2

    model = MLP(SIZES[0], SIZES[1:])
    parameters = model.parameters()
    for p, number in zip(parameters, problem["parameters"], strict=True):
        p.data = number

    def iteration() -> Outcome:
        model.zero_grad()
        scores = [model(point) for point in problem["points"]]
        loss = hinge(scores, problem["labels"]) + PENALTY * l2(parameters)
        loss.backward()
        return loss.data, [p.grad for p in parameters]

    return iteration


def jax(problem: Moons) -> Prepared:
    """With matrices."""
    from benchmarks.compiled.jax_in_doubles import jax

    layers = jax.tree.map(jax.numpy.array, plain.as_layers(problem["parameters"], SIZES))
    points, labels = jax.numpy.array(problem["points"]), jax.numpy.array(problem["labels"], dtype=float)

    def loss(layers: Any, points: Any, labels: Any) -> Any:
        *hidden, (last_weights, last_biases) = layers
        a = points
        for weights, biases in hidden:
            a = jax.nn.relu(a @ weights + biases)
        scores = (a @ last_weights + last_biases)[:, 0]
        penalty = sum((each**2).sum() for each in jax.tree.leaves(layers))
        return jax.nn.relu(1.0 - labels * scores).mean() + PENALTY * penalty

    def build() -> Any:
        function = jax.jit(jax.value_and_grad(loss))
        return lambda: jax.block_until_ready(function(layers, points, labels))

    return prepare(build, plain.layers)


def torch(problem: Moons) -> Prepared:
    """A module, as its user writes it."""
    from benchmarks.compiled.torch_network import layers_of, network, torch

    model = network(plain.as_layers(problem["parameters"], SIZES))
    parameters = list(model.parameters())
    points = torch.tensor(problem["points"], dtype=torch.float64)
    labels = torch.tensor(problem["labels"], dtype=torch.float64)

    def run() -> Any:
        penalty = sum((p**2).sum() for p in parameters)
        loss = torch.relu(1.0 - labels * model(points)[:, 0]).mean() + PENALTY * penalty
        return loss.item(), torch.autograd.grad(loss, parameters)

    return Prepared(run, lambda result: plain.layers((result[0], layers_of(result[1]))))


def casadi(problem: Moons) -> Prepared:
    """A graph of matrices."""
    from benchmarks.compiled.casadi_network import casadi, forward, outcome, symbols

    points, labels = casadi.DM(problem["points"]), casadi.DM(problem["labels"])
    numbers = [casadi.DM(each) for layer in plain.as_layers(problem["parameters"], SIZES) for each in layer]

    def build() -> Any:
        parameters = symbols(SIZES)
        x, t = casadi.MX.sym("x", points.shape), casadi.MX.sym("t", labels.shape)
        margins = 1.0 - t * forward(parameters, x)
        loss = casadi.sum1(casadi.fmax(margins, 0.0)) / len(problem["labels"])
        loss += PENALTY * sum(casadi.sumsqr(p) for p in parameters)
        outputs = [loss, *(casadi.gradient(loss, p) for p in parameters)]
        function = casadi.Function("moons", [*parameters, x, t], outputs)
        return lambda: function(*numbers, points, labels)

    return prepare(build, outcome)


WORKLOAD = Workload(
    "W1",
    "100 moons, hinge loss and L2 penalty of MLP(2, [16, 16, 1])",
    problem,
    {
        "by hand": by_hand,
        "micrograd_bp compiled": compiled(program),
        "micrograd_bp compiled unfused": compiled(partial(program, fused=False)),
        "micrograd_bp native": compiled(partial(program, form="native")),
        "micrograd_bp on JAX": on_jax(program),
        "micrograd_bp eager": eager,
        "jax": jax,
        "torch": torch,
        "casadi": casadi,
    },
)
