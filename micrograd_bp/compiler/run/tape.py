"""A graph as a tape: instructions for a small kernel, forwards and backwards, instead of Python.

It suits long graphs in which there are no matrices to find: nothing is left for CPython to compile, and the kernel is
machine code, the same for all graphs.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import count
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.compiler.arrays.gradient import backward
from micrograd_bp.compiler.arrays.language import Array, variable
from micrograd_bp.compiler.arrays.rules import Functions, firsts, named_operands, result_and_contributions
from micrograd_bp.compiler.find.numbering import Numbering
from micrograd_bp.compiler.run.machine_code import Kernel, kernel_of
from micrograd_bp.compiler.run.tape_kernel import CODES, SOURCE
from micrograd_bp.engine import Operation, topological_order

Numbers = NDArray[np.float64]

ADD, SUBTRACT, MULTIPLY, NEGATIVE, MULTIPLY_ADD = (
    CODES[name] for name in ("add", "subtract", "multiply", "negative", "multiply_add")
)


class NoInstructionError(Exception):
    """The kernel has no instruction for a function."""


class Tape:
    """A graph as instructions.

    A slot holds one number. Variables come first, then constants and the literals of rules; after them each instruction
    has a slot of its own.

    Attributes:
        instructions: a code and the slots of three operands each.
    """

    def __init__(self, graph: Numbering, targets: Sequence[int] | None) -> None:
        """Writes the instructions.

        Args:
            graph: the graph.
            targets: the variables with respect to which its root is differentiated; None for no derivatives.

        Raises:
            NoInstructionError: the kernel lacks a function that is needed.
        """
        literals: dict[str, int] = {}  # the slots of numbers that rules have written, by their text, since 0.0 == -0.0

        def slot_of(number: float) -> int:
            return literals.setdefault(repr(number), graph.n_leaves + len(literals))

        one, zero = slot_of(1.0), slot_of(0.0)
        patterns = _patterns(graph, slot_of, differentiated=targets is not None)
        leaves = [0.0] * graph.n_variables + graph.constants + [*map(float, literals)]
        tape = _Instructions(first=len(leaves))

        slots, starts = list(range(graph.n_leaves)), [0] * graph.n_leaves
        for pattern, operands in zip(patterns, graph.operands[graph.n_leaves :], strict=True):
            places = [slots[operand] for operand in operands] + pattern.literals
            starts.append(tape.next_slot)
            tape.write(pattern.forward, places)
            slots.append(places[pattern.result])
        wanted = [slots[root] for root in graph.roots]

        def give_back(node: int, upstream: int) -> None:
            pattern, operands = patterns[node - graph.n_leaves], graph.operands[node]
            places = [slots[operand] for operand in operands] + pattern.literals
            places += range(starts[node], starts[node] + len(pattern.forward))
            places.append(upstream)
            if pattern.backward:
                tape.write(pattern.backward, places)
            for number, code, a, b in pattern.contributions:
                operand = operands[number]
                gradients[operand] = tape.add_to(gradients.get(operand), code, places[a], places[b])

        if targets is not None:
            gradients = dict.fromkeys(graph.roots, one)
            backward(range(graph.n_leaves, len(graph.nodes)), gradients, give_back)
            wanted += [gradients.get(target, zero) for target in targets]

        self.instructions = np.array(tape.written, dtype=np.uint32).reshape(-1, 4)
        self._numbers = np.zeros(tape.next_slot)
        self._numbers[: len(leaves)] = leaves
        self._wanted = np.array(wanted)
        self._first, self._lock, self._kernel = np.array([len(leaves)]), Lock(), _kernel()

    def run(self, parameters: Numbers, samples: Numbers) -> Numbers:
        """For each sample, a row of inputs: the roots, and the derivatives of the first of them, in a row."""
        results, n_parameters = np.empty((len(samples), len(self._wanted))), len(parameters)
        with self._lock:  # other threads go on while machine code runs
            self._numbers[:n_parameters] = parameters
            for sample, row in zip(samples, results, strict=True):
                self._numbers[n_parameters : n_parameters + len(sample)] = sample
                if len(self.instructions):
                    self._kernel(self.instructions, self._numbers, self._first, len(self.instructions))
                row[:] = self._numbers[self._wanted]
        return results


@cache
def _kernel() -> Kernel:
    return kernel_of(SOURCE, n_arrays=3)


class _Instructions:
    """Instructions one after the other, each with four entries: a code, and the slots of operands."""

    def __init__(self, first: int) -> None:
        self.next_slot = first
        self.written = array("I")

    def write(self, instructions: Sequence[tuple[int, int, int, int]], places: list[int]) -> None:
        """Writes instructions of a pattern, and adds their slots to its places."""
        for code, a, b, c in instructions:
            self.written.extend((code, places[a], places[b], places[c]))
            places.append(self.next_slot)
            self.next_slot += 1

    def add_to(self, total: int | None, code: int, a: int, b: int) -> int:
        """Adds to what is in a slot; or to nothing yet. Returns the slot of the sum."""
        if total is None and code == ADD:
            return a
        if code == MULTIPLY_ADD:
            self.written.extend((MULTIPLY, a, b, 0) if total is None else (MULTIPLY_ADD, a, b, total))
        else:
            self.written.extend((NEGATIVE, a, 0, 0) if total is None else (code, total, a, 0))
        self.next_slot += 1
        return self.next_slot - 1


class _Pattern(NamedTuple):
    """The instructions for nodes of one kind.

    They name their operands by places in a list of slots: those of the node's operands and of literals, then those of
    the instructions themselves; the upstream gradient stands between the forward and the backward ones.

    Attributes:
        literals: the slots of numbers that the rule has written.
        forward: a code and three operands each.
        result: the place of the node.
        backward: what the contributions need.
        contributions: the number of an operand, and a code with two operands that adds to its gradient.
    """

    literals: list[int]
    forward: list[tuple[int, int, int, int]]
    result: int
    backward: list[tuple[int, int, int, int]]
    contributions: list[tuple[int, int, int, int]]


def _patterns(graph: Numbering, slot_of: Callable[[float], int], *, differentiated: bool) -> list[_Pattern]:
    """The pattern of each node that is not a leaf."""
    known: dict[Any, _Pattern] = {}
    patterns, moved = [], graph.moved
    for node, operands in zip(graph.nodes[graph.n_leaves :], graph.operands[graph.n_leaves :], strict=True):
        wanted = [differentiated and moved[operand] for operand in operands]
        kind = node.operation, firsts(operands), *wanted
        if kind not in known:
            assert node.operation is not None
            known[kind] = _pattern(node.operation, named_operands(operands, "{}"), [*map(bool, wanted)], slot_of)
        patterns.append(known[kind])
    return patterns


def _pattern(
    operation: Operation, operands: Sequence[Array], wanted: Sequence[bool], slot_of: Callable[[float], int]
) -> _Pattern:
    upstream = variable("upstream")
    result, products = result_and_contributions(operation, operands, wanted, upstream, Functions())
    written = [node for node in topological_order(result, *products.values()) if node.function == "literal"]
    places = {id(x): place for place, x in enumerate([*operands, *written])}
    new_places = count(len(operands) + len(written))
    forward = _instructions([result], places, new_places)
    places[id(upstream)] = next(new_places)
    numbers = {x: number for number, x in enumerate(operands)}
    added = [(numbers[x], *_as_sum(product, upstream)) for x, product in products.items()]
    backward = _instructions([factor for _, _, *factors in added for factor in factors], places, new_places)
    return _Pattern(
        literals=[slot_of(literal.detail) for literal in written],
        forward=forward,
        result=places[id(result)],
        backward=backward,
        contributions=[(number, code, places[id(a)], places[id(b)]) for number, code, a, b in added],
    )


def _as_sum(contribution: Array, upstream: Array) -> tuple[int, Array, Array]:
    """How a contribution is added: a code, and two operands of which the second counts for products only."""
    if contribution.function == "multiply":
        return MULTIPLY_ADD, contribution.operands[0], contribution.operands[1]
    if contribution.function == "negative":
        return SUBTRACT, contribution.operands[0], upstream
    return ADD, contribution, upstream


def _instructions(
    roots: Sequence[Array], places: dict[int, int], new_places: Iterator[int]
) -> list[tuple[int, int, int, int]]:
    """What computes some nodes; `places` says where others are, and learns where these will be."""
    order = topological_order(*roots, leave_out=places)
    uses = Counter(id(operand) for node in order for operand in node.operands) + Counter(map(id, roots))
    products = {id(node): node for node in order if node.function == "multiply" and uses[id(node)] == 1}
    added = {id(node): products.pop(id(node.operands[1]), None) for node in order if node.function == "add"}
    in_sums = {id(product) for product in added.values()}
    instructions = []
    for node in order:
        if id(node) in in_sums:
            continue  # x + a * b is one instruction
        name, operands = node.function, node.operands
        if (factors := added.get(id(node))) is not None:
            name, operands = "multiply_add", (*factors.operands, operands[0])
        slots = [places[id(operand)] for operand in operands]
        if name not in CODES:
            raise NoInstructionError(name)
        instructions.append((CODES[name], slots[0], slots[min(1, len(slots) - 1)], slots[-1]))
        places[id(node)] = next(new_places)
    return instructions
