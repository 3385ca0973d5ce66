"""The suite of compile times, for graphs of 1,000 to 1,000,000 operations: do they grow with the graph, and no faster?

Each graph is built and compiled in a process of its own: `python -m benchmarks.compiled.compile_time chain 1000`.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from math import isqrt
from typing import Any

from benchmarks.processes import ONE_THREAD, output
from benchmarks.report import Measurement

PACKAGES = ("micrograd_bp", "numpy")
REFERENCES: dict[str, str] = {}
SIZES = (1_000, 10_000, 100_000, 1_000_000)

Graph = tuple[Any, dict[str, list[Any]], list[Any]]
"""A loss, its inputs by name, and its parameters."""


def chain(operations: int) -> Graph:
    """As W2 of the suite: x*a + b again and again, every tenth operation a tanh."""
    from micrograd_bp import Value

    leaves = [Value(0.5), Value(1.00005), Value(1e-6)]
    x, a, b = leaves
    for _ in range(operations // 10):
        for _ in range(4):
            x = x * a + b
        x = (x * a).tanh()
    return x, {}, leaves


def network(operations: int, *, fused: bool = True) -> Graph:
    """Two layers of as many neurons as inputs, and the squared error: one group after the other."""
    from micrograd_bp import MLP, Value, mse

    width = isqrt(operations // 4)  # two layers, width² products and as many sums in each
    model = MLP(width, [width, width], activation="tanh", init="xavier", rng=1, fused=fused)
    x, t = [[Value(0.1) for _ in range(width)] for _ in range(2)]
    return mse([model(x)], [t]), {"X": x, "T": t}, model.parameters()


def unfused(operations: int) -> Graph:
    """The same with every product and sum a node of its own."""
    return network(operations, fused=False)


SHAPES: dict[str, Callable[[int], Graph]] = {"chain": chain, "network": network, "network-unfused": unfused}
TITLES = {
    "chain": "a chain of x*a + b, every tenth operation a tanh",
    "network": "two layers of tanh and the squared error; products and sums counted one by one",
    "network-unfused": "the same, with a node for every product and sum",
}
KEYS = tuple(SHAPES)


def run(keys: list[str], repeats: int, say: Callable[[str], None]) -> Iterator[Measurement]:
    """Measures what `keys` name.

    Raises:
        BenchmarkError: a process ended.
    """
    environment = os.environ | ONE_THREAD
    for key in keys:
        for size in SIZES:
            say(f"{key} of {size:,} ...")
            times = [
                json.loads(output("-m", __name__, key, str(size), environment=environment)) for _ in range(repeats)
            ]
            for what, seconds in zip(("graph", "program"), zip(*times, strict=True), strict=True):
                figures = [1e6 * each / size for each in seconds]
                yield Measurement(key, TITLES[key], "µs per operation", f"{size:,} operations: {what}", figures)


def measured(shape: str, operations: int) -> tuple[float, float]:
    """The processor times of building a graph, and of compiling it with a first run."""
    from micrograd_bp import compile

    start = time.process_time()
    loss, inputs, parameters = SHAPES[shape](operations)
    built = time.process_time()
    program = compile(loss, inputs=inputs, parameters=parameters)
    program.value_and_gradient(*([[0.1] * len(group)] for group in inputs.values()))
    return built - start, time.process_time() - built


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], int(sys.argv[2]))))
