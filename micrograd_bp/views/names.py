"""What the values of a graph are called and what they are: in drawings, steps, debugger, pages and reports alike.

A name is the value's label; or what the caller says in `names=`; or what was recorded when it was made: the variable
that holds a leaf, a parameter's path in its module, `layers.0.neurons.2.bias`; or the operation, in its module:
`layers.0.neurons.2.tanh`; or what alone uses a constant: `subtract_3.constant`. Where nothing is known a leaf is `v1`.
A name that is taken gets a number: `tanh_2`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import Any

from micrograd_bp.engine import Origin, Value
from micrograd_bp.engine.origin import Leaf
from micrograd_bp.views.given_names import GivenNames
from micrograd_bp.views.models import makers
from micrograd_bp.views.number_text import number
from micrograd_bp.views.short_names import short_names
from micrograd_bp.views.text import printable

LONGEST = 60

INDEX = re.compile(r"""(?<=[\w\]])\[\s*['"]?(\w+)['"]?\s*\]""")


class Role(Enum):
    """What a value is in a picture."""

    INPUT = "input"
    PARAMETER = "parameter"
    CONSTANT = "constant"
    OPERATION = "operation"
    OUTPUT = "output"


class Names(Mapping[Value, str]):
    """The name of each value of a graph, the value of each name, and the role of each value.

    Attributes:
        own: the values whose name a person chose, as a label, in `names=` or for a variable; others are called after
            what they are.
    """

    def __init__(self, given: "GivenNames | Any", roots: Sequence[Value], order: Sequence[Value]) -> None:
        """Names everything in `order`, the graph in topological order.

        Args:
            given: `names=` of a view; a label comes first.
            roots: the outputs.
            order: the values to name.

        Raises:
            TypeError: `given` is none of what `GivenNames` reads.
        """
        self._given = given if isinstance(given, GivenNames) else GivenNames(given)
        self._roots = frozenset(roots)
        self._names: dict[Value, str] = {}
        self._values: dict[str, Value] = {}
        self._counts: dict[str, int] = {}
        self._short: dict[int, dict[str, str]] = {}
        self._paths: dict[Origin, str] = {}
        self._makers = makers(order)
        self._used_in: dict[Value, Origin | None] = {}
        users: dict[Value, Value | None] = {}
        for value in order:
            chosen = value.label or self._given.name(value)
            if chosen:
                self._add(value, chosen)
            for operand in value.operands:
                made_in = self._makers.get(value)
                if self._used_in.setdefault(operand, made_in) is not made_in:
                    self._used_in[operand] = None
                if users.setdefault(operand, value) is not value:
                    users[operand] = None
        self.own = set(self._names)
        constants = {value: users.get(value) for value in order if self._leaf(value) is Leaf.LIFTED}
        n_unnamed = 0
        for value in order:
            if value not in self._names and value not in constants:
                name = self._recorded(value)
                if name and not value.operands and self._leaf(value) is Leaf.MADE:
                    self.own.add(value)
                n_unnamed += not name
                self._add(value, name or f"v{n_unnamed}")
        for value, user in constants.items():  # called after what uses them
            if value not in self._names:
                self._add(value, f"{self[user]}.constant" if user is not None else "constant")

    def _recorded(self, value: Value) -> str:
        """The name by what is known of a value from its making."""
        origin = self._makers.get(value, value.origin)
        scope = self.path(origin) if origin is not None else ""
        if value.operation is not None:
            return f"{scope}.{value.operation.name}" if scope else value.operation.name
        return scope

    def _add(self, value: Value, name: str) -> None:
        unique = name = printable(name, LONGEST)
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
        """The value with this name: as it is shown, as somebody wrote the label, or as the caller calls it; or None."""
        for asked in dict.fromkeys((name, printable(name, LONGEST), dotted(name))):
            for known in (self._values, self._called):
                if asked in known:
                    return known[asked]
        return None

    @cached_property
    def _called(self) -> dict[str, Value]:
        """The values by what the caller calls them, also where they have a label."""
        return {name: value for value, name in self._given.names.items() if value in self._names}

    def all(self) -> list[str]:
        """Every name, in topological order of the values that people named, then of the others."""
        return list(self._values)

    def short(self, value: Value, width: int) -> str:
        """The name in at most `width` characters, which still tell it from those of all others."""
        if width not in self._short:
            self._short[width] = short_names(self._values, width)
        return self._short[width][self[value]]

    def path(self, origin: Origin) -> str:
        """The path of a module, or of a leaf in one, from what the caller calls the outermost one."""
        path = self._paths.get(origin)
        if path is None:
            around, scope = self._given.modules.get(origin.chain()[-1], ""), origin.scope
            path = self._paths[origin] = f"{around}.{scope}" if around and scope else around or scope
        return path

    def within(self, value: Value) -> str:
        """The name inside the frame of the module in which the value is drawn."""
        module = self.module(value)
        return self[value].removeprefix(f"{self.path(module)}.") if module is not None else self[value]

    def word(self, value: Value) -> str:
        """What formulas call the value: its name, or of a constant its number."""
        if self.role(value) is not Role.CONSTANT:
            return self[value]
        return number(value.data) if value.data >= 0.0 else f"({number(value.data)})"

    def role(self, value: Value) -> Role:
        """What the value is in a picture."""
        if value.operands:
            return Role.OUTPUT if value in self._roots else Role.OPERATION
        match self._leaf(value):
            case Leaf.PARAMETER:
                return Role.PARAMETER
            case Leaf.LIFTED if value not in self.own:
                return Role.CONSTANT
            case _:
                return Role.INPUT

    def module(self, value: Value) -> Origin | None:
        """The module in which a value is drawn: the one that made it, has it as parameter, or alone uses a constant."""
        if value.operands:
            return self._makers.get(value)
        role = self.role(value)
        if role is Role.PARAMETER and value.origin is not None and value.origin.parent is not None:
            return value.origin.parent
        return self._used_in.get(value) if role in (Role.CONSTANT, Role.PARAMETER) else None

    def _leaf(self, value: Value) -> Leaf:
        if value in self._given.parameters:
            return Leaf.PARAMETER
        return (value.origin.leaf if value.origin is not None else None) or Leaf.MADE


def dotted(text: str) -> str:
    """Names of a script as they are written here: `predictions.0.w` for `predictions[0].w`, in any text."""
    return INDEX.sub(r".\1", text)
