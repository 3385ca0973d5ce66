"""W6: the unrolled LSTM of the AD benchmarks: the loss of predicting a sequence step by step, and its gradient.

The objective is that of ADBench (Šrajer, Kukelova, Fitzgibbon, "A benchmark of selected algorithmic differentiation
tools on some problems in computer vision and machine learning", 2018). Units act side by side: for each layer, with its
input x, hidden state h and cell c, and weights w and biases b for each gate,

    forget = σ(w₀x + b₀)    add = σ(w₁h + b₁)    output = σ(w₂x + b₂)    change = tanh(w₃h + b₃)
    c ← forget·c + add·change                    h ← output·tanh(c), the input of the layer above

and with y the scaled and shifted output of the last layer, a step's loss is -Σ wanted·(y - log(2 + Σ exp y)). The
loss is divided by the number of entries that are predicted.
"""

import random
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from itertools import pairwise
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.compiled import plain
from benchmarks.compiled.by_hand_lstm import lstm
from benchmarks.compiled.this_package import Compiled, compiled, on_jax
from benchmarks.workload import Iteration, Outcome, Prepared, Workload, prepare


class Sequences(TypedDict):
    """The sequence, (steps + 1, units), of zeros and ones, and the parameters."""

    sequence: list[list[int]]
    main: list[list[list[list[float]]]]  # layers, weights and biases, gates, units
    extra: list[list[float]]  # factors of the input, factors and offsets of the output; units


def problem(steps: int = 100, n_units: int = 14, n_layers: int = 2, seed: int = 1997) -> Sequences:
    """A sequence of characters of 14 bits, as in ADBench, and small random parameters."""
    rng = random.Random(seed)

    def numbers() -> list[float]:
        return [rng.uniform(-0.5, 0.5) for _ in range(n_units)]

    return Sequences(
        sequence=[[rng.randrange(2) for _ in range(n_units)] for _ in range(steps + 1)],
        main=[[[numbers() for _ in range(4)] for _ in range(2)] for _ in range(n_layers)],
        extra=[numbers() for _ in range(3)],
    )


