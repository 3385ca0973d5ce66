"""The kernel that runs tapes: an interpreter of primitive functions, compiled once by numba, which then caches it.

It has an instruction for every function of numbers, which it reads off the table of operations, but for those that
contract a group. Numbers follow IEEE arithmetic: nothing raises.
"""

import math
import zlib
from typing import Any

import numpy as np
from numba import njit

from micrograd_bp.compiler.write.numpy import NUMPY_NAMES
from micrograd_bp.engine import OPERATIONS
from micrograd_bp.engine.numbers.floats import Floats
from micrograd_bp.engine.numbers.formulas import OPERATORS

SIGNATURE = "void(uint32[:, ::1], float64[::1], float64[::1], float64[:, ::1], uint32[::1], float64[:, ::1])"

KERNEL = '''\
def kernel(version):
    def run(tape, numbers, parameters, samples, wanted, results):
        """Runs a tape on one sample after the other.

        Args:
            tape: for each instruction its code, and the slots of its operands; any slot where it has fewer than three.
            numbers: one for each slot: those of parameters, inputs and constants, then the results of the instructions.
            parameters: the numbers for the first slots.
            samples: for each sample a row of numbers for the slots after them.
            wanted: slots.
            results: becomes for each sample a row of the numbers in these slots.
        """
        version
        first, n_parameters = len(numbers) - len(tape), len(parameters)
        numbers[:n_parameters] = parameters
        for sample in range(len(samples)):
            numbers[n_parameters : n_parameters + samples.shape[1]] = samples[sample]
            for i in range(len(tape)):
                code, x, y = tape[i, 0], numbers[tape[i, 1]], numbers[tape[i, 2]]
                {choices}
                    z = math.nan
                numbers[first + i] = z
            for i in range(len(wanted)):
                results[sample, i] = numbers[wanted[i]]
    return run
'''


def _expressions() -> dict[str, str]:
    """What each instruction computes, from operands that are called x and y."""
    names = [name for name in vars(Floats) if name in OPERATIONS and not OPERATIONS[name].many]
    expressions = {  # comparisons give truth, which 1.0 times makes a number
        "multiply_add": "x * y + numbers[tape[i, 3]]",
        "where": "y if x != 0.0 else numbers[tape[i, 3]]",
    }
    for name in [*OPERATORS, *names]:
        function = NUMPY_NAMES.get(name, name)
        called = f"np.{function}" if hasattr(np, function) else f"math.{name}"
        operands = ", ".join("xy"[: len(OPERATIONS[name].operand_names)])
        expressions.setdefault(name, f"1.0 * {called}({operands})")
    return expressions


_EXPRESSIONS = _expressions()

CODES = {name: code for code, name in enumerate(_EXPRESSIONS)}


def _run() -> Any:
    """The kernel as numba compiles it. Its cache tells kernels apart by this file, their bytecode and their version."""
    cases = [f"if code == {code}:\n                    z = {text}" for code, text in enumerate(_EXPRESSIONS.values())]
    source = KERNEL.format(choices="\n                el".join([*cases, "se:"]))
    namespace: dict[str, Any] = {"__name__": __name__, "math": math, "np": np}
    # Its lines stand behind the end of this file, where numba looks for them, so that it takes no others for them.
    exec(compile("\n" * 1_000 + source, __file__, "exec"), namespace)
    return njit(SIGNATURE, cache=True, error_model="numpy")(namespace["kernel"](zlib.crc32(source.encode())))


run = _run()
