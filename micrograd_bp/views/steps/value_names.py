"""What the values of a graph are called: one name for each, which a person can read and type.

A name is the value's label; or the name under which the caller holds it; or, for what a module made, the module's
path with the operation or the operand, `layers.0.neurons.2.tanh`, `layers.0.neurons.2.w1`; or the operation alone.
Where a name is taken, a number follows: `tanh_2`.
"""

from collections.abc import Iterator, Mapping, Sequence

from micrograd_bp.engine import Origin, Value
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
        roles = _roles(order)
        n_unnamed = 0
        for value in order:
            if value in self._names:
                continue
            if value.operation is not None:
                self._add(value, _inside(value.origin, value.operation.name))
            elif value in roles:
                role, origin = roles[value]
                self._add(value, _inside(origin, role))
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


def _inside(origin: Origin | None, name: str) -> str:
    return f"{origin.scope}.{name}" if origin is not None and origin.scope else name


def _roles(order: Sequence[Value]) -> dict[Value, tuple[str, Origin]]:
    """For leaves that modules use: which operand they are there, and the innermost module around all these uses."""
    roles: dict[Value, tuple[str, Origin]] = {}
    for node in order:
        if node.operation is None or node.origin is None or not node.origin.kind:
            continue
        for position, operand in enumerate(node.operands):
            if operand.operation is not None:
                continue
            if operand in roles:
                role, origin = roles[operand]
                roles[operand] = role, _common(origin, node.origin)
            else:
                roles[operand] = operand_role(node, position), node.origin
    return roles


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


def _common(a: Origin, b: Origin) -> Origin:
    """The innermost module that both ran in."""
    if a.scope == b.scope:
        return a
    around_a = _with_parents(a)
    scopes_of_b = {each.scope for each in _with_parents(b)}
    return next((each for each in around_a if each.scope in scopes_of_b), around_a[-1])


def _with_parents(origin: Origin) -> list[Origin]:
    chain = [origin]
    while chain[-1].parent is not None:
        chain.append(chain[-1].parent)
    return chain
