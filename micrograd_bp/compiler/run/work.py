"""How much a program computes, and what that is estimated to take."""

from dataclasses import dataclass, field
from math import inf, prod

from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.arrays.language import BATCH, Array
from micrograd_bp.compiler.arrays.routine import Routine
from micrograd_bp.engine.graph import topological_order


@dataclass(slots=True)
class Work:
    """What a program does in a call.

    Attributes:
        calls: how many operations there are on single numbers, and on arrays.
        entries: how many numbers are computed, besides those for each sample, and for each sample.
        products: how many are multiplied in products of matrices, likewise.
        large: how many of these with large matrices, likewise.
    """

    calls: list[int] = field(default_factory=lambda: [0, 0])
    entries: list[int] = field(default_factory=lambda: [0, 0])
    products: list[int] = field(default_factory=lambda: [0, 0])
    large: list[int] = field(default_factory=lambda: [0, 0])

    @staticmethod
    def of(routine: Routine) -> "Work":
        """What a routine does."""
        work = Work()
        for statement in routine.statements:
            is_loop = statement.value.function == "loop"
            loop = statement.value.detail
            rounds, values = (loop.rounds, loop.values) if is_loop else (1, [statement.value])
            for value in values:
                for node in (each for each in topological_order(value) if each.is_computed):
                    work._add(node, rounds)
        return work

    def _add(self, node: Array, rounds: int) -> None:
        is_batched = any(BATCH in each.shape for each in (node, *node.operands))
        size = rounds * _n_entries(node)
        self.calls[any(each.shape for each in (node, *node.operands))] += rounds
        if node.function == "matmul":
            terms = node.operands[0].shape[-1]
            products = size * (1 if terms == BATCH else terms)
            self.products[is_batched] += products
            if max(map(_n_entries, (node, *node.operands))) > thresholds.LARGE_MATRIX:
                self.large[is_batched] += products
        else:
            self.entries[is_batched] += size


def _n_entries(a: Array) -> int:
    """Of a sample's share of it."""
    return prod(extent for extent in a.shape if extent != BATCH)


def seconds_on_arrays(work: Work, samples: int) -> float:
    """What a call is estimated to take on NumPy."""
    entries, products = (once + samples * each for once, each in (work.entries, work.products))
    calls = thresholds.NUMBER * work.calls[False] + thresholds.CALL * work.calls[True]
    return calls + thresholds.ARRAY_ENTRY * entries + thresholds.ARRAY_PRODUCT * products


def seconds_native(work: Work, samples: int) -> float:
    """What it is estimated to take as machine code."""
    entries, products, large = (once + samples * each for once, each in (work.entries, work.products, work.large))
    return thresholds.NATIVE_CALL + thresholds.NATIVE_ENTRY * entries + thresholds.NATIVE_PRODUCT * (products + large)


def seconds_on_tape(operands: int, samples: int) -> float:
    """What it is estimated to take on a tape with so many operands, which takes few samples."""
    seconds = thresholds.TAPE_CALL + samples * (thresholds.TAPE_SAMPLE + thresholds.TAPE_OPERAND * operands)
    return seconds if samples <= thresholds.SAMPLES_ON_A_TAPE else inf


def seconds_to_make(routine: Routine, loops: int) -> float:
    """What it is estimated to take to make machine code of a routine with so many loops in its text."""
    for_loops = thresholds.NATIVE_LOOP * loops * (1.0 + loops / thresholds.MANY_LOOPS)
    return thresholds.NATIVE_KERNEL + thresholds.NATIVE_STATEMENT * len(routine.statements) + for_loops
