"""How fast the forms of a program are on graphs between them: what the numbers in `compiler/thresholds.py` come from.

python -m benchmarks.thresholds
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from benchmarks.compiled import lstm, mixture, rosenbrock
from micrograd_bp import MLP, Value, compile, l2, mse
from micrograd_bp.compiler.find.grouping import Grouping
from micrograd_bp.compiler.run.arguments import checked_graph
from micrograd_bp.compiler.run.machine_code import object_code
from micrograd_bp.compiler.run.matrices import Matrices
from micrograd_bp.compiler.run.native import Native
from micrograd_bp.compiler.run.work import seconds_of_calls, seconds_to_make

Graph = tuple[str, Value, Mapping[str, Sequence[Value]], Sequence[Value]]
"""A title, a loss, its inputs by name, and its parameters."""


def side_by_side(n: int, rounds: int = 20, *, batched: bool = False) -> Graph:
    """So many numbers that go through the same rounds, added up in the end."""
    factors, numbers = [[Value(start + 0.1 * i) for i in range(n)] for start in (0.2, 0.3)]
    x = list(numbers)
    for number in range(rounds):
        x = [(y * a).tanh() if number % 2 else y * a + b for y, a, b in zip(x, factors, numbers, strict=True)]
    inputs = {"X": factors} if batched else {}
    return f"{n} side by side", sum(x, Value(0.0)), inputs, numbers if batched else numbers + factors


def layers(samples: int) -> Graph:
    """The squared error of a network on samples that the graph holds."""
    model, rng = MLP(2, [16, 16, 1], activation="tanh", rng=1), np.random.default_rng(0)
    rows = [[list(map(Value, row)) for row in rng.random((samples, width)).tolist()] for width in (2, 1)]
    return f"layers of {samples} samples", mse([model(x) for x in rows[0]], rows[1]), {}, model.parameters()


def graphs() -> Iterator[Graph]:
    """From those with a few operands for each array to those with many thousands."""
    yield from map(side_by_side, (4, 8, 12, 32, 64))
    yield from (side_by_side(n, batched=True) for n in (2, 4, 8))
    yield from map(layers, (4, 100))
    x = list(map(Value, rosenbrock.WORKLOAD.problem()["x"]))
    yield "Rosenbrock", 100 * l2([b - a**2 for a, b in pairwise(x)]) + l2([1 - a for a in x[:-1]]), {}, x
    loss, parameters = lstm.graph(lstm.problem())
    yield "LSTM", loss, {}, parameters
    points = mixture.problem()
    loss, parameters = mixture.graph(points, points["points"])
    yield "mixture", loss, {}, parameters


def threads(samples: int) -> str:
    """Two threads beside one, by turns, on a small network."""
    model, x, t = MLP(2, [16, 16, 1], activation="tanh", rng=1), [Value(0.1), Value(0.2)], Value(0.3)
    loss, inputs = mse([model(x)], [t]), {"X": x, "T": [t]}
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(-1.0, 1.0, (samples, width)) for width in (2, 1)]
    programs = [compile(loss, inputs=inputs, parameters=model.parameters(), form="native", threads=n) for n in (1, 2)]
    rounds = [[microseconds(program.value_and_gradient, arrays) for program in programs] for _ in range(10)]
    one, two = map(median, zip(*rounds, strict=True))
    return f"{samples:,} samples: {one:,.0f} µs with one thread, {two:,.0f} with two"


def microseconds(function: Callable[..., Any], arguments: Sequence[Any]) -> float:
    """The median of some calls."""
    times = []
    for _ in range(15):
        start = time.perf_counter()
        function(*arguments)
        times.append(1e6 * (time.perf_counter() - start))
    return median(times)


if __name__ == "__main__":
    for title, loss, inputs, parameters in graphs():
        graph = checked_graph(loss, inputs, parameters, {})
        grouping = Grouping.of(graph)
        assert grouping is not None
        print(f"{title}: {grouping.n_operands:,} operands in {len(grouping.groups):,} arrays")
        for form in ("matrices", "native", "straight line", "tape"):
            program = compile(loss, inputs=inputs, parameters=parameters, form=form)
            estimate = None
            if isinstance(program._program, Matrices):
                on_arrays, _, native = seconds_of_calls(program._program.routines[0], grouping.n_operands)
                estimate = native if form == "native" else on_arrays
            for samples in (1, 8, 64, 512) if inputs else (0,):
                arrays = [np.full((samples, len(group)), 0.3) for group in inputs.values()]
                measured = microseconds(program.value_and_gradient, arrays)
                estimated = f", estimated {1e6 * estimate.of(samples or 1):9,.1f} µs" if estimate else ""
                print(f"  {form:>13}, {samples:>3} samples: {measured:9,.1f} µs{estimated}")
            if isinstance(program._program, Native):
                nests, routine = program._program.native, program._program.routines[0]
                start = time.process_time()
                object_code(nests.source)
                made = f"{time.process_time() - start:.1f} s, estimated {seconds_to_make(routine, nests.loops):.1f} s"
                print(f"  {form:>13} with {nests.loops} loops: made in {made}")
    for samples in (100, 1_000, 10_000, 100_000):
        print(threads(samples))
