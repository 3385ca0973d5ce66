"""Memory per node of a graph of binary operations, after backward: `python -m benchmarks.eager.memory micrograd`.

What Python allocates is counted by `tracemalloc`; what XAD's tape holds outside Python, by the tape itself. Garbage is
collected before counting, so that the graph alone is counted. Nothing is timed here.
"""

import gc
import sys
import tracemalloc
from collections.abc import Callable
from importlib import import_module

OPERATIONS = 20_000


def this_package() -> float:
    """Bytes per operation of micrograd_bp."""
    from micrograd_bp import Value

    tracemalloc.start()
    x, a, b = Value(0.5), Value(1.00005), Value(1e-6)
    for _ in range(OPERATIONS // 2):
        x = x * a + b
    x.backward()
    return allocated() / OPERATIONS


def micrograd() -> float:
    """Bytes per operation of micrograd."""
    from benchmarks.eager.micrograd_functions import Value, with_deep_stack

    def compute() -> float:
        tracemalloc.start()
        x, a, b = Value(0.5), Value(1.00005), Value(1e-6)
        for _ in range(OPERATIONS // 2):
            x = x * a + b
        x.backward()
        return allocated() / OPERATIONS

    return with_deep_stack(compute, depth=OPERATIONS + 1000)


def xad() -> float:
    """Bytes per operation of XAD, those of its tape included."""
    adjoint = import_module("xad.adj_1st")
    tracemalloc.start()
    leaves = [adjoint.Real(0.5), adjoint.Real(1.00005), adjoint.Real(1e-6)]
    x, a, b = leaves
    with adjoint.Tape() as tape:
        tape.registerInputs(leaves)
        tape.newRecording()
        for _ in range(OPERATIONS // 2):
            x = x * a + b
        tape.registerOutput(x)
        x.derivative = 1.0
        tape.computeAdjoints()
        return float(allocated() + tape.getMemory()) / OPERATIONS


def allocated() -> int:
    """The bytes that Python has allocated since `tracemalloc` was started, garbage aside."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


CONTENDERS: dict[str, Callable[[], float]] = {"micrograd_bp": this_package, "micrograd": micrograd, "xad": xad}

if __name__ == "__main__":
    print(CONTENDERS[sys.argv[1]]())
