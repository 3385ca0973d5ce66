"""How much a program computes, and what that is estimated to take."""

from dataclasses import dataclass, field
from math import prod

from micrograd_bp.compiler.arrays.language import BATCH, Array
from micrograd_bp.compiler.arrays.routine import Routine
from micrograd_bp.compiler.thresholds import (
    ARRAY_ENTRY,
    ARRAY_PRODUCT,
    CALL,
    NATIVE_CALL,
    NATIVE_ENTRY,
    NATIVE_KERNEL,
    NATIVE_LINE,
    NATIVE_PRODUCT,
)
from micrograd_bp.compiler.write.nests import READS
from micrograd_bp.engine.graph import topological_order


@dataclass(slots=True)
class Work:
    """What a program does in a call.

    Attributes:
        lines: how many statements are written; those of a loop once.
        statements: how many run.
        entries: how many numbers are computed, besides those for each sample, and for each sample.
        products: how many are multiplied in products of matrices, likewise.
    """

    lines: int = 0
    statements: int = 0
    entries: list[int] = field(default_factory=lambda: [0, 0])
    products: list[int] = field(default_factory=lambda: [0, 0])

    @staticmethod
    def of(routine: Routine) -> "Work":
        """What a routine does."""
        work = Work()
        for statement in routine.statements:
            is_loop = statement.value.function == "loop"
            rounds, values = (
                (statement.value.detail.rounds, statement.value.detail.values) if is_loop else (1, [statement.value])
            )
            work.lines += len(values)
            work.statements += rounds * len(values)
            for value in values:
                for node in topological_order(value):
                    work._add(node, rounds)
        return work

    def _add(self, node: Array, rounds: int) -> None:
        is_batched = any(BATCH in each.shape for each in (node, *node.operands))
        size = rounds * prod(extent for extent in node.shape if extent != BATCH)
        if node.function == "matmul":
            terms = node.operands[0].shape[-1]
            self.products[is_batched] += size * (1 if terms == BATCH else terms)
        elif node.function not in READS:
            self.entries[is_batched] += size


def seconds_on_arrays(work: Work, samples: int) -> float:
    """What a call is estimated to take on NumPy."""
    entries, products = (once + samples * each for once, each in (work.entries, work.products))
    return CALL * work.statements + ARRAY_ENTRY * entries + ARRAY_PRODUCT * products


def seconds_native(work: Work, samples: int) -> float:
    """What it is estimated to take as machine code."""
    entries, products = (once + samples * each for once, each in (work.entries, work.products))
    return NATIVE_CALL + NATIVE_ENTRY * entries + NATIVE_PRODUCT * products


def seconds_to_make(work: Work) -> float:
    """What it is estimated to take to make the machine code."""
    return NATIVE_KERNEL + NATIVE_LINE * work.lines
