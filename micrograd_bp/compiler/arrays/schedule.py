"""The order of statements: what has a name, a second use or too much depth gets a line of its own."""

from collections import Counter

from micrograd_bp.compiler.arrays.language import Array, array, with_operands
from micrograd_bp.compiler.arrays.places import is_slice
from micrograd_bp.compiler.arrays.routine import Routine, Statement
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.arrays import COMPARISONS
from micrograd_bp.engine.numbers.formulas import OPERATORS

CHEAP = {"variable", "truth", "literal", "constant", "reshape", "transpose", "broadcast_to", "scatter"}
"""What may be written twice: it computes nothing, or is only ever the whole of a statement."""

DEEPEST = 50
"""Expressions in parentheses inside of each other, at most."""


def scheduled(routine: Routine) -> list[Statement]:
    """The statements, with a line of its own for what several of them use, or what is nested too deeply."""
    taken = {_name(statement.target) for statement in routine.statements} | {group.name for group in routine.inputs}
    numbers: Counter[str] = Counter()
    order = topological_order(*(statement.value for statement in routine.statements))
    uses = Counter(operand for node in order for operand in node.operands)
    new: dict[int, Array] = {}
    written: dict[int, Array] = {}
    depths: dict[Array, int] = {}
    statements: list[Statement] = []
    for statement in routine.statements:
        root = statement.value
        if id(root) in written:  # it is written again: nothing has two names
            statements.append(statement._replace(value=written[id(root)]))
            continue
        for node in topological_order(root, leave_out=new):
            operands = tuple([new[id(operand)] for operand in node.operands])
            value = with_operands(node, operands)
            depth = 1 + max([depths.get(operand, 0) for operand in operands], default=0)
            is_worth_it = uses[node] > 1 and (node.shape != () or not _is_simple(value))
            if node is not root and not _is_cheap(node) and (is_worth_it or depth > DEEPEST):
                kind = "truth" if node.function in COMPARISONS else "variable"
                part = array(kind, (), node.shape, _part_of(_name(statement.target), taken, numbers))
                statements.append(Statement(part, value, statement.section))
                value, depth = part, 0
            new[id(node)] = value
            depths[value] = depth
        statements.append(statement._replace(value=new[id(root)]))
        if not _is_simple(new[id(root)]):
            written[id(root)] = new[id(root)]
            new[id(root)] = statement.target
    return statements


def _is_cheap(node: Array) -> bool:
    if node.operands and all(operand.function == "literal" for operand in node.operands):
        return True
    return node.function in CHEAP or (node.function == "take" and is_slice(node.detail))


def _is_simple(value: Array) -> bool:
    """Whether it is easier to read, and hardly slower, where it is used than under the name of another value."""
    return _is_cheap(value) or (value.function in OPERATORS and all(map(_is_cheap, value.operands)))


def _name(target: Array) -> str:
    return target.detail if isinstance(target.detail, str) else str(target.detail.name)


def _part_of(name: str, taken: set[str], numbers: Counter[str]) -> str:
    """A new name for a part of what is called `name`, of which the last one had the number in `numbers`."""
    part = f"{name}_part{numbers[name] or ''}"
    while part in taken:
        numbers[name] += 1
        part = f"{name}_part{numbers[name]}"
    taken.add(part)
    return part
