"""What a program is estimated to take."""

from math import inf, prod
from typing import NamedTuple

from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.arrays.language import BATCH, Array
from micrograd_bp.compiler.arrays.routine import Routine
from micrograd_bp.engine.graph import topological_order


class Seconds(NamedTuple):
    """What a call takes: so many seconds, and as many for each sample, of which there may be so many at most."""

    once: float
    each: float
    most: float = inf

    def of(self, samples: int) -> float:
        """What it takes for a batch."""
        return self.once + samples * self.each if samples <= self.most else inf


def seconds_of_calls(routine: Routine, operands: int) -> tuple[Seconds, Seconds, Seconds]:
    """What a call is estimated to take on NumPy, on a tape with so many operands, and as machine code."""
    on_arrays, native = [0.0, 0.0], [thresholds.NATIVE_CALL, 0.0]
    for statement in routine.statements:
        is_loop = statement.value.function == "loop"
        loop = statement.value.detail
        rounds, values = (loop.rounds, loop.values) if is_loop else (1, [statement.value])
        for node in [node for value in values for node in topological_order(value) if node.is_computed]:
            is_array = any(each.shape for each in (node, *node.operands))
            on_arrays[0] += rounds * (thresholds.CALL if is_array else thresholds.NUMBER)
            is_batched = any(BATCH in each.shape for each in (node, *node.operands))
            size = rounds * _n_entries(node)
            if node.function == "matmul":
                terms = node.operands[0].shape[-1]
                size *= 1 if terms == BATCH else terms
                is_large = max(map(_n_entries, (node, *node.operands))) > thresholds.LARGE_MATRIX
                on_arrays[is_batched] += thresholds.ARRAY_PRODUCT * size
                native[is_batched] += thresholds.NATIVE_PRODUCT * size * (2 if is_large else 1)
            else:
                on_arrays[is_batched] += thresholds.ARRAY_ENTRY * size
                native[is_batched] += thresholds.NATIVE_ENTRY * size
    of_a_sample = thresholds.TAPE_SAMPLE + thresholds.TAPE_OPERAND * operands
    on_tape = Seconds(thresholds.TAPE_CALL, of_a_sample, thresholds.SAMPLES_ON_A_TAPE)
    return Seconds(*on_arrays), on_tape, Seconds(*native)


def _n_entries(a: Array) -> int:
    """Of a sample's share of it."""
    return prod(extent for extent in a.shape if extent != BATCH)


def seconds_to_make(routine: Routine, loops: int) -> float:
    """What it is estimated to take to make machine code of a routine with so many loops in its text."""
    for_loops = thresholds.NATIVE_LOOP * loops * (1.0 + loops / thresholds.MANY_LOOPS)
    return thresholds.NATIVE_KERNEL + thresholds.NATIVE_STATEMENT * len(routine.statements) + for_loops