def as_arrays(problem: Sequences) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The parameters, main and extra, and the sequence."""
    return np.array(problem["main"]), np.array(problem["extra"]), np.array(problem["sequence"], dtype=np.float64)


def by_hand(problem: Sequences) -> Prepared:
    """In NumPy, all units at once."""
    main, extra, sequence = as_arrays(problem)
    return Prepared(lambda: lstm(main, extra, sequence), plain.arrays)


def graph(problem: Sequences) -> tuple[Any, list[Any]]:
    """The loss as a Value, and the parameters."""
    from micrograd_bp import Value, dot, sum

    main = [[[list(map(Value, units)) for units in gates] for gates in layer] for layer in problem["main"]]
    extra = [list(map(Value, units)) for units in problem["extra"]]
    sequence = problem["sequence"]
    n_units = len(sequence[0])
    hidden: list[list[Any]] = [[0.0] * n_units for _ in main]
    cells: list[list[Any]] = [[0.0] * n_units for _ in main]
    loss: Any = 0.0
    for given, wanted in pairwise(sequence):
        x: list[Any] = [number * factor for number, factor in zip(given, extra[0], strict=True)]
        for layer, (weights, biases) in enumerate(main):
            for j in range(n_units):
                operands = x[j], hidden[layer][j], x[j], hidden[layer][j]
                gates = [operands[i] * weights[i][j] + biases[i][j] for i in range(4)]
                forget, add, output = (gate.sigmoid() for gate in gates[:3])
                cells[layer][j] = cells[layer][j] * forget + add * gates[3].tanh()
                hidden[layer][j] = output * cells[layer][j].tanh()
            x = hidden[layer]
        y = [each * factor + offset for each, factor, offset in zip(x, *extra[1:], strict=True)]
        normalizer = (2.0 + sum([each.exp() for each in y])).log()
        loss -= dot(wanted, [each - normalizer for each in y])
    parameters = [p for layer in main for gates in layer for units in gates for p in units]
    return loss / (n_units * (len(sequence) - 1)), parameters + [p for units in extra for p in units]


def program(problem: Sequences, *, form: str = "matrices") -> Compiled:
    """The graph, unrolled, compiled as it is."""
    from micrograd_bp import compile

    loss, parameters = graph(problem)
    return compile(loss, parameters=parameters, form=form), ()


def eager(problem: Sequences) -> Iteration:
    """The graph, built anew for each iteration."""

    def iteration() -> Outcome:
        loss, parameters = graph(problem)
        loss.backward()
        return loss.data, [p.grad for p in parameters]

    return iteration


def jax(problem: Sequences) -> Prepared:
    """A scan over the steps."""
    from benchmarks.compiled.jax_in_doubles import jax

    np, sigmoid, tanh = jax.numpy, jax.nn.sigmoid, jax.numpy.tanh
    main, extra, sequence = map(np.array, as_arrays(problem))

    def loss(parameters: Any, sequence: Any) -> Any:
        main, extra = parameters

        def step(states: Any, given_and_wanted: Any) -> Any:
            given, wanted = given_and_wanted
            x = given * extra[0]
            new_states = []
            for (weights, biases), (hidden, cell) in zip(main, states, strict=True):
                gates = np.stack((x, hidden, x, hidden)) * weights + biases
                forget, add, output = sigmoid(gates[:3])
                cell = cell * forget + add * tanh(gates[3])
                x = output * tanh(cell)
                new_states.append(np.stack((x, cell)))
            y = x * extra[1] + extra[2]
            return np.stack(new_states), -(wanted * (y - np.log(2.0 + np.exp(y).sum()))).sum()

        states = np.zeros((len(main), 2, sequence.shape[1]))
        _, losses = jax.lax.scan(step, states, (sequence[:-1], sequence[1:]))
        return losses.sum() / sequence[1:].size

    def build() -> Any:
        function = jax.jit(jax.value_and_grad(loss))
        return lambda: jax.block_until_ready(function((main, extra), sequence))

    return prepare(build, plain.arrays)


def torch(problem: Sequences) -> Prepared:
    """A loop over the steps, all units at once."""
    torch = import_module("torch")
    main, extra, sequence = map(torch.from_numpy, as_arrays(problem))
    main.requires_grad_()
    extra.requires_grad_()

    def run() -> Any:
        states = [(torch.zeros_like(sequence[0]), torch.zeros_like(sequence[0])) for _ in main]
        loss: Any = 0.0
        for given, wanted in pairwise(sequence):
            x = given * extra[0]
            for layer, (weights, biases) in enumerate(main):
                hidden, cell = states[layer]
                gates = torch.stack((x, hidden, x, hidden)) * weights + biases
                forget, add, output = torch.sigmoid(gates[:3])
                cell = cell * forget + add * torch.tanh(gates[3])
                x = output * torch.tanh(cell)
                states[layer] = x, cell
            y = x * extra[1] + extra[2]
            loss = loss - (wanted * (y - torch.log(2.0 + torch.exp(y).sum()))).sum()
        loss = loss / sequence[1:].numel()
        return loss.item(), torch.autograd.grad(loss, (main, extra))

    return Prepared(run, plain.arrays)


def casadi(problem: Sequences) -> Prepared:
    """A graph of scalars, unrolled, written with columns of units."""
    casadi = import_module("casadi")
    main, extra, sequence = as_arrays(problem)
    start = casadi.DM(np.concatenate((main.ravel(), extra.ravel())))

    def sigmoid(x: Any) -> Any:
        return 1.0 / (1.0 + casadi.exp(-x))

    def predict(units: Sequence[Any], given: Any, states: list[Any]) -> Any:
        """The output for one step; moves the states on. `units` has the parameters as columns of units."""
        *main_units, inputs, factors, offsets = units
        x = given * inputs
        for layer, (hidden, cell) in enumerate(states):
            w, b = main_units[8 * layer : 8 * layer + 4], main_units[8 * layer + 4 : 8 * layer + 8]
            forget, add = sigmoid(x * w[0] + b[0]), sigmoid(hidden * w[1] + b[1])
            output, change = sigmoid(x * w[2] + b[2]), casadi.tanh(hidden * w[3] + b[3])
            cell = cell * forget + add * change
            x = output * casadi.tanh(cell)
            states[layer] = x, cell
        return x * factors + offsets

    def build() -> Any:
        parameters = casadi.SX.sym("parameters", start.shape[0])
        units = casadi.vertsplit(parameters, sequence.shape[1])
        states = [(casadi.SX.zeros(sequence.shape[1]), casadi.SX.zeros(sequence.shape[1])) for _ in main]
        loss = 0.0
        for given, wanted in pairwise(sequence):
            y = predict(units, casadi.DM(given), states)
            loss -= casadi.dot(casadi.DM(wanted), y - casadi.log(2.0 + casadi.sum1(casadi.exp(y))))
        loss /= sequence[1:].size
        function = casadi.Function("lstm", [parameters], [loss, casadi.gradient(loss, parameters)])
        return lambda: function(start)

    return prepare(build, plain.array)


WORKLOAD = Workload(
    "W6",
    "an LSTM of 2 layers of 14 units over 100 steps, unrolled",
    problem,
    {
        "by hand": by_hand,
        "micrograd_bp compiled": compiled(program),
        "micrograd_bp native": compiled(partial(program, form="native")),
        "micrograd_bp on JAX": on_jax(program),
        "micrograd_bp eager": eager,
        "jax": jax,
        "torch": torch,
        "casadi": casadi,
    },
)
