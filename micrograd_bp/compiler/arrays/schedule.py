"""The order of statements: what has a name, a second use or too much depth gets a line of its own."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import replace

from micrograd_bp.compiler.arrays.language import VIEWS, Array, array, with_operands
from micrograd_bp.compiler.arrays.loops import Loop
from micrograd_bp.compiler.arrays.places import is_slice
from micrograd_bp.compiler.arrays.routine import Routine
from micrograd_bp.compiler.arrays.statements import BACKWARD, Accumulating, Statement
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.arrays import COMPARISONS
from micrograd_bp.engine.numbers.formulas import OPERATORS

DEEPEST = 50
"""Expressions in parentheses inside of each other, at most."""


def scheduled(routine: Routine, apart: Set[Array] = frozenset()) -> list[Statement]:
    """The statements, with a line of its own for what several of them use, what is nested too deeply, or is `apart`."""
    loops = [each.value.detail for each in routine.statements if each.value.function == "loop"]
    statements = [*routine.statements, *(each for loop in loops for each in loop.body)]
    taken = {statement.target.name for statement in statements} | {group.name for group in routine.inputs}
    return _scheduled(routine.statements, apart, taken, Counter())


def _scheduled(
    unscheduled: Sequence[Statement], apart: Set[Array], taken: set[str], numbers: Counter[str]
) -> list[Statement]:
    order = topological_order(*(statement.value for statement in unscheduled))
    uses = Counter(operand for node in order for operand in node.operands)
    new: dict[int, Array] = {}
    written: dict[int, Array] = {}
    depths: dict[Array, int] = {}
    statements: list[Statement] = []
    for statement in unscheduled:
        root = statement.value
        if id(root) in written:  # it is written again: nothing has two names
            statements.append(statement._replace(value=written[id(root)]))
            continue
        for node in topological_order(root, leave_out=new):
            operands = tuple([new[id(operand)] for operand in node.operands])
            value = with_operands(node, operands)
            if node.function == "loop":
                loop: Loop = node.detail
                value = _scheduled_loop(loop, apart, taken, numbers).starting(*operands[: loop.n_beginning])
            depth = 1 + max([depths.get(operand, 0) for operand in operands], default=0)
            is_worth_it = uses[node] > 1 and (node.shape != () or not _is_simple(value))
            if node in apart or (node is not root and not _is_cheap(node) and (is_worth_it or depth > DEEPEST)):
                kind = "truth" if node.function in COMPARISONS else "variable"
                part = array(kind, (), node.shape, _part_of(statement.target.name, taken, numbers))
                statements.append(Statement(part, value, statement.section))
                value, depth = part, 0
            new[id(node)] = value
            depths[value] = depth
        statements.append(statement._replace(value=new[id(root)]))
        is_added = isinstance(statement.target.detail, Accumulating)  # to what is there
        if not is_added and not _is_simple(new[id(root)]) and root.function != "loop":
            written[id(root)] = new[id(root)]
            new[id(root)] = statement.target
    return statements


def _scheduled_loop(loop: Loop, apart: Set[Array], taken: set[str], numbers: Counter[str]) -> Loop:
    """A loop with its statements, and what it adds up, scheduled."""
    targets = [each.target for each in loop.accumulated for _ in each.parts]
    added = [Statement(target, value, BACKWARD) for target, value in zip(targets, loop.parts, strict=True)]
    statements = _scheduled([*loop.body, *added], apart, taken, numbers)
    values = iter([each.value for each in statements if each.target in targets])
    body = [each for each in statements if each.target not in targets]
    accumulated = [
        each._replace(parts=[part._replace(array=next(values)) for part in each.parts]) for each in loop.accumulated
    ]
    return replace(loop, body=body, accumulated=accumulated)


def _is_cheap(node: Array) -> bool:
    """Whether it may be written twice: it computes nothing, or is only ever the whole of a statement."""
    if not node.operands or node.function in ("array", "scatter", *VIEWS):
        return True
    if node.function == "take":
        return is_slice(node.detail)
    return node.function == "at_round" and node.detail.step is not None and is_slice(node.detail.table[0])


def _is_simple(value: Array) -> bool:
    """Whether it is easier to read, and hardly slower, where it is used than under the name of another value."""
    return _is_cheap(value) or (value.function in OPERATORS and all(map(_is_cheap, value.operands)))


def _part_of(name: str, taken: set[str], numbers: Counter[str]) -> str:
    """A new name for a part of what is called `name`, of which the last one had the number in `numbers`."""
    part = f"{name}_part{numbers[name] or ''}"
    while part in taken:
        numbers[name] += 1
        part = f"{name}_part{numbers[name]}"
    taken.add(part)
    return part
