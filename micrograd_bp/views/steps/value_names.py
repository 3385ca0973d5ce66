"""What the values of a graph are called: one name for each, which a person can read and type.

A name is the value's label; or the name under which the caller holds it; or, for what a module made, the module's
path with the operation or the operand, `layers.0.neurons.2.tanh`, `layers.0.neurons.2.w1`; or the operation alone.
Where a name is taken, a number follows: `tanh_2`.
"""

from collections.abc import Iterator, Mapping, Sequence

from micrograd_bp.engine import Value
from micrograd_bp.engine.origin import Leaf
from micrograd_bp.views.text import printable

LONGEST = 60


class Names(Mapping[Value, str]):
    """The name of each value of a graph, and the value of each name.

    Attributes:
        own: the values whose name somebody chose; the others are called after what they are.
    """

    def __init__(self, order: Sequence[Value], given: Mapping[Value, str] | None = None) -> None:
        """Names everything in `order`, the graph in topological order.

        Args:
            order: the values to name.
            given: names that the caller has for some; a label comes first.
        """
        given = given or {}
        self._names: dict[Value, str] = {}
        self._values: dict[str, Value] = {}
        self._counts: dict[str, int] = {}
        for value in order:
            chosen = value.label or given.get(value, "")
            if chosen:
                self._add(value, printable(chosen, LONGEST))
        self.own = frozenset(self._names)
        n_unnamed = n_constants = 0
        for value in order:
            if value in self._names:
                continue
            scope = value.origin.scope if value.origin is not None else ""
            if value.operation is not None:
                self._add(value, f"{scope}.{value.operation.name}" if scope else value.operation.name)
            elif scope:
                self._add(value, scope)
            elif value.origin is not None and value.origin.leaf is Leaf.LIFTED:
                n_constants += 1
                self._add(value, f"c{n_constants}")
            else:
                n_unnamed += 1
                self._add(value, f"v{n_unnamed}")

    def _add(self, value: Value, name: str) -> None:
        unique = name
        while unique in self._values:
            self._counts[name] = self._counts.get(name, 1) + 1
            unique = f"{name}_{self._counts[name]}"
        self._names[value] = unique
        self._values[unique] = value

    def __getitem__(self, value: Value) -> str:
        return self._names[value]

    def __iter__(self) -> Iterator[Value]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def value(self, name: str) -> Value | None:
        """The value with this name, as it is shown or as somebody wrote the label; None if there is none."""
        return self._values.get(name, self._values.get(printable(name, LONGEST)))

    def all(self) -> list[str]:
        """Every name, in topological order of the values that people named, then of the others."""
        return list(self._values)


def operand_role(node: Value, position: int) -> str:
    """What an operand of `node` is there, by the words of the rule: `base`, `w3`."""
    name, index = operand_name(node, position)
    return name if index is None else f"{name}{index}"


def operand_name(node: Value, position: int) -> tuple[str, int | None]:
    """What the rule calls an operand of `node`, and its place in the group if it is a member of one."""
    operation = node.operation
    if operation is None or not operation.operand_names:  # made by hand
        return f"x{position}", None
    if not operation.many:
        return operation.operand_names[position], None
    n_single = len(operation.operand_names) - len(operation.many)
    count = (len(node.operands) - n_single) // len(operation.many)
    start = 0
    for name in operation.operand_names:
        length = count if name in operation.many else 1
        if position < start + length:
            return name, position - start if name in operation.many else None
        start += length
    raise IndexError(position)
